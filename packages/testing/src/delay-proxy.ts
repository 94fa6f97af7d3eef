/**
 * A TCP proxy that puts a distance between client and server, and counts the round trips between them causally:
 * every chunk carries the depth of the newest byte its sender can have seen, every crossing adds one, and two
 * crossings are a round trip. Opening a connection costs one. Unlike a stopwatch this gives the same number in every
 * run and on every machine, as long as the latency is well above what either side needs to think.
 * Proxies that share a `clock` count one client that talks to several servers at once: the longest chain, not the sum.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** One way, where trips are counted: longer than a busy machine lets either side think. */
export const countingMs = 120

export type NetworkFault =
  /** Both directions. */
  | { kind: 'rate'; bytesPerSecond: number }
  /** Towards the client, a byte at a time; default every 100 ms. */
  | { kind: 'drip'; intervalMs?: number }
  /** RST to both once that much went towards the client. */
  | { kind: 'reset'; afterBytes: number }
  /** Nothing more towards the client after that much; the connection stays. */
  | { kind: 'stall'; afterBytes: number }
  /** Connections open, and nothing ever passes. */
  | { kind: 'blackhole' }

/** How far the client's knowledge has come, in crossings. */
export interface CausalClock {
  depth: number
}

export interface DelayProxyOptions {
  target: { host?: string; port: number }
  /** Default 10. */
  oneWayMs?: number
  clock?: CausalClock
  fault?: NetworkFault
}

export interface Crossing {
  connection: number
  direction: 'up' | 'down'
  /** On arrival. */
  depth: number
  bytes: number
}

export interface DelayProxy {
  readonly host: 'localhost'
  readonly port: number
  /** The longest chain of dependent crossings that reached the client, in round trips. */
  roundTrips(): number
  bytesUp(): number
  bytesDown(): number
  connectionCount(): number
  /** Connections that no client has ended so far. */
  openCount(): number
  /** Every chunk that arrived, in order of arrival. */
  readonly crossings: readonly Crossing[]
  /** Starts counting at nought again; only while no connection is open. */
  restart(): void
  /** May be changed at any time. */
  fault: NetworkFault | undefined
  stop(): Promise<void>
}

interface Chunk {
  /** Undefined: FIN. */
  bytes: Buffer | undefined
  depth: number
  arrivesAt: number
}

/**
 * Held back at most per direction, before the sender is asked to wait: more than the largest email that is counted. What
 * waits is read later, and would count as sent in answer to what has arrived meanwhile.
 */
const maxBytesInFlight = 32 * 1024 * 1024

