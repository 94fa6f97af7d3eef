/** The `initialize` a session keeps: replayed into every fresh server, it also tells which revision is spoken. */
import type { JSONRPCRequest } from '@modelcontextprotocol/server'
import {
  isJSONRPCRequest,
  LATEST_PROTOCOL_VERSION,
  parseJSONRPCMessage,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/server'
import type { Session } from '../store/session-store.ts'
import { isObject } from './json-rpc.ts'

/** It shares its row with queue and answers; no honest client's is a tenth of this. */
export const maxInitializeBytes = 16 * 1024

export function parseInitialize(session: Session): JSONRPCRequest {
  const message = parseJSONRPCMessage(JSON.parse(session.initialize))
  if (!isJSONRPCRequest(message)) throw new Error('The stored initialize is no request')
  return message
}

/** The client declared that a server may ask it something. */
export function takesQuestions(session: Session): boolean {
  const capabilities = parseInitialize(session).params?.capabilities
  return isObject(capabilities) && isObject(capabilities.elicitation)
}

/** JSON-RPC batches left with 2025-06-18. The version is the one the server answered with, by the SDK's rule. */
export function takesBatches(session: Session): boolean {
  const asked = parseInitialize(session).params?.protocolVersion
  const known = typeof asked === 'string' && SUPPORTED_PROTOCOL_VERSIONS.includes(asked)
  return (known ? asked : LATEST_PROTOCOL_VERSION) < '2025-06-18'
}
