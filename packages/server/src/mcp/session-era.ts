/**
 * The 2025 revisions over Streamable HTTP, on processes that keep nothing: every POST builds a fresh server and
 * transport (R22), replays the session's `initialize`, serves, and is gone. The SDK's transport checks Accept, message
 * shapes and MCP-Protocol-Version and frames the SSE; sessions and questions live in the store.
 */
import type { McpServer } from '@modelcontextprotocol/server'
import {
  isInitializeRequest,
  isJSONRPCRequest,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import type { Caller } from '../caller.ts'
import { whenAnswered } from '../http/closing-body.ts'
import type { HintCipher } from '../keys/token-cipher.ts'
import type { Session, SessionStore } from '../store/session-store.ts'
import type { McpApplication } from './application.ts'
import { createCallBeginning } from './call-beginning.ts'
import { guardErrors } from './error-guard.ts'
import {
  type Answer,
  invalidParams,
  invalidRequest,
  isAnswer,
  isObject,
  jsonRpcError,
  messagesOf,
  methodNotAllowed,
  sessionNotFound,
  transportError,
} from './json-rpc.ts'
import { createSessionMail } from './session-exchange.ts'
import { createSessionRules } from './session-rules.ts'
import { type StreamTiming, streamQueue } from './session-stream.ts'
import { createSessionTransport, type QuestionTiming } from './session-transport.ts'
import { maxInitializeBytes, parseInitialize, takesBatches, takesQuestions } from './stored-initialize.ts'

const sessionHeader = 'mcp-session-id'
/** The SDK's cap, needed before it: each answer in a batch is a write. */
const maxBatchMessages = 100

export interface SessionEra {
  post(request: Request, body: unknown, caller: Caller): Promise<Response>
  get(request: Request, caller: Caller): Promise<Response>
  delete(request: Request, caller: Caller): Promise<Response>
}

export function createSessionEra(options: {
  application: McpApplication
  sessions: SessionStore
  hint: (secret: Uint8Array) => HintCipher
  now: () => number
  timing: QuestionTiming & StreamTiming
  isGranted: (caller: Caller) => Promise<boolean>
  report: (cause: unknown) => void
}): SessionEra {
  const { application, sessions, hint, timing, report } = options
  const rules = createSessionRules(sessions, options.now)
  const mailOf = (session: Pick<Session, 'id'>, caller: Caller) =>
    createSessionMail({ sessions, sessionId: session.id, caller, cipher: hint(caller.secret) })

  return {
    async post(request, body, caller) {
      if (messagesOf(body).some((message) => isObject(message) && message.method === 'initialize')) {
        return initialize(request, body, caller)
      }
      const id = request.headers.get(sessionHeader)
      if (id === null) return missingSessionId()
      const session = await rules.enter(id, caller)
      if (session === undefined) return noSuchSession()
      if (Array.isArray(body) && !(takesBatches(session) && body.length <= maxBatchMessages)) {
        return jsonRpcError(
          400,
          invalidRequest,
          'JSON-RPC batches hold at most 100 messages and are not supported from revision 2025-06-18 on',
        )
      }
      const answers = messagesOf(body).filter(isAnswer)
      const asks = messagesOf(body).some(isJSONRPCRequest)
      if (!asks) return takeQuietMessages(request, body, answers, session, caller)
      return (await refuseAnswers(answers, session, caller)) ?? serve(request, body, session, caller)
    },

    async get(request, caller) {
      if (!request.headers.get('accept')?.includes('text/event-stream')) {
        return jsonRpcError(406, transportError, 'Accept must include text/event-stream')
      }
      const id = request.headers.get(sessionHeader)
      if (id === null) return missingSessionId()
      const session = await rules.findAwake(id, caller)
      if (session === undefined) return noSuchSession()
      const mail = mailOf(session, caller)
      const taken = await mail.drain()
      // SDK clients hold a stream 20 s in every 50 if they may. Nothing would ever come over this one.
      const takesMore = timing.holdMs > 0 && takesQuestions(session)
      if (taken.length === 0 && !takesMore) return methodNotAllowed('POST, DELETE')
      const isGranted = () => options.isGranted(caller)
      return streamQueue({ mail, timing, signal: request.signal, taken, isGranted })
    },

    async delete(request, caller) {
      const id = request.headers.get(sessionHeader)
      if (id === null) return missingSessionId()
      return (await rules.close(id, caller)) === 'closed'
        ? new Response(null, { status: 200 })
        : noSuchSession()
    },
  }

  async function initialize(request: Request, body: unknown, caller: Caller): Promise<Response> {
    if (!isInitializeRequest(body)) {
      return jsonRpcError(
        400,
        invalidParams,
        '"initialize" must be the only message and carry protocolVersion, capabilities and clientInfo',
      )
    }
    const stored = JSON.stringify(body)
    if (stored.length > maxInitializeBytes) {
      return jsonRpcError(413, transportError, 'This initialize is too large')
    }
    const inner = new WebStandardStreamableHTTPServerTransport({})
    const response = await connectAndServe(inner, request, body, caller, (server) => server.connect(inner))
    if (!response.ok) return response
    try {
      response.headers.set(sessionHeader, await rules.create(caller, stored))
    } catch (error) {
      await response.body?.cancel()
      throw error
    }
    return response
  }

  async function serve(request: Request, body: unknown, session: Session, caller: Caller): Promise<Response> {
    const inner = new WebStandardStreamableHTTPServerTransport({})
    const mail = mailOf(session, caller)
    const response = await connectAndServe(inner, request, body, caller, async (server) => {
      const transport = createSessionTransport({ inner, sessionId: session.id, mail, timing })
      await server.connect(transport)
      await transport.replay(parseInitialize(session))
    })
    response.headers.set(sessionHeader, session.id)
    return response
  }

  async function connectAndServe(
    inner: WebStandardStreamableHTTPServerTransport,
    request: Request,
    body: unknown,
    caller: Caller,
    connect: (server: McpServer) => Promise<void>,
  ): Promise<Response> {
    const ending = new AbortController()
    const beginning = createCallBeginning(body)
    const server = guardErrors(application.buildServer(caller, { signal: ending.signal, beginning }), report)
    server.server.onerror = report
    const end = () => {
      ending.abort()
      server.close().catch(report)
    }
    request.signal.addEventListener('abort', end, { once: true })
    try {
      await connect(server)
      // Without resumption nobody can fetch the answer of a broken stream: a client that is gone ends the call.
      const response = await inner.handleRequest(request, { parsedBody: body })
      return whenAnswered((await beginning?.hold(response)) ?? response, end)
    } catch (error) {
      end()
      throw error
    }
  }

  /** Notifications and answers only: checked by a transport, served by nobody, since every server is new. */
  async function takeQuietMessages(
    request: Request,
    body: unknown,
    answers: readonly Answer[],
    session: Session,
    caller: Caller,
  ): Promise<Response> {
    const checked = await new WebStandardStreamableHTTPServerTransport({}).handleRequest(request, {
      parsedBody: body,
    })
    return checked.status === 202 ? ((await refuseAnswers(answers, session, caller)) ?? checked) : checked
  }

  /** Hands the client's answers to the call that asked; what could not be handed on is refused aloud. */
  async function refuseAnswers(answers: readonly Answer[], session: Session, caller: Caller) {
    const mail = mailOf(session, caller)
    let refused: Response | undefined
    for (const answer of answers) {
      const outcome = await mail.putAnswer(answer.id, answer)
      if (outcome === 'refused') refused = jsonRpcError(400, invalidRequest, 'No such question is open')
      if (outcome === 'too large') {
        refused = jsonRpcError(413, transportError, 'The answer is too large')
        // The tool that asked need not wait for its deadline.
        await mail.putAnswer(answer.id, tooLarge)
      }
    }
    return refused
  }
}

const tooLarge: Answer = {
  jsonrpc: '2.0',
  id: 0,
  error: { code: invalidParams, message: 'The answer is too large' },
}

function missingSessionId(): Response {
  return jsonRpcError(400, transportError, 'Mcp-Session-Id is missing: call initialize first')
}

function noSuchSession(): Response {
  return jsonRpcError(404, sessionNotFound, 'Session not found')
}
