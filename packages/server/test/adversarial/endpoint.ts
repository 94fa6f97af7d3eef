/** The product's tools behind the real MCP endpoint: a client of the 2025 era over HTTP, which checks every structured answer. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { createHintCipher } from '../../src/keys/token-cipher.ts'
import { createMcpEndpoint } from '../../src/mcp/mcp-endpoint.ts'
import { serveEndpoints } from '../mcp/serve-endpoint.ts'
import { type OpenTools, openTools } from '../tools/open-tools.ts'

export interface Answer {
  readonly isError: boolean
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire; each test knows its own shape
  readonly structured: Record<string, any>
}

export interface Endpoint {
  readonly tools: OpenTools
  readonly port: number
  call(tool: string, args?: Record<string, unknown>): Promise<Answer>
  close(): Promise<void>
}

/** What the person at a client does when it is asked; a client that cannot ask has none. */
export type Person = (question: string) => 'accept' | 'decline' | 'cancel'

export async function openEndpoint(
  options: Parameters<typeof openTools>[0],
  person?: Person,
): Promise<Endpoint> {
  const tools = await openTools({
    ...options,
    // The suite calls more often in a minute than a conversation may.
    once: (once) => ({ ...once, count: async () => 1 }),
  })
  const endpoint = createMcpEndpoint({
    application: tools.application,
    sessions: tools.sessions,
    hint: createHintCipher,
    challenge: (error, scope) => `Bearer error="${error}", scope="${scope}"`,
    now: () => Math.floor(Date.now() / 1000),
  })
  const server = await serveEndpoints([endpoint], () => tools.caller)
  const capabilities = person === undefined ? {} : { elicitation: {} }
  const client = new Client({ name: 'adversarial', version: '1' }, { capabilities })
  if (person !== undefined)
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
      const action = person(params.message)
      return action === 'accept' ? { action, content: {} } : { action }
    })
  const transport = new StreamableHTTPClientTransport(server.url)
  // The SDK's own types disagree under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<Client['connect']>[0])
  // The client keeps the output schemas of what it listed, and checks against them from now on.
  await client.listTools()
  return {
    tools,
    port: Number(server.url.port),
    async call(name, args = {}) {
      const result = await client.callTool({ name, arguments: args }).catch(outOfScope)
      const [content] = result.content as { type: string; text?: string }[]
      return {
        isError: result.isError === true,
        text: content?.text ?? '',
        structured: (result.structuredContent ?? {}) as Answer['structured'],
      }
    },
    async close() {
      await client.close()
      await server.close()
      await tools.close()
    },
  }
}

/** A call outside the scope of the token is no tool's answer, but an answer. */
function outOfScope(error: unknown): { isError: boolean; content: unknown; structuredContent: unknown } {
  if (!(error instanceof StreamableHTTPError) || error.code !== 403) throw error
  const code = 'insufficient_scope'
  return { isError: true, content: [{ type: 'text', text: error.message }], structuredContent: { code } }
}
