/**
 * Lambda's Runtime API for one execution environment, as AWS's own runtime client asks for it: the next invocation, held
 * until there is one; the answer in one piece or as a stream whose first part says status and headers; errors. It has no
 * word for a client that left, because Lambda has none.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface StreamSink {
  prelude(metadata: StreamMetadata): void
  chunk(bytes: Buffer): void
}

export interface StreamMetadata {
  statusCode: number
  headers?: Record<string, string>
  multiValueHeaders?: Record<string, string[]>
  cookies?: string[]
}

export class FunctionFailure extends Error {
  readonly reason: 'failed' | 'timeout' | 'crashed'
  constructor(reason: 'failed' | 'timeout' | 'crashed') {
    super(`The function ${reason}`)
    this.reason = reason
  }
}

export interface RuntimeApi {
  /** For AWS_LAMBDA_RUNTIME_API. */
  readonly address: string
  /** Resolves when the runtime asks for an invocation: it has started, or is done with the last one. */
  idle(): Promise<void>
  /**
   * One at a time, when idle. Resolves with what a buffered handler returned, or undefined once a stream has ended.
   * Throws FunctionFailure.
   */
  invoke(event: unknown, timeoutMs: number, sink?: StreamSink): Promise<unknown>
  close(): Promise<void>
}

/** Lambda's limit for an answer in one piece. */
const maxResponseBytes = 6 * 1024 * 1024
/** Between the metadata of a streamed answer and its first byte. */
const delimiter = Buffer.alloc(8)

interface Invocation {
  readonly id: string
  readonly sink: StreamSink | undefined
  resolve(value: unknown): void
  reject(failure: FunctionFailure): void
}

export async function startRuntimeApi(): Promise<RuntimeApi> {
  let asking: ServerResponse | undefined
  let current: Invocation | undefined
  const whenIdle: (() => void)[] = []

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, id, outcome] =
      /^\/2018-06-01\/runtime\/invocation\/([\w-]+)(?:\/(\w+))?$/.exec(request.url ?? '') ?? []
    if (id === 'next') {
      asking = response
      for (const resolve of whenIdle.splice(0)) resolve()
      return
    }
    const invocation = current?.id === id ? current : undefined
    if (invocation === undefined) {
      await readBody(request)
    } else if (outcome === 'error') {
      await readBody(request)
      invocation.reject(new FunctionFailure('failed'))
    } else if (request.headers['lambda-runtime-function-response-mode'] === 'streaming') {
      await takeStream(request, invocation)
    } else {
      const body = await readBody(request)
      if (body.length > maxResponseBytes) invocation.reject(new FunctionFailure('failed'))
      else invocation.resolve(JSON.parse(body.toString()))
    }
    response.writeHead(202, { 'Content-Type': 'application/json' }).end('{"status":"OK"}')
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => {
      current?.reject(new FunctionFailure('failed'))
      response.destroy()
    })
  })
  // A function may be silent for minutes, before its answer and within it.
  Object.assign(server, { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, timeout: 0 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    idle: () => (asking === undefined ? new Promise((resolve) => whenIdle.push(resolve)) : Promise.resolve()),
    async invoke(event, timeoutMs, sink) {
      const response = asking
      if (response === undefined) throw new Error('The runtime has not asked for an invocation')
      asking = undefined
      const id = randomUUID()
      try {
        return await new Promise<unknown>((resolve, reject) => {
          current = { id, sink, resolve, reject }
          response.writeHead(200, {
            'Content-Type': 'application/json',
            'Lambda-Runtime-Aws-Request-Id': id,
            'Lambda-Runtime-Deadline-Ms': String(Date.now() + timeoutMs),
            'Lambda-Runtime-Invoked-Function-Arn':
              'arn:aws:lambda:eu-central-1:000000000000:function:simulated',
          })
          response.end(JSON.stringify(event))
        })
      } finally {
        current = undefined
      }
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** A broken stream is known by its trailers. */
async function takeStream(request: IncomingMessage, { sink, resolve, reject }: Invocation): Promise<void> {
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (head === undefined) {
      sink?.chunk(chunk)
      continue
    }
    head = Buffer.concat([head, chunk])
    const end = head.indexOf(delimiter)
    if (end < 0) continue
    sink?.prelude(JSON.parse(head.subarray(0, end).toString()) as StreamMetadata)
    const rest = head.subarray(end + delimiter.length)
    if (rest.length > 0) sink?.chunk(rest)
    head = undefined
  }
  const broke = head !== undefined || request.trailers['lambda-runtime-function-error-type'] !== undefined
  if (broke) reject(new FunctionFailure('failed'))
  else resolve(undefined)
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
