/**
 * Stands between one function and the DynamoDB of a test: keeps which item action went to which row, refuses what the
 * function's role would not allow, and fails calls the way DynamoDB does. Nothing else is changed on the way.
 */
import { once } from 'node:events'
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface DynamoDbCall {
  /** GetItem, Query, … */
  readonly operation: string
  readonly table: string
  /** The partition key, up to and with its `#`: what kind of row it was. */
  readonly row: string
}

/** As DynamoDB fails; `silence` never answers. */
export type DynamoDbFault = 'throttled' | 'error' | 'reset' | 'silence'

export interface DynamoDbProxy {
  readonly endpoint: string
  /** Each counts once, however many attempts it took until one came here or was answered. */
  readonly calls: readonly DynamoDbCall[]
  forgetCalls(): void
  /** Asked for every call, before it is passed on. */
  fault: ((call: DynamoDbCall) => DynamoDbFault | undefined) | undefined
  stop(): Promise<void>
}

interface ItemRequest {
  TableName?: string
  Key?: { pk?: { S?: string } }
  Item?: { pk?: { S?: string } }
  ExpressionAttributeValues?: { ':pk'?: { S?: string } }
}

/** @param allows what the role of the function allows */
export async function startDynamoDbProxy(
  target: string,
  allows: (call: DynamoDbCall) => boolean = () => true,
): Promise<DynamoDbProxy> {
  const calls: DynamoDbCall[] = []
  const seen = new Set<string>()

  /** By the id that AWS's clients give all attempts at a call: the first one may be lost before it comes here. */
  function isSeen({ headers }: IncomingMessage): boolean {
    const id = headers['amz-sdk-invocation-id']
    if (typeof id !== 'string') return false
    const isKnown = seen.has(id)
    seen.add(id)
    return isKnown
  }

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse) {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const call = toCall(incoming, body)
    if (!isSeen(incoming)) calls.push(call)
    if (!allows(call)) return fail(outgoing, 'forbidden')
    const fault = proxy.fault?.(call)
    if (fault === 'silence') return
    if (fault === 'reset') return void outgoing.destroy()
    if (fault !== undefined) return fail(outgoing, fault)
    const passed = forward(target, {
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
    })
    passed.on('error', () => outgoing.destroy())
    passed.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    passed.end(body)
  }

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy())
  })
  // A function keeps its connections for its next call.
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: DynamoDbProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    forgetCalls: () => void calls.splice(0),
    fault: undefined,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  return proxy
}

function toCall(incoming: IncomingMessage, body: Buffer): DynamoDbCall {
  const asked = JSON.parse(body.toString() || '{}') as ItemRequest
  const pk = asked.Key?.pk?.S ?? asked.Item?.pk?.S ?? asked.ExpressionAttributeValues?.[':pk']?.S ?? ''
  return {
    operation: String(incoming.headers['x-amz-target']).replace('DynamoDB_20120810.', ''),
    table: asked.TableName ?? '',
    row: pk.slice(0, pk.indexOf('#') + 1),
  }
}

const errors = {
  throttled: [400, 'ProvisionedThroughputExceededException'],
  error: [500, 'InternalServerError'],
  forbidden: [400, 'AccessDeniedException'],
} as const

function fail(outgoing: ServerResponse, error: keyof typeof errors): void {
  const [status, name] = errors[error]
  outgoing.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0' })
  outgoing.end(
    JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'not right now' }),
  )
}
