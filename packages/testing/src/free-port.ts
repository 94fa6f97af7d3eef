/**
 * Ports for programs that cannot choose one by themselves. They lie below those that the kernel gives to connections and
 * to listeners on port 0, so nobody is given one between our look and the program's bind, nor while the program is
 * stopped and started again. A listener in this process should bind port 0 instead.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'

/** The kernel's own begin at 32768 (Linux) or 49152; browsers refuse some up to 10080. */
const lowest = 20_000
const count = 12_000
const maxTries = 100

export async function freePorts(wanted: number): Promise<number[]> {
  const servers: Server[] = []
  let fault: unknown
  for (let tries = 0; servers.length < wanted; tries += 1) {
    if (tries > wanted + maxTries) throw new Error('no free port', { cause: fault })
    const server = createServer().listen(lowest + Math.floor(Math.random() * count), '127.0.0.1')
    await once(server, 'listening').then(
      () => servers.push(server),
      (error: unknown) => {
        fault = error
      },
    )
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('no free port')
  return port
}
