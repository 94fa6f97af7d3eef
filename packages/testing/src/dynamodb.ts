/**
 * A DynamoDB on loopback for one test file, in memory: the dynoxide binary from its npm package. Items do not
 * expire by themselves, which is what a test of expiry on reading needs. It answers anyone who finds the port,
 * web pages included: for tests only, never for `npm start`.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { freePort } from './free-port.ts'
import { startTiedProcess } from './tied-process.ts'

export interface LocalDynamoDb {
  readonly endpoint: string
  /** What the AWS SDK's client takes: `new DynamoDBClient(dynamoDb.clientOptions)`. */
  readonly clientOptions: {
    endpoint: string
    region: string
    credentials: { accessKeyId: string; secretAccessKey: string }
    /** Of our own client: a busy machine is no outage. Tests of outages set theirs. */
    attemptTimeoutMs: number
    deadlineMs: number
  }
  readonly pid: number
  stop(): Promise<void>
}

/** Undefined on platforms without the optional package, so that a test can say that it was not run. */
export function findDynamoDb(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve('@dynoxide/linux-x64/package.json')
    const binary = join(dirname(manifest), 'dynoxide')
    return existsSync(binary) ? binary : undefined
  } catch {
    return undefined
  }
}

export async function startDynamoDb(): Promise<LocalDynamoDb> {
  const binary = findDynamoDb()
  if (!binary) throw new Error('@dynoxide/linux-x64 is not installed on this platform')

  const start = async () => {
    const port = await freePort()
    const child = startTiedProcess(binary, ['serve', '--host', '127.0.0.1', '--port', String(port)])
    let ended = false
    void child.ended.then(() => {
      ended = true
    })
    while (!ended) {
      // Any HTTP answer will do; this is not a request it could act upon.
      const answered = await fetch(`http://127.0.0.1:${port}/`).then(
        (response) => response.arrayBuffer(),
        () => undefined,
      )
      if (answered && !ended) return { child, endpoint: `http://127.0.0.1:${port}` }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    throw new Error(`DynamoDB did not start: ${child.output()}`)
  }
  // A port may be taken between our look and the program's bind.
  const { child, endpoint } = await start().catch(start)
  return {
    endpoint,
    clientOptions: {
      endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      ...{ attemptTimeoutMs: 20_000, deadlineMs: 40_000 },
    },
    pid: child.pid,
    stop: () => child.stop(),
  }
}
