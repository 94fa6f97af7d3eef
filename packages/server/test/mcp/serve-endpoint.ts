/** The endpoint on a random loopback port, behind a shim that stands for the app: Host and Origin, and the caller. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import {
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from '@modelcontextprotocol/server'
import type { Caller } from '../../src/caller.ts'
import type { McpEndpoint } from '../../src/mcp/mcp-endpoint.ts'

export function createCaller(overrides: Partial<Caller> = {}): Caller {
  return {
    grantId: 'grant-1',
    clientId: 'client-1',
    scopes: ['email:read', 'email:write'],
    permission: 'send',
    resource: 'http://localhost/mcp',
    expiresAt: 4_000_000_000,
    secret: new Uint8Array(32).fill(7),
    ...overrides,
  }
}

/** Each request goes to the next endpoint in turn, as if to another process. */
export async function serveEndpoints(
  endpoints: readonly McpEndpoint[],
  callerOf: (request: Request) => Caller = () => createCaller(),
): Promise<{ url: URL; close(): Promise<void> }> {
  let turn = 0
  const listener = getRequestListener(async (request) => {
    const refused =
      hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
      originValidationResponse(request, localhostAllowedOrigins())
    const endpoint = endpoints[turn++ % endpoints.length]
    return refused ?? endpoint?.handle(request, callerOf(request)) ?? new Response(null, { status: 500 })
  })
  const server = createServer(listener)
  // A busy client may use a connection again in the moment in which an idle one would be ended.
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: new URL(`http://127.0.0.1:${port}/mcp`),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
