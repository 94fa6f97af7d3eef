/**
 * The last guard between a thrown error and the model. The SDK puts the message of whatever a tool throws into the
 * tool's result, and of whatever a handler throws into a JSON-RPC error; such a message may quote a mail server, AWS
 * or a secret. Tools catch their own errors; what still gets here is a bug, reported and answered with a dull sentence.
 */
import type { JSONRPCMessage, McpServer } from '@modelcontextprotocol/server'
import { isJSONRPCErrorResponse } from '@modelcontextprotocol/server'
import { internalError } from './json-rpc.ts'

export const unexpectedError =
  'The connector hit an unexpected error. Try again; if it keeps happening, tell its operator.'

/** How the SDK opens the message of arguments its schema check refused: it names the field and quotes no one else. */
const schemaRefusal = 'Input validation error: '

/** Codes whose message is the SDK's or ours; any other number came with the error of some library. */
const protocolCodes = new Set([-32700, -32600, -32601, -32602, -32002, -32020, -32021, -32022, -32042])

export function guardErrors(server: McpServer, report: (cause: unknown) => void): McpServer {
  // The one place where the SDK turns a thrown message into a tool result; it has no public hook.
  Object.defineProperty(server, 'createToolError', {
    value: (message: string) => {
      if (message.startsWith(schemaRefusal)) return toToolFailure('invalid_input', message)
      report(new Error('A tool threw', { cause: message }))
      return toToolFailure('internal_error', unexpectedError)
    },
  })
  const connect = server.server.connect.bind(server.server)
  server.server.connect = (transport) => {
    const send = transport.send.bind(transport)
    transport.send = (message, options) => send(withoutForeignText(message, report), options)
    return connect(transport)
  }
  return server
}

/** Both copies: some clients show a model the structured part alone. */
function toToolFailure(code: string, message: string) {
  return {
    content: [{ type: 'text' as const, text: message }],
    structuredContent: { code, message },
    isError: true,
  }
}

function withoutForeignText(message: JSONRPCMessage, report: (cause: unknown) => void): JSONRPCMessage {
  if (!isJSONRPCErrorResponse(message) || protocolCodes.has(message.error.code)) return message
  report(new Error('A handler threw', { cause: message.error }))
  return { ...message, error: { code: internalError, message: 'Internal error' } }
}
