/**
 * Reads a POST body once, under a cap, for both eras. What comes out is any JSON value: shape and era are decided
 * by who reads it next. A declared length over the cap is refused unread; a lying one is cut off while reading.
 */
import { isJsonContentType } from '@modelcontextprotocol/server'
import { jsonRpcError, parseError, transportError } from './json-rpc.ts'

/** What the SDK and common gateways take; 3 MB of attachments in base64 fit. */
export const maxBodyBytes = 4 * 1024 * 1024

export type RequestBody = { kind: 'json'; body: unknown } | { kind: 'refused'; response: Response }

export async function readRequestBody(request: Request): Promise<RequestBody> {
  if (!isJsonContentType(request.headers.get('content-type'))) {
    return refused(415, transportError, 'Content-Type must be application/json')
  }
  const text = await readText(request)
  if (text === undefined) return refused(413, transportError, `The body is over ${maxBodyBytes} bytes`)
  try {
    const body: unknown = JSON.parse(text)
    return { kind: 'json', body }
  } catch {
    return refused(400, parseError, 'The body is not valid JSON')
  }
}

async function readText(request: Request): Promise<string | undefined> {
  if (Number(request.headers.get('content-length')) > maxBodyBytes) return undefined
  const decoder = new TextDecoder()
  let received = 0
  let text = ''
  for await (const chunk of request.body ?? []) {
    received += chunk.byteLength
    if (received > maxBodyBytes) return undefined
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function refused(status: number, code: number, message: string): RequestBody {
  return { kind: 'refused', response: jsonRpcError(status, code, message) }
}
