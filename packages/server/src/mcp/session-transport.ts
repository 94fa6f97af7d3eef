/**
 * The transport of one 2025-era POST: the SDK's web-standard transport, with what a stateless process lacks put
 * around it. It replays the session's stored `initialize` into the fresh server, and carries the server's questions
 * to the client and the answers, which arrive in another request and perhaps another process, back.
 * Progress on a question is not carried; a question has a deadline instead.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  JSONRPCMessage,
  JSONRPCNotification,
  JSONRPCRequest,
  RequestId,
  Transport,
  TransportSendOptions,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import {
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
} from '@modelcontextprotocol/server'
import type { SessionMail } from './session-exchange.ts'

export interface QuestionTiming {
  /** The first wait before looking for an answer; it grows by half each time. */
  readonly pollMs: number
  readonly maxPollMs: number
  /** After this a question counts as unanswered. */
  readonly deadlineMs: number
}

export interface SessionTransport extends Transport {
  /** Runs the stored `initialize` through the server; its answer goes nowhere. */
  replay(initialize: JSONRPCRequest): Promise<void>
}

export function createSessionTransport(options: {
  inner: WebStandardStreamableHTTPServerTransport
  sessionId: string
  mail: SessionMail
  timing: QuestionTiming
}): SessionTransport {
  const { inner, sessionId, mail, timing } = options
  const closing = new AbortController()
  /** Requests of this POST not answered yet: all share its one stream. */
  const unanswered = new Set<RequestId>()
  /** The server's own id of a question → its id on the wire. */
  const asked = new Map<RequestId, string>()
  let replayed: { id: string; settle: () => void } | undefined

  const transport: SessionTransport = {
    sessionId,
    start: () => inner.start(),
    setSupportedProtocolVersions: (versions) => inner.setSupportedProtocolVersions(versions),
    async close() {
      closing.abort()
      await inner.close()
    },
    async send(message, sendOptions) {
      if (isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)) {
        if (message.id === replayed?.id) return replayed?.settle()
        if (message.id !== undefined) unanswered.delete(message.id)
        return inner.send(message)
      }
      if (isJSONRPCRequest(message)) return ask(message, sendOptions)
      if (isJSONRPCNotification(message)) return notify(message, sendOptions)
    },
    replay(initialize) {
      const id = `replay-${randomUUID()}`
      return new Promise((settle) => {
        replayed = { id, settle }
        transport.onmessage?.({ ...initialize, id })
      })
    },
  }
  inner.onmessage = (message, extra) => {
    if (isJSONRPCRequest(message)) unanswered.add(message.id)
    transport.onmessage?.(message, extra)
  }
  inner.onerror = (error) => transport.onerror?.(error)
  inner.onclose = () => {
    closing.abort()
    transport.onclose?.()
  }
  return transport

  async function ask(question: JSONRPCRequest, sendOptions?: TransportSendOptions): Promise<void> {
    // Some of the SDK's calls name no related request; the stream of this POST is the only one there is.
    const relatedRequestId = sendOptions?.relatedRequestId ?? unanswered.values().next().value
    const questionId = relatedRequestId === undefined ? undefined : await mail.openQuestion()
    if (relatedRequestId === undefined || questionId === undefined)
      throw new Error('No open request to ask the client on')
    asked.set(question.id, questionId)
    await inner.send(onTheWire(question, questionId), { relatedRequestId })
    waitForAnswer(question.id, questionId).catch((error) => transport.onerror?.(error))
  }

  async function waitForAnswer(id: RequestId, questionId: string): Promise<void> {
    const answer = await poll(id, questionId).catch((error) => {
      transport.onerror?.(error)
      return undefined
    })
    if (asked.delete(id) && !closing.signal.aborted) transport.onmessage?.(answerTo(id, answer))
    await mail.closeQuestion(questionId)
  }

  async function poll(id: RequestId, questionId: string): Promise<JSONRPCMessage | undefined> {
    const deadline = performance.now() + timing.deadlineMs
    let waitMs = timing.pollMs
    while (performance.now() < deadline) {
      // Ends early when the transport closes: then nobody waits any more.
      await sleep(waitMs, undefined, { signal: closing.signal, ref: false }).catch(() => {})
      if (closing.signal.aborted || !asked.has(id)) return undefined
      const answer = await mail.takeAnswer(questionId)
      if (answer !== undefined) return answer
      waitMs = Math.min(waitMs * 1.5, timing.maxPollMs)
    }
    return undefined
  }

  async function notify(message: JSONRPCNotification, sendOptions?: TransportSendOptions): Promise<void> {
    if (message.method === 'notifications/cancelled') return cancel(message, sendOptions)
    // About a request of this POST: its stream. About the session: its GET stream.
    const relatedRequestId = sendOptions?.relatedRequestId
    if (relatedRequestId !== undefined) return inner.send(message, { relatedRequestId })
    await mail.enqueue(message)
  }

  /** The server no longer wants an answer: the client is told under the id it knows. */
  async function cancel(message: JSONRPCNotification, sendOptions?: TransportSendOptions): Promise<void> {
    const id = message.params?.requestId
    if (typeof id !== 'number' && typeof id !== 'string') return
    const questionId = asked.get(id)
    asked.delete(id)
    const relatedRequestId = sendOptions?.relatedRequestId ?? unanswered.values().next().value
    if (questionId === undefined || relatedRequestId === undefined) return
    await inner.send(
      { ...message, params: { ...message.params, requestId: questionId } },
      { relatedRequestId },
    )
  }
}

function onTheWire(question: JSONRPCRequest, questionId: string): JSONRPCRequest {
  if (question.params?._meta?.progressToken === undefined) return { ...question, id: questionId }
  const { progressToken: _, ...meta } = question.params._meta
  return { ...question, id: questionId, params: { ...question.params, _meta: meta } }
}

/** The answer under the id the server asked with; no answer is an error the server's caller can handle. */
function answerTo(id: RequestId, answer: JSONRPCMessage | undefined): JSONRPCMessage {
  if (answer !== undefined && 'result' in answer) return { jsonrpc: '2.0', id, result: answer.result }
  const error =
    answer !== undefined && 'error' in answer
      ? answer.error
      : { code: -32001, message: 'The client did not answer in time' }
  return { jsonrpc: '2.0', id, error }
}
