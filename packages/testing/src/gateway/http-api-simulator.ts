/**
 * API Gateway (HTTP API) as a personal stage has it: payload 2.0, answers in one piece within 30 s, no authorizer, no
 * responses of the owner's, a renamed WWW-Authenticate. Routes are those of the template.
 */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { FunctionFailure, type FunctionPool } from './function-pool.ts'
import {
  type Edge,
  type GatewaySimulator,
  isText,
  matches,
  readBody,
  sourceIp,
  startEdge,
  toClientHeaders,
} from './gateway-edge.ts'

interface HttpResult {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, string>>
  readonly cookies?: readonly string[]
  readonly body?: string
  readonly isBase64Encoded?: boolean
}

export async function startHttpApiSimulator(
  options: Edge & {
    readonly routes: readonly {
      readonly path: string
      readonly target: 'mcp' | 'oauth' | 'owner' | 'health'
    }[]
    readonly functions: Record<'mcp' | 'oauth' | 'owner' | 'health', FunctionPool>
  },
): Promise<GatewaySimulator> {
  return await startEdge(options, async ({ request, response, path, context }) => {
    // Of the form that AWS's documentation shows, as `JKJaXmPLvHcESHA=`.
    const requestId = `${randomBytes(11).toString('base64url')}=`
    Object.assign(context, { requestId, extendedRequestId: requestId })
    const route = options.routes.find((candidate) => matches(candidate.path, path))
    if (route === undefined) return answer(response, 404, 'Not Found')
    context.routeKey = `ANY ${route.path}`
    const body = await readBody(request)
    if (body === undefined) return answer(response, 413, 'Request Too Long')
    let result: HttpResult
    try {
      const event = toHttpEvent({ request, path, body, requestId, routeKey: context.routeKey })
      result = (await options.functions[route.target].invoke(event)) as HttpResult
    } catch (error) {
      const isLate = error instanceof FunctionFailure && error.reason === 'timeout'
      return answer(response, isLate ? 503 : 500, isLate ? 'Service Unavailable' : 'Internal Server Error')
    }
    const { statusCode, headers = {}, cookies = [], isBase64Encoded = false } = result
    response.writeHead(
      statusCode,
      toClientHeaders({ ...headers, ...(cookies.length > 0 && { 'set-cookie': [...cookies] }) }),
    )
    const bytes = Buffer.from(result.body ?? '', isBase64Encoded ? 'base64' : 'utf8')
    response.end(request.method === 'HEAD' ? undefined : bytes)
  })
}

function answer(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify({ message }))
}

function toHttpEvent(options: {
  request: IncomingMessage
  path: string
  body: Buffer
  requestId: string
  routeKey: string
}): unknown {
  const { request, path, body, requestId, routeKey } = options
  const { cookie, ...headers } = request.headers
  const text = isText(request)
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: (request.url ?? '').slice(path.length + 1),
    // A header that was sent twice arrives once, its values joined.
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, [value].flat().join(',')]),
    ),
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    requestContext: {
      requestId,
      routeKey,
      stage: '$default',
      http: { method: request.method, path, protocol: 'HTTP/1.1', sourceIp: sourceIp(request) },
    },
    ...(body.length > 0 && { body: body.toString(text ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !text,
  }
}
