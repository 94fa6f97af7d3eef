/**
 * The tools as the endpoint serves them: a server for one request of one caller, with every tool of the catalog. The
 * endpoint has already answered 403 for a scope the token lacks; what surrounds a call is run-tool.ts.
 */
import { McpServer } from '@modelcontextprotocol/server'
import type { Caller } from '../caller.ts'
import { calledFromCard, takesCards, toShowsCard } from '../cards/review-card.ts'
import { appName } from '../deployment-names.ts'
import type { McpApplication } from '../mcp/application.ts'
import { serveCards } from './card-resources.ts'
import { askOverSession, toAsking, toInputRequired } from './questions.ts'
import { answerCall, mayCall, scopeOf } from './run-tool.ts'
import type { Asking, Tool, ToolQuestion } from './tool.ts'
import { type CallSurroundings, callDeadlineMs } from './tool-call.ts'
import { toInputJsonSchema, toOpenSchema, toOutputJsonSchema } from './tool-schema.ts'

/** A tool as `tools/list` says it. */
export function toDefinition(tool: Tool) {
  const outputSchema = toOutputJsonSchema(tool)
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: toInputJsonSchema(tool.input),
    ...(outputSchema && { outputSchema }),
    annotations: { title: tool.title, ...tool.annotations },
  }
}

/** A grant's permission never changes; a deployment may bring new tools. */
const listLifeMs = 3_600_000
const cacheHint = { ttlMs: listLifeMs, cacheScope: 'private' } as const

/** What is offered, and what a client shows of it before it asks for more. */
export interface Catalog {
  readonly offered: readonly { readonly tool: Tool; readonly definition: ToolDefinition }[]
  readonly instructions: string
}

type ToolDefinition = ReturnType<typeof toDefinition>

export interface ToolApplicationOptions extends CallSurroundings {
  readonly catalog: Catalog
  readonly version: string
  readonly sessionQuestions?: SessionQuestions
}

/** A question of the 2025 era waits inside the request that asks it; where the host ends that early, or cannot stream. */
export interface SessionQuestions {
  /** How long it may wait. 0: the client cannot be asked, since it sees nothing before the answer. */
  readonly waitMs: number
  /** When the host ends the request: what is sent after a late yes must be sent by then. */
  readonly requestMs?: number
}

/** The longest a person is waited for where nothing else ends the request. */
const defaultQuestions: SessionQuestions = { waitMs: 240_000 }

export function createToolApplication(options: ToolApplicationOptions): McpApplication {
  const { offered } = options.catalog
  return {
    requiredScope(name) {
      const found = offered.find(({ tool }) => tool.name === name)
      return found && scopeOf(found.tool)
    },
    buildServer: (caller, request) => buildServer(caller, request, options),
  }
}

function buildServer(
  caller: Caller,
  { signal, beginning }: Parameters<McpApplication['buildServer']>[1],
  options: ToolApplicationOptions,
): McpServer {
  const builtAt = performance.now()
  const { offered, instructions } = options.catalog
  const { waitMs, requestMs } = options.sessionQuestions ?? defaultQuestions
  const surroundings = (): CallSurroundings => {
    if (requestMs === undefined) return options
    const { deadlineMs = callDeadlineMs } = options.mail
    const leftMs = Math.max(1, builtAt + requestMs - performance.now())
    return { ...options, mail: { ...options.mail, deadlineMs: Math.min(deadlineMs, leftMs) } }
  }
  const server = new McpServer(
    { name: appName, title: 'Email connector', version: options.version },
    {
      capabilities: { tools: { listChanged: false }, resources: { listChanged: false } },
      instructions,
      cacheHints: { 'tools/list': cacheHint, 'resources/list': cacheHint, 'resources/read': cacheHint },
    },
  )
  for (const { tool, definition } of offered) {
    const { name, inputSchema, outputSchema, ...described } = definition
    const schemas = {
      inputSchema: toOpenSchema(inputSchema),
      ...(outputSchema && { outputSchema: toOpenSchema(outputSchema) }),
    }
    server.registerTool(name, { ...described, ...schemas }, async (given, context) => {
      const answer = (asking: Asking) =>
        answerCall(tool, given, caller, surroundings(), {
          signal: AbortSignal.any([signal, context.mcpReq.signal]),
          ...{ asking, beginning },
        })
      const asking = toAsking(server, context, waitMs)
      const first = await answer(asking)
      if (!isQuestion(first)) return first
      if (context.mcpReq.envelope !== undefined) return toInputRequired(first)
      const second = await answer({ ...asking, ...(await askOverSession(server, context, first, waitMs)) })
      if (isQuestion(second)) throw new Error('A question that was answered was asked again')
      return second
    })
  }
  // All tools can be called, so that a missing permission is an answer and not an unknown name; not all are listed.
  const listed = offered.filter(({ tool }) => mayCall(caller, tool))
  const showsCards = () => takesCards(server.server.getClientCapabilities())
  server.server.setRequestHandler('tools/list', () => ({
    tools: listed
      .filter(({ tool }) => tool.forCards !== true || showsCards())
      .map(({ tool, definition }) => ({ ...definition, ...(showsCards() && toCardMeta(tool)) })),
  }))
  serveCards(server.server, showsCards)
  return server
}

/** What a client that shows cards is told of a tool besides. */
export function toCardMeta(tool: Pick<Tool, 'permission' | 'forCards'>) {
  if (tool.forCards === true) return { _meta: calledFromCard }
  return tool.permission === 'send' ? { _meta: toShowsCard() } : {}
}

function isQuestion(answer: Awaited<ReturnType<typeof answerCall>>): answer is ToolQuestion {
  return typeof answer.question === 'string' && typeof answer.state === 'string'
}
