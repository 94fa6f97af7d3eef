/** The events that a REST API hands to its functions: Lambda proxy integration and REQUEST authorizer. */
import type { IncomingMessage } from 'node:http'
import { sourceIp } from './gateway-edge.ts'

export interface RestEvent {
  readonly resource: string
  readonly path: string
  readonly httpMethod: string
  readonly headers: Record<string, string>
  readonly multiValueHeaders: Record<string, string[]>
  readonly queryStringParameters: Record<string, string> | null
  readonly multiValueQueryStringParameters: Record<string, string[]> | null
  readonly pathParameters: Record<string, string> | null
  readonly stageVariables: null
  readonly requestContext: {
    readonly requestId: string
    readonly resourcePath: string
    readonly httpMethod: string
    readonly stage: string
    readonly identity: { readonly sourceIp: string }
    readonly authorizer?: Record<string, string>
  }
  readonly body: string | null
  readonly isBase64Encoded: boolean
}

export function toRestEvent(options: {
  request: IncomingMessage
  body: Buffer
  resource: string
  requestId: string
  /** What the API takes for binary; the rest is UTF-8 to it, whatever it is. */
  binaryTypes: readonly string[]
  authorizer?: Record<string, string>
}): RestEvent {
  const { request, body } = options
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2)
  const multiValueHeaders: Record<string, string[]> = {}
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] ?? ''
    multiValueHeaders[name] = [...(multiValueHeaders[name] ?? []), request.rawHeaders[i + 1] ?? '']
  }
  const parameters: Record<string, string[]> = {}
  for (const [name, value] of new URLSearchParams(query))
    parameters[name] = [...(parameters[name] ?? []), value]
  const [type = ''] = (request.headers['content-type'] ?? '').split(';')
  const isBinary = options.binaryTypes.includes(type.trim().toLowerCase())
  return {
    resource: options.resource,
    path,
    httpMethod: request.method ?? 'GET',
    headers: lastValues(multiValueHeaders),
    multiValueHeaders,
    queryStringParameters: query === '' ? null : lastValues(parameters),
    multiValueQueryStringParameters: query === '' ? null : parameters,
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      requestId: options.requestId,
      resourcePath: options.resource,
      httpMethod: request.method ?? 'GET',
      stage: 'live',
      identity: { sourceIp: sourceIp(request) },
      ...(options.authorizer === undefined ? {} : { authorizer: options.authorizer }),
    },
    body: body.length === 0 ? null : body.toString(isBinary ? 'base64' : 'utf8'),
    isBase64Encoded: body.length > 0 && isBinary,
  }
}

export function toAuthorizerEvent(event: RestEvent): unknown {
  return {
    type: 'REQUEST',
    methodArn: `arn:aws:execute-api:eu-central-1:000000000000:simulated/live/${event.httpMethod}${event.path}`,
    resource: event.resource,
    path: event.path,
    httpMethod: event.httpMethod,
    headers: event.headers,
    multiValueHeaders: event.multiValueHeaders,
    queryStringParameters: event.queryStringParameters,
    multiValueQueryStringParameters: event.multiValueQueryStringParameters,
    requestContext: event.requestContext,
  }
}

function lastValues(values: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, list]) => [name, list.at(-1) ?? '']))
}
