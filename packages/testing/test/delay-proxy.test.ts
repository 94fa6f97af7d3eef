import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { ImapFlow } from 'imapflow'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type CausalClock, type DelayProxyOptions, startDelayProxy } from '../src/delay-proxy.ts'
import { type Dovecot, findDovecot, startDovecot } from '../src/dovecot.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Greets, answers every line, and sends `n` letters on request. */
async function startEcho() {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.write('hello\n')
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\n').filter(Boolean))
        socket.write(line.startsWith('send ') ? 'x'.repeat(Number(line.slice(5))) : `${line}\n`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => server.close())
  return (server.address() as AddressInfo).port
}

async function throughProxy(options: Partial<DelayProxyOptions> = {}) {
  const proxy = await startDelayProxy({ target: { port: await startEcho() }, ...options })
  stops.push(proxy.stop)
  const open = () => {
    const socket = connect(proxy.port, '127.0.0.1')
    socket.on('error', () => {})
    stops.unshift(() => socket.destroy())
    return socket
  }
  return { proxy, open }
}

async function hear(socket: Socket, bytes: number) {
  let heard = ''
  while (heard.length < bytes) heard += String((await once(socket, 'data'))[0])
  return heard
}

describe('The delaying proxy', () => {
  test('charges one round trip for TCP, one for a greeting, one for each dependent answer', async () => {
    const { proxy, open } = await throughProxy()
    const socket = open()
    await hear(socket, 6)
    expect(proxy.roundTrips()).toBe(2)
    socket.write('a\n')
    await hear(socket, 2)
    socket.write('b\n')
    await hear(socket, 2)
    expect(proxy.roundTrips()).toBe(4)
    expect([proxy.bytesUp(), proxy.bytesDown()]).toEqual([4, 10])
  })

  test('charges one for a whole pipeline, and none for a client that does not wait for the greeting', async () => {
    const { proxy, open } = await throughProxy()
    const socket = open()
    socket.write('a\n')
    socket.write('b\nc\n')
    await hear(socket, 12)
    expect(proxy.roundTrips()).toBe(2)
  })

  test('takes the time it counts', async () => {
    const { proxy, open } = await throughProxy({ oneWayMs: 30 })
    const started = performance.now()
    const socket = open()
    await hear(socket, 6)
    socket.write('a\n')
    await hear(socket, 2)
    // setTimeout may be a millisecond early.
    expect(performance.now() - started).toBeGreaterThan(proxy.roundTrips() * 60 - 10)
  })

  test('counts overlapping connections on one clock by the longest chain', async () => {
    const clock: CausalClock = { depth: 0 }
    const [one, two] = [await throughProxy({ clock }), await throughProxy({ clock })]
    await Promise.all([hear(one.open(), 6), hear(two.open(), 6)])
    expect(clock.depth / 2).toBe(2)
    await hear(two.open(), 6)
    expect(clock.depth / 2).toBe(4)
  })

  test('can drip, slow down, stall, reset and swallow everything', async () => {
    const { proxy, open } = await throughProxy({ oneWayMs: 1 })
    /** What came `withinMs` after what was waited for, however long that takes. */
    const arrive = async (withinMs: number, until: 'at once' | 'reset' | number = 'at once') => {
      const socket = open()
      socket.write('send 1000\n')
      let heard = 0
      let ending = 'open'
      socket.on('data', (chunk) => {
        heard += chunk.length
      })
      socket.on('error', (error: NodeJS.ErrnoException) => {
        ending = error.code ?? 'error'
      })
      const isThere = () => (until === 'reset' ? ending !== 'open' : until === 'at once' || heard >= until)
      await expect.poll(isThere, { timeout: 30_000, interval: 5 }).toBe(true)
      await new Promise((resolve) => setTimeout(resolve, withinMs))
      socket.destroy()
      return { heard, ending }
    }
    proxy.fault = { kind: 'drip', intervalMs: 20 }
    expect((await arrive(200)).heard).toBeLessThan(15)
    proxy.fault = { kind: 'rate', bytesPerSecond: 1_000 }
    expect((await arrive(400)).heard).toBeLessThan(500)
    proxy.fault = { kind: 'stall', afterBytes: 50 }
    expect(await arrive(100, 50)).toEqual({ heard: 50, ending: 'open' })
    proxy.fault = { kind: 'reset', afterBytes: 50 }
    expect((await arrive(0, 'reset')).ending).toBe('ECONNRESET')
    proxy.fault = { kind: 'blackhole' }
    expect(await arrive(100)).toEqual({ heard: 0, ending: 'open' })
    proxy.fault = undefined
    expect(await arrive(100, 1006)).toEqual({ heard: 1006, ending: 'open' })
  })

  test('passes a large answer whole', async () => {
    const { open } = await throughProxy({ oneWayMs: 1 })
    const socket = open()
    const bytes = 20 * 1024 * 1024
    socket.write(`send ${bytes}\n`)
    let heard = 0
    for await (const chunk of socket) {
      heard += chunk.length
      if (heard === bytes + 6) break
    }
    expect(heard).toBe(bytes + 6)
  })
})

describe.skipIf(!findDovecot())('The delaying proxy before Dovecot', () => {
  let dovecot: Dovecot
  beforeAll(async () => {
    dovecot = await startDovecot()
  })
  afterAll(() => dovecot.stop())

  test('counts the same round trips in every run', async () => {
    const proxy = await startDelayProxy({ target: { port: dovecot.imapsPort } })
    stops.push(proxy.stop)
    const counts: unknown[] = []
    for (let run = 0; run < 3; run++) {
      proxy.restart()
      const client = new ImapFlow({
        host: 'localhost',
        port: proxy.port,
        secure: true,
        auth: { user: dovecot.alice.login, pass: dovecot.alice.password },
        tls: { ca: dovecot.ca },
        logger: false,
      })
      client.on('error', () => {})
      await client.connect()
      await client.mailboxOpen('INBOX')
      const depths = proxy.crossings.map(({ depth }) => depth)
      counts.push({ roundTrips: proxy.roundTrips(), deepest: Math.max(...depths) })
      client.close()
      await expect.poll(proxy.openCount).toBe(0)
    }
    expect(counts).toEqual(Array(3).fill(counts[0]))
    // TCP, TLS, greeting, then seven commands one after the other.
    expect(proxy.roundTrips()).toBeGreaterThan(6)
  })
})
