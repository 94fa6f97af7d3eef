/**
 * What the REST API and the HTTP API have in common at their edge: a server, the limit of a body, names of headers that
 * are changed on the way, paths, and one line of access log for each request in the format of the template.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FunctionPool } from './function-pool.ts'

export interface GatewaySimulator {
  readonly url: string
  /** Lines as the gateway writes them. */
  readonly accessLog: readonly string[]
  close(): Promise<void>
}

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly path: string
  /** Values of `$context` for the access log, beyond those of every request. */
  readonly context: Record<string, string>
}

export interface Edge {
  readonly functions: Readonly<Record<string, FunctionPool>>
  /** With `$context.…`; default: nothing is logged. */
  readonly accessLogFormat?: string
  readonly port?: number
}

export async function startEdge(
  { functions, accessLogFormat, port = 0 }: Edge,
  serve: (exchange: Exchange) => Promise<void>,
): Promise<GatewaySimulator> {
  const accessLog: string[] = []
  const server = createServer((request, response) => {
    const startedAt = performance.now()
    const [path = '/'] = (request.url ?? '/').split('?', 1)
    const context: Record<string, string> = {
      requestTime: new Date().toISOString(),
      httpMethod: request.method ?? 'GET',
    }
    response.once('close', () => {
      const latency = String(Math.round(performance.now() - startedAt))
      const values = { ...context, status: String(response.statusCode), responseLatency: latency }
      if (accessLogFormat !== undefined) accessLog.push(toLine(accessLogFormat, values))
    })
    serve({ request, response, path, context }).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accessLog,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await Promise.all(Object.values(functions).map((pool) => pool.close()))
    },
  }
}

/** What is not known is a hyphen. */
function toLine(format: string, values: Readonly<Record<string, string>>): string {
  return format.replaceAll(/\$context\.([\w.]+)/g, (_, name: string) => values[name] ?? '-')
}

/** The gateway's payload limit. */
const maxBodyBytes = 10 * 1024 * 1024

/** Undefined: too large. Read to the end all the same: leaving a loop over a request destroys its socket. */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  let chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= maxBodyBytes) chunks.push(chunk)
    else chunks = []
  }
  return size <= maxBodyBytes ? Buffer.concat(chunks) : undefined
}

/** The gateway hands text on as it is and everything it takes for binary as base64. */
export function isText(request: IncomingMessage): boolean {
  return /^(?:application\/(?:json|x-www-form-urlencoded)|text\/)/i.test(
    request.headers['content-type'] ?? '',
  )
}

export function sourceIp(request: IncomingMessage): string {
  return request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1'
}

export function matches(pattern: string, path: string): boolean {
  const greedy = '{proxy+}'
  if (!pattern.endsWith(greedy)) return pattern === path
  const start = pattern.slice(0, -greedy.length)
  return path.startsWith(start) && path.length > start.length
}

/** Headers of an integration's response that the gateway renames. */
const remapped = new Set(['www-authenticate', 'server', 'date', 'connection', 'authorization'])

export function toClientHeaders(
  headers: Record<string, string | string[]>,
): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      remapped.has(name.toLowerCase()) ? `x-amzn-Remapped-${name}` : name,
      value,
    ]),
  )
}
