/**
 * An app on a port of this machine. The kernel gives the port before the app is put together, since the app has to know its
 * own URL, and holds it until the app answers.
 */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { App } from '../../src/http/frame.ts'

export interface Listening {
  readonly url: string
  readonly port: number
  /** From here on requests are answered. `seen` is told of each, as a log or a proxy would be. */
  answerWith(app: Pick<App, 'fetch'>, seen?: RequestListener): void
  close(): void
}

export async function listen(): Promise<Listening> {
  const server = createServer().listen(0, 'localhost')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    ...{ port, url: `http://localhost:${port}` },
    answerWith(app, seen) {
      if (seen !== undefined) server.on('request', seen)
      const listener = getRequestListener((request) => app.fetch(request, { ip: '127.0.0.1' }), {
        overrideGlobalObjects: false,
      })
      server.on('request', listener)
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
