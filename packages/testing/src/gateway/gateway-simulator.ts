/**
 * API Gateway (REST) as its documentation says it behaves, around the bundles that are deployed: routes, the REQUEST
 * authorizer with its identity source, Gateway Responses, the renamed WWW-Authenticate, streaming and buffered
 * integrations. Routes and responses are handed in as data, the same that the template is made from. It does not
 * know throttles, WAF or TLS.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { FunctionFailure, type FunctionPool } from './function-pool.ts'
import {
  type Edge,
  type GatewaySimulator,
  matches,
  readBody,
  startEdge,
  toClientHeaders,
} from './gateway-edge.ts'
import { type RestEvent, toAuthorizerEvent, toRestEvent } from './rest-event.ts'

export interface SimulatedRoute {
  readonly path: string
  readonly target: 'mcp' | 'oauth' | 'owner' | 'health'
  readonly authorized: boolean
  readonly transfer: 'STREAM' | 'BUFFERED'
}

export interface SimulatedResponse {
  readonly type: string
  readonly status?: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export async function startGatewaySimulator(
  options: Edge & {
    readonly routes: readonly SimulatedRoute[]
    readonly responses: readonly SimulatedResponse[]
    readonly binaryTypes?: readonly string[]
    readonly functions: Record<'mcp' | 'oauth' | 'owner' | 'health' | 'authorizer', FunctionPool>
  },
): Promise<GatewaySimulator> {
  const { functions, binaryTypes = [] } = options

  async function authorize(event: RestEvent): Promise<Record<string, string> | 'denied' | 'failed'> {
    try {
      const policy = (await functions.authorizer.invoke(toAuthorizerEvent(event))) as {
        policyDocument?: { Statement?: { Effect?: string }[] }
        context?: Record<string, string | number | boolean>
      }
      const effect = policy.policyDocument?.Statement?.[0]?.Effect
      if (effect === 'Deny') return 'denied'
      if (effect !== 'Allow') return 'failed'
      // The gateway turns every context value into a string.
      return Object.fromEntries(
        Object.entries(policy.context ?? {}).map(([name, value]) => [name, String(value)]),
      )
    } catch {
      return 'failed'
    }
  }

  async function stream(pool: FunctionPool, event: RestEvent, response: ServerResponse): Promise<void> {
    try {
      // A client that leaves is not told to the function: it runs to its end, and what it writes goes nowhere.
      await pool.invoke(event, {
        prelude({ statusCode, headers = {}, multiValueHeaders = {} }) {
          if (response.destroyed) return
          response.writeHead(statusCode, toClientHeaders({ ...headers, ...multiValueHeaders }))
          response.flushHeaders()
        },
        chunk(bytes) {
          if (!response.destroyed) response.write(bytes)
        },
      })
      response.end()
    } catch (error) {
      if (response.headersSent) response.destroy()
      else answerFailure(response, error)
    }
  }

  async function buffer(pool: FunctionPool, event: RestEvent, response: ServerResponse): Promise<void> {
    try {
      const result = (await pool.invoke(event)) as {
        statusCode: number
        headers?: Record<string, string>
        multiValueHeaders?: Record<string, string[]>
        body?: string
        isBase64Encoded?: boolean
      }
      const body = Buffer.from(result.body ?? '', result.isBase64Encoded === true ? 'base64' : 'utf8')
      response.writeHead(
        result.statusCode,
        toClientHeaders({ ...result.headers, ...result.multiValueHeaders }),
      )
      response.end(event.httpMethod === 'HEAD' ? undefined : body)
    } catch (error) {
      answerFailure(response, error)
    }
  }

  function answerFailure(response: ServerResponse, error: unknown): void {
    const timeout = error instanceof FunctionFailure && error.reason === 'timeout'
    answer(response, timeout ? 'INTEGRATION_TIMEOUT' : 'INTEGRATION_FAILURE', 504)
  }

  function answer(response: ServerResponse, type: string, ownStatus: number): void {
    const row = options.responses.find((candidate) => candidate.type === type)
    response.writeHead(row?.status ?? ownStatus, { ...row?.headers })
    response.end(row?.body ?? '{"message":null}')
  }

  return await startEdge(options, async ({ request, response, path, context }) => {
    // A client may choose the first, never the second.
    context.requestId = [request.headers['x-amzn-requestid'] ?? randomUUID()].flat().join()
    context.extendedRequestId = `${randomBytes(11).toString('base64url')}=`
    const route = options.routes.find((candidate) => matches(candidate.path, path))
    if (route === undefined) return answer(response, 'MISSING_AUTHENTICATION_TOKEN', 403)
    context.resourcePath = route.path
    const body = await readBody(request)
    if (body === undefined) return answer(response, 'REQUEST_TOO_LARGE', 413)
    let event = toRestEvent({
      request,
      body,
      resource: route.path,
      requestId: context.requestId,
      binaryTypes,
    })
    if (route.authorized && request.method !== 'OPTIONS') {
      // Identity source `Authorization`: without it the gateway answers and no function runs.
      if (!request.headers.authorization) return answer(response, 'UNAUTHORIZED', 401)
      const verdict = await authorize(event)
      if (verdict === 'failed') return answer(response, 'AUTHORIZER_FAILURE', 500)
      if (verdict === 'denied') return answer(response, 'ACCESS_DENIED', 403)
      event = { ...event, requestContext: { ...event.requestContext, authorizer: verdict } }
    }
    if (route.transfer === 'STREAM') await stream(functions[route.target], event, response)
    else await buffer(functions[route.target], event, response)
  })
}
