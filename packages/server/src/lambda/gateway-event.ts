/**
 * Between API Gateway's events and web Request/Response: REST (payload 1.0) and HTTP API (payload 2.0). The request's
 * URL is built on PUBLIC_URL, never on a Host header. What an event says is logged nowhere.
 */
import { isRequestId } from '../log.ts'

export interface RestEvent {
  readonly httpMethod: string
  readonly path: string
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[] | undefined>> | null
  readonly body?: string | null
  readonly isBase64Encoded?: boolean
  readonly requestContext: {
    readonly requestId?: string
    readonly identity?: { readonly sourceIp?: string }
    readonly authorizer?: Readonly<Record<string, unknown>> | null
  }
}

export interface HttpEvent {
  readonly version: '2.0'
  readonly rawPath: string
  readonly rawQueryString: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly cookies?: readonly string[]
  readonly body?: string
  readonly isBase64Encoded?: boolean
  readonly requestContext: {
    readonly requestId?: string
    readonly http: { readonly method: string; readonly sourceIp: string }
  }
}

export type GatewayEvent = RestEvent | HttpEvent

export interface GatewayRequest {
  readonly request: Request
  readonly ip: string
  /** As the gateway's access log names it. A client may choose it on a REST API: only the form of an id counts. */
  readonly requestId: string | undefined
  /** What the authorizer handed on; REST only. */
  readonly authorizer: Readonly<Record<string, unknown>> | undefined
}

export interface GatewayResult {
  readonly statusCode: number
  readonly multiValueHeaders?: Record<string, string[]>
  readonly headers?: Record<string, string>
  readonly cookies?: string[]
  readonly body: string
  readonly isBase64Encoded: boolean
}

const isHttpEvent = (event: GatewayEvent): event is HttpEvent => 'version' in event && event.version === '2.0'

export function toRequest(event: GatewayEvent, publicUrl: string, signal: AbortSignal): GatewayRequest {
  return isHttpEvent(event)
    ? fromHttpEvent(event, publicUrl, signal)
    : fromRestEvent(event, publicUrl, signal)
}

function fromRestEvent(event: RestEvent, publicUrl: string, signal: AbortSignal): GatewayRequest {
  const headers = new Headers()
  for (const [name, values] of Object.entries(event.multiValueHeaders ?? {}))
    for (const value of values ?? []) headers.append(name, value)
  // Decoded by the gateway; written again one by one, so that a parameter sent twice is still seen twice.
  const query = new URLSearchParams()
  for (const [name, values] of Object.entries(event.multiValueQueryStringParameters ?? {}))
    for (const value of values ?? []) query.append(name, value)
  return {
    request: build(publicUrl, event.path, query.toString(), event.httpMethod, headers, event, signal),
    ip: event.requestContext.identity?.sourceIp ?? '0.0.0.0',
    requestId: requestIdOf(event),
    authorizer: event.requestContext.authorizer ?? undefined,
  }
}

function fromHttpEvent(event: HttpEvent, publicUrl: string, signal: AbortSignal): GatewayRequest {
  const headers = new Headers()
  for (const [name, value] of Object.entries(event.headers))
    if (value !== undefined) headers.append(name, value)
  if (event.cookies !== undefined && event.cookies.length > 0) headers.set('cookie', event.cookies.join('; '))
  const { method, sourceIp } = event.requestContext.http
  return {
    request: build(publicUrl, event.rawPath, event.rawQueryString, method, headers, event, signal),
    ip: sourceIp,
    requestId: requestIdOf(event),
    authorizer: undefined,
  }
}

export function requestIdOf({
  requestContext,
}: {
  readonly requestContext?: { readonly requestId?: string }
}) {
  return isRequestId(requestContext?.requestId) ? requestContext.requestId : undefined
}

function build(
  publicUrl: string,
  path: string,
  query: string,
  method: string,
  headers: Headers,
  content: { readonly body?: string | null; readonly isBase64Encoded?: boolean },
  signal: AbortSignal,
): Request {
  const hasBody = content.body !== undefined && content.body !== null && method !== 'GET' && method !== 'HEAD'
  return new Request(`${publicUrl}${path}${query === '' ? '' : `?${query}`}`, {
    method,
    headers,
    signal,
    ...(hasBody
      ? { body: Buffer.from(content.body ?? '', content.isBase64Encoded === true ? 'base64' : 'utf8') }
      : {}),
  })
}

export async function toGatewayResult(event: GatewayEvent, response: Response): Promise<GatewayResult> {
  const bytes = Buffer.from(await response.arrayBuffer())
  const text = /^(?:text\/|application\/(?:[a-z.+-]*\+)?json)/i.test(
    response.headers.get('content-type') ?? '',
  )
  const body = {
    statusCode: response.status,
    body: bytes.toString(text ? 'utf8' : 'base64'),
    isBase64Encoded: !text,
  }
  const cookies = response.headers.getSetCookie()
  if (!isHttpEvent(event)) return { ...body, multiValueHeaders: toMultiValueHeaders(response.headers) }
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'set-cookie'))
  return { ...body, headers, ...(cookies.length === 0 ? {} : { cookies }) }
}

export function toMultiValueHeaders(headers: Headers): Record<string, string[]> {
  const values: Record<string, string[]> = {}
  for (const [name, value] of headers) if (name !== 'set-cookie') values[name] = [value]
  const cookies = headers.getSetCookie()
  return cookies.length === 0 ? values : { ...values, 'set-cookie': cookies }
}
