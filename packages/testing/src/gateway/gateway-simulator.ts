/**
 * API Gateway (REST) as its documentation says it behaves, around the bundles that are deployed: routes, the REQUEST
 * authorizer with its identity source, Gateway Responses, the renamed WWW-Authenticate, streaming and buffered
 * integrations. Routes and responses are handed in as data, the same that the template is made from. It does not
 * know throttles, WAF or TLS.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FunctionFailure, type FunctionPool } from './function-pool.ts'
import { type RestEvent, toAuthorizerEvent, toRestEvent } from './rest-event.ts'

export interface SimulatedRoute {
  readonly path: string
  readonly target: 'mcp' | 'oauth' | 'health'
  readonly authorized: boolean
  readonly transfer: 'STREAM' | 'BUFFERED'
}

export interface SimulatedResponse {
  readonly type: string
  readonly status?: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface GatewaySimulator {
  readonly url: string
  close(): Promise<void>
}

/** The gateway's payload limit. */
const maxBodyBytes = 10 * 1024 * 1024
/** Headers of an integration's response that the gateway renames. */
const remapped = new Set(['www-authenticate', 'server', 'date', 'connection', 'authorization'])

export async function startGatewaySimulator(options: {
  routes: readonly SimulatedRoute[]
  responses: readonly SimulatedResponse[]
  functions: Record<'mcp' | 'oauth' | 'health' | 'authorizer', FunctionPool>
  port?: number
}): Promise<GatewaySimulator> {
  const { functions } = options

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    const route = options.routes.find((candidate) => matches(candidate.path, path))
    if (route === undefined) return answer(response, 'MISSING_AUTHENTICATION_TOKEN', 403)
    const body = await readBody(request)
    if (body === undefined) return answer(response, 'REQUEST_TOO_LARGE', 413)
    let event = toRestEvent({ request, body, resource: route.path, requestId: randomUUID() })
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
  }

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

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await Promise.all(Object.values(functions).map((pool) => pool.close()))
    },
  }
}

function matches(pattern: string, path: string): boolean {
  const greedy = '{proxy+}'
  if (!pattern.endsWith(greedy)) return pattern === path
  const start = pattern.slice(0, -greedy.length)
  return path.startsWith(start) && path.length > start.length
}

function toClientHeaders(headers: Record<string, string | string[]>): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      remapped.has(name.toLowerCase()) ? `x-amzn-Remapped-${name}` : name,
      value,
    ]),
  )
}

/** Undefined: too large. Read to the end all the same: leaving a loop over a request destroys its socket. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  let chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= maxBodyBytes) chunks.push(chunk)
    else chunks = []
  }
  return size <= maxBodyBytes ? Buffer.concat(chunks) : undefined
}