export async function startDelayProxy(options: DelayProxyOptions): Promise<DelayProxy> {
  const { target, oneWayMs = 10, clock = { depth: 0 } } = options
  const crossings: Crossing[] = []
  const sockets = new Set<Socket>()
  const clients = new Set<Socket>()
  let connections = 0
  let countsSince = 0

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    connections += 1
    void serve(client, connections)
  })

  function adopt(socket: Socket) {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  }

  async function serve(client: Socket, connection: number) {
    adopt(client)
    clients.add(client)
    const beganIn = countsSince
    let clientIsGone = false
    for (const event of ['end', 'close']) {
      client.on(event, () => {
        clientIsGone = true
        clients.delete(client)
      })
    }
    // SYN and SYN-ACK: the client counts as connected two crossings from here, and what it sent before waits till then.
    const connectedAt = performance.now() + 2 * oneWayMs
    const connectedDepth = clock.depth + 2
    // The ACK lets the server speak first.
    let serverDepth = connectedDepth + 1
    const upstream = new Promise<Socket>((resolve) => {
      setTimeout(() => {
        const socket = connect({ host: target.host ?? '127.0.0.1', port: target.port, allowHalfOpen: true })
        socket.setNoDelay(true)
        adopt(socket)
        resolve(socket)
      }, 3 * oneWayMs)
    })

    carry(client, upstream, {
      direction: 'up',
      connection,
      beganIn,
      depthOfSender: () => Math.max(clock.depth, connectedDepth),
      notBefore: connectedAt,
      arrived: (depth) => {
        serverDepth = Math.max(serverDepth, depth)
      },
    })
    await delay(2 * oneWayMs)
    if (!clientIsGone) clock.depth = Math.max(clock.depth, connectedDepth)
    carry(await upstream, Promise.resolve(client), {
      direction: 'down',
      connection,
      beganIn,
      depthOfSender: () => serverDepth,
      notBefore: 0,
      arrived: (depth) => {
        // Who has hung up learns nothing more.
        if (!clientIsGone) clock.depth = Math.max(clock.depth, depth)
      },
    })
  }

  interface Direction {
    direction: 'up' | 'down'
    connection: number
    /** What a server says to a client that has gone may come after the next restart of the counts. */
    beganIn: number
    depthOfSender: () => number
    notBefore: number
    arrived: (depth: number) => void
  }

  /** First in, first out, each chunk one latency after it was sent. */
  function carry(from: Socket, receiver: Promise<Socket>, way: Direction) {
    const queue: Chunk[] = []
    let bytesInFlight = 0
    let passed = 0
    let wake = () => {}
    const push = (bytes: Buffer | undefined) => {
      const arrivesAt = Math.max(performance.now(), way.notBefore) + oneWayMs
      queue.push({ bytes, depth: way.depthOfSender() + 1, arrivesAt })
      wake()
    }
    from.on('data', (bytes: Buffer) => {
      bytesInFlight += bytes.length
      if (bytesInFlight > maxBytesInFlight) from.pause()
      push(bytes)
    })
    from.on('end', () => push(undefined))
    from.on('close', (hadError) => {
      if (hadError) void receiver.then((to) => setTimeout(() => reset(to), oneWayMs))
    })

    /** What the fault lets through, in the pieces it lets it through in. */
    async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
      const { fault } = proxy
      const down = way.direction === 'down'
      if (fault?.kind === 'rate') {
        const size = Math.max(1, Math.floor(fault.bytesPerSecond / 20))
        for (let at = 0; at < bytes.length; at += size) {
          await delay(50)
          yield bytes.subarray(at, at + size)
        }
      } else if (fault?.kind === 'drip' && down) {
        for (const byte of bytes) {
          await delay(fault.intervalMs ?? 100)
          yield Buffer.of(byte)
        }
      } else if ((fault?.kind === 'reset' || fault?.kind === 'stall') && down) {
        yield bytes.subarray(0, Math.max(0, fault.afterBytes - passed))
      } else if (fault?.kind !== 'blackhole') {
        yield bytes
      }
    }

    async function pump() {
      const to = await receiver
      for (;;) {
        const chunk = queue.shift()
        if (!chunk) {
          if (to.destroyed || from.destroyed) return
          await new Promise<void>((resolve) => {
            wake = resolve
          })
          continue
        }
        const waitMs = chunk.arrivesAt - performance.now()
        if (waitMs > 0) await delay(waitMs)
        if (to.destroyed) return
        if (!chunk.bytes) {
          const { fault } = proxy
          const held = fault?.kind === 'blackhole' || (fault?.kind === 'stall' && way.direction === 'down')
          if (!held) to.end()
          continue
        }
        for await (const piece of pieces(chunk.bytes)) {
          if (to.destroyed || piece.length === 0) break
          passed += piece.length
          way.arrived(chunk.depth)
          const { connection, direction } = way
          if (way.beganIn === countsSince)
            crossings.push({ connection, direction, depth: chunk.depth, bytes: piece.length })
          if (!to.write(piece)) await Promise.race([drained(to), closed(to)])
        }
        bytesInFlight -= chunk.bytes.length
        if (from.isPaused() && bytesInFlight < maxBytesInFlight / 2) from.resume()
        const { fault } = proxy
        if (fault?.kind === 'reset' && way.direction === 'down' && passed >= fault.afterBytes) {
          // libuv shows an RST that arrives together with the last bytes as an ordinary end.
          await delay(20)
          reset(from)
          reset(to)
        }
      }
    }
    from.on('close', () => wake())
    void pump()
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const total = (direction: 'up' | 'down') =>
    crossings.reduce((sum, one) => sum + (one.direction === direction ? one.bytes : 0), 0)

  const proxy: DelayProxy = {
    host: 'localhost',
    port: (server.address() as AddressInfo).port,
    roundTrips: () => clock.depth / 2,
    bytesUp: () => total('up'),
    bytesDown: () => total('down'),
    connectionCount: () => connections,
    openCount: () => clients.size,
    crossings,
    restart() {
      if (clients.size > 0) throw new Error('cannot restart the count while connections are open')
      countsSince += 1
      clock.depth = 0
      connections = 0
      crossings.length = 0
    },
    fault: options.fault,
    async stop() {
      const stopped = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await stopped
    },
  }
  return proxy
}

const drained = (socket: Socket) => new Promise<void>((resolve) => socket.once('drain', () => resolve()))
const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))

function reset(socket: Socket) {
  if (!socket.destroyed) socket.resetAndDestroy()
}
