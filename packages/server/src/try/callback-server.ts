/** Waits on a loopback port for the browser to come back with the authorization code (RFC 8252 §7.3). */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface CallbackServer {
  readonly redirectUrl: string
  /** The parameters of the callback, success or error. */
  readonly arrived: Promise<URLSearchParams>
  close(): void
}

export async function startCallbackServer(): Promise<CallbackServer> {
  let arrive: (parameters: URLSearchParams) => void
  const arrived = new Promise<URLSearchParams>((resolve) => {
    arrive = resolve
  })
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (request.method !== 'GET' || url.pathname !== '/callback') {
      response.writeHead(404).end()
      return
    }
    const signedIn = url.searchParams.has('code')
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', connection: 'close' })
    response.end(
      `<!doctype html><title>email-connector</title><p style="font:18px system-ui;margin:15vh auto;max-width:30em;padding:0 1em">${
        signedIn ? 'Signed in.' : 'Not signed in.'
      } You can close this window and go back to the terminal.</p>`,
    )
    arrive(url.searchParams)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    redirectUrl: `http://127.0.0.1:${port}/callback`,
    arrived,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
