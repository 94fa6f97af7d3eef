/** A small application for the endpoint's own tests, and the requests that speak to it in both eras. */
import { inputRequired, McpServer } from '@modelcontextprotocol/server'
import * as z from 'zod'
import type { Caller } from '../../src/caller.ts'
import { createHintCipher } from '../../src/keys/token-cipher.ts'
import type { McpApplication } from '../../src/mcp/application.ts'
import { createMcpEndpoint, type McpEndpoint, type McpEndpointOptions } from '../../src/mcp/mcp-endpoint.ts'
import { createMemorySessionStore } from './memory-session-store.ts'

export const secretText = 'NO [AUTHENTICATIONFAILED] for owner@example.com'

export interface TestApplication extends McpApplication {
  readonly servers: McpServer[]
  readonly signals: AbortSignal[]
  /** Calls of `wait` end when this does. */
  gate: Promise<void>
}

export function createTestApplication(): TestApplication {
  const application: TestApplication = {
    servers: [],
    signals: [],
    gate: Promise.resolve(),
    requiredScope: (tool) => (tool === 'write' ? 'email:write' : undefined),
    buildServer(caller, { signal, beginning }) {
      const server = new McpServer({ name: 'test', version: '1' })
      application.servers.push(server)
      application.signals.push(signal)
      registerTools(server, caller, application)
      server.registerTool('outage', {}, async () => {
        const late = beginning?.failed(new Error('outage')) !== true
        return { content: [{ type: 'text', text: late ? 'its own answer' : 'nobody reads this' }] }
      })
      server.registerTool('outage_later', {}, async () => {
        beginning?.begun()
        await application.gate
        const late = beginning?.failed(new Error('outage')) !== true
        return { content: [{ type: 'text', text: late ? 'its own answer' : 'nobody reads this' }] }
      })
      return server
    },
  }
  return application
}

function registerTools(server: McpServer, caller: Caller, application: TestApplication): void {
  const text = (content: string) => ({ content: [{ type: 'text' as const, text: content }] })
  server.registerTool('whoami', {}, async () => text(caller.grantId))
  server.registerTool('client', {}, async () => text(server.server.getClientVersion()?.name ?? 'unknown'))
  server.registerTool('write', {}, async () => text('written'))
  server.registerTool('wait', {}, async () => {
    await application.gate
    return text(caller.grantId)
  })
  server.registerTool('throw', {}, async () => {
    throw new Error(secretText)
  })
  server.registerTool('strict', { inputSchema: z.object({ limit: z.number() }) }, async () => text('ok'))
  server.registerTool('announce', {}, async () => {
    server.sendToolListChanged()
    return text('announced')
  })
  server.registerTool('ask', {}, async (ctx) => {
    const requestedSchema = { type: 'object' as const, properties: { ok: { type: 'boolean' as const } } }
    try {
      const { action, content } = await ctx.mcpReq.elicitInput({ message: 'Send it?', requestedSchema })
      return text(`${caller.grantId} ${action} ${JSON.stringify(content)}`)
    } catch (error) {
      return text(`unanswered: ${error instanceof Error ? error.message : ''}`)
    }
  })
  server.registerTool('ask_in_rounds', {}, async (ctx) => {
    const answer = ctx.mcpReq.inputResponses?.sure
    if (answer !== undefined) return text(JSON.stringify(answer))
    const requestedSchema = { type: 'object' as const, properties: {} }
    return inputRequired({
      inputRequests: { sure: inputRequired.elicit({ message: 'Sure?', requestedSchema }) },
    })
  })
  server.registerTool('ask_briefly', {}, async (ctx) => {
    const requestedSchema = { type: 'object' as const, properties: {} }
    const asked = ctx.mcpReq.elicitInput({ message: 'Quick?', requestedSchema }, { timeout: 20 })
    return text(await asked.then(() => 'answered').catch(() => 'too late'))
  })
  server.registerTool('progress', {}, async (ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken ?? 0
    for (const progress of [1, 2, 3]) {
      await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress } })
      await application.gate
    }
    return text('done')
  })
  server.registerPrompt('throw', {}, async () => {
    throw new Error(secretText)
  })
}

/** An endpoint with a clock that stands still until it is set. */
export function createTestEndpoint(overrides: Partial<McpEndpointOptions> = {}) {
  const clock = { now: 1_000_000 }
  const sessions = createMemorySessionStore()
  const application = createTestApplication()
  const reported: unknown[] = []
  const endpoint = createMcpEndpoint({
    application,
    sessions,
    hint: createHintCipher,
    challenge: (error, scope) => `Bearer error="${error}", scope="${scope}"`,
    now: () => clock.now,
    pollMs: 5,
    holdMs: 0,
    report: (cause) => reported.push(cause),
    ...overrides,
  })
  return { endpoint, clock, sessions, application, reported }
}

const url = 'http://localhost/mcp'

export function post(body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Request {
  return new Request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body:
      body instanceof Uint8Array
        ? new Uint8Array(body)
        : typeof body === 'string'
          ? body
          : JSON.stringify(body),
    ...(signal && { signal }),
  })
}

export function get(session: string): Request {
  return new Request(url, { headers: { accept: 'text/event-stream', 'mcp-session-id': session } })
}

export function del(session: string): Request {
  return new Request(url, { method: 'DELETE', headers: { 'mcp-session-id': session } })
}

export function call(name: string, id: number | string = 1, args: Record<string, unknown> = {}) {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } }
}

export function initialize(protocolVersion = '2025-11-25', name = 'test-client') {
  const params = { protocolVersion, capabilities: { elicitation: {} }, clientInfo: { name, version: '1' } }
  return { jsonrpc: '2.0', id: 0, method: 'initialize', params }
}

/** A 2026-07-28 request with its envelope and headers. */
export function modern(body: ReturnType<typeof call>, version = '2026-07-28', signal?: AbortSignal): Request {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientInfo': { name: 'test-client', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  const headers = {
    'mcp-protocol-version': version,
    'mcp-method': body.method,
    ...(body.params.name !== '' && { 'mcp-name': body.params.name }),
  }
  return post({ ...body, params: { ...body.params, _meta: meta } }, headers, signal)
}

export async function openSession(
  endpoint: McpEndpoint,
  caller: Caller,
  body = initialize(),
): Promise<string> {
  const response = await endpoint.handle(post(body), caller)
  await response.text()
  return response.headers.get('mcp-session-id') ?? ''
}

export interface Message {
  id?: number | string
  method?: string
  params?: Record<string, unknown>
  result?: { content?: { text: string }[]; isError?: boolean; [key: string]: unknown }
  error?: { code: number; message: string; data?: Record<string, unknown> }
}

/** The messages of an answer, one by one: a JSON body, or the events of a stream. */
export async function* messagesIn(response: Response): AsyncGenerator<Message> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    yield (await response.json()) as Message
    return
  }
  let rest = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    rest += chunk
    const events = rest.split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) {
      const line = event.split('\n').find((part) => part.startsWith('data: '))
      if (line !== undefined) yield JSON.parse(line.slice(6)) as Message
    }
  }
}

/** The last message of an answer: the answer proper. */
export async function answerOf(response: Response): Promise<Message> {
  let last: Message = {}
  for await (const message of messagesIn(response)) last = message
  return last
}

export async function textOf(response: Response): Promise<string | undefined> {
  return (await answerOf(response)).result?.content?.[0]?.text
}
