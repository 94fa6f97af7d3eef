/**
 * Reads a POST body once, under a cap, for both eras. Any JSON value may come out: shape and era are decided by the
 * code that reads it next.
 */
import { isJsonContentType } from '@modelcontextprotocol/server'
import { BodyTooLargeError, readBody } from '../http/body.ts'
import { jsonRpcError, parseError, transportError } from './json-rpc.ts'

/** What the SDK and common gateways take; 3 MB of attachments in base64 fit. */
const maxBodyBytes = 4 * 1024 * 1024

export type RequestBody = { kind: 'json'; body: unknown } | { kind: 'refused'; response: Response }

export async function readJsonBody(request: Request): Promise<RequestBody> {
  if (!isJsonContentType(request.headers.get('content-type'))) {
    return refused(415, transportError, 'Content-Type must be application/json')
  }
  try {
    const bytes = await readBody(request, maxBodyBytes)
    const body: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return { kind: 'json', body }
  } catch (error) {
    if (error instanceof BodyTooLargeError) {
      return refused(413, transportError, `The body is over ${maxBodyBytes} bytes`)
    }
    // RFC 8259 §8.1: UTF-8 and nothing else.
    if (error instanceof SyntaxError || error instanceof TypeError) {
      return refused(400, parseError, 'The body is not valid JSON')
    }
    throw error
  }
}

function refused(status: number, code: number, message: string): RequestBody {
  return { kind: 'refused', response: jsonRpcError(status, code, message) }
}
