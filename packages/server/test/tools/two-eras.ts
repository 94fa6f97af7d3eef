/** The tools at the MCP endpoint over HTTP, for a mailbox that nobody reaches, and a client of each era. */
import type { Connector, MailAccount } from '@email-connector/mail'
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { createHintCipher } from '../../src/keys/token-cipher.ts'
import { createMcpEndpoint } from '../../src/mcp/mcp-endpoint.ts'
import { serveEndpoints } from '../mcp/serve-endpoint.ts'
import { type OpenTools, openTools } from './open-tools.ts'

type Capabilities = NonNullable<ConstructorParameters<typeof ModernClient>[1]>['capabilities']

export const unreachedAccount: MailAccount = {
  provider: 'generic',
  address: 'alice@test.example',
  aliases: [],
  login: 'alice',
  imap: { host: 'imap.test.example', port: 993, tls: 'implicit' },
  smtp: { host: 'smtp.test.example', port: 465, tls: 'implicit' },
  credential: { type: 'password', password: 'x' },
}

export interface ServedTools {
  readonly tools: OpenTools
  connectLegacy(capabilities?: Capabilities): Promise<Client>
  connectModern(capabilities?: Capabilities): Promise<ModernClient>
  /** With its clients. */
  close(): Promise<void>
}

/** `connector`: what becomes of a call that wants the mailbox. */
export async function serveTools(
  connector: Connector,
  options: Omit<Parameters<typeof openTools>[0], 'accounts' | 'connector'> = {},
): Promise<ServedTools> {
  const tools = await openTools({ ...options, accounts: [unreachedAccount], connector })
  const endpoint = createMcpEndpoint({
    application: tools.application,
    sessions: tools.sessions,
    hint: createHintCipher,
    challenge: (error, scope) => `Bearer error="${error}", scope="${scope}"`,
    now: () => Math.floor(Date.now() / 1000),
  })
  const { url, close } = await serveEndpoints([endpoint], () => tools.caller)
  const clients: { close(): Promise<void> }[] = []
  return {
    tools,
    async connectLegacy(capabilities = {}) {
      const client = new Client({ name: 'first', version: '1' }, { capabilities })
      const transport = new StreamableHTTPClientTransport(url)
      // The SDK's own types disagree under exactOptionalPropertyTypes.
      await client.connect(transport as Parameters<Client['connect']>[0])
      clients.push(client)
      return client
    },
    async connectModern(capabilities = {}) {
      const versionNegotiation = { mode: { pin: '2026-07-28' } } as const
      const client = new ModernClient({ name: 'second', version: '1' }, { versionNegotiation, capabilities })
      await client.connect(new ModernTransport(url))
      clients.push(client)
      return client
    },
    async close() {
      for (const client of clients) await client.close()
      await close()
      await tools.close()
    },
  }
}
