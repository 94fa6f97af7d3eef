/** The endpoint's own JSON-RPC errors: those it answers before, or instead of, a server. Sentences are ours. */
import type { JSONRPCErrorResponse, JSONRPCResultResponse } from '@modelcontextprotocol/server'
import { isJSONRPCErrorResponse, isJSONRPCResultResponse } from '@modelcontextprotocol/server'

export const parseError = -32700
export const invalidRequest = -32600
export const invalidParams = -32602
export const internalError = -32603
/** Transport errors of Streamable HTTP; -32001 is what clients know as "session not found". */
export const transportError = -32000
export const sessionNotFound = -32001

export function jsonRpcError(
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status, headers })
}

export function methodNotAllowed(allow: string): Response {
  return jsonRpcError(405, transportError, 'Method not allowed', { allow })
}

/** A body holds one message or, in the oldest revision still spoken, a batch. Shapes are checked later. */
export function messagesOf(body: unknown): readonly unknown[] {
  return Array.isArray(body) ? body : [body]
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Clients that have nothing to say send null, or an empty string, where the SDK takes an object or nothing. */
export function withoutEmptyArguments(body: unknown): unknown {
  for (const message of messagesOf(body)) {
    if (!isObject(message) || message.method !== 'tools/call' || !isObject(message.params)) continue
    if (message.params.arguments === null || message.params.arguments === '') delete message.params.arguments
  }
  return body
}

/** What a client posts in reply to a server's question. */
export type Answer = JSONRPCResultResponse | JSONRPCErrorResponse

export function isAnswer(message: unknown): message is Answer {
  return isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)
}
