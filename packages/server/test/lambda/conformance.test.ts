/**
 * The official conformance suite through gateway, Lambda runtime and streaming adapter, with sessions in DynamoDB: every
 * request may meet another environment. What the endpoint does alone is in test/mcp/conformance.test.ts.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createFunctionPool,
  findDynamoDb,
  findNode24,
  freePort,
  type GatewaySimulator,
  type LocalDynamoDb,
  startDynamoDb,
  startGatewaySimulator,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTables } from '../store/dynamodb-tables.ts'

const node = findNode24()
const suite = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url),
)

describe.skipIf(node === undefined || findDynamoDb() === undefined)(
  'the conformance suite behind the gateway (needs the optional Node 24 and local DynamoDB)',
  () => {
    let dynamoDb: LocalDynamoDb
    let gateway: GatewaySimulator
    beforeAll(async () => {
      dynamoDb = await startDynamoDb()
      await createTables(dynamoDb, 'conformance')
      const port = await freePort()
      const pool = createFunctionPool({
        file: join(import.meta.dirname, 'conformance-function.ts'),
        exportName: 'handler',
        environment: {
          STAGE: 'conformance',
          PUBLIC_URL: `http://127.0.0.1:${port}`,
          AWS_ACCESS_KEY_ID: 'local',
          AWS_SECRET_ACCESS_KEY: 'local',
          AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
        },
        timeoutMs: 28_000,
        node: String(node),
      })
      gateway = await startGatewaySimulator({
        routes: [{ path: '/mcp', target: 'mcp', authorized: false, transfer: 'STREAM' }],
        responses: [],
        functions: { mcp: pool, oauth: pool, health: pool, authorizer: pool },
        port,
      })
    })
    afterAll(async () => {
      await gateway.close()
      await dynamoDb.stop()
    })

    /** Some scenarios wait half a second of real time and no longer: a busy machine gets another try. */
    test.each(['2025-11-25', '2026-07-28'])(
      'passes everything %s requires',
      { timeout: 90_000, retry: 2 },
      async (revision) => {
        const child = spawn(
          String(node),
          [suite, 'server', '--url', `${gateway.url}/mcp`, '--requirements', revision],
          { stdio: ['ignore', 'pipe', 'pipe'] },
        )
        let output = ''
        for (const stream of [child.stdout, child.stderr])
          stream.on('data', (chunk) => {
            output += chunk
          })
        const code = await new Promise((resolve) => child.once('close', resolve))
        expect(code, output).toBe(0)
        expect(Number(/^Total: (\d+) passed/m.exec(output)?.[1]), output).toBeGreaterThan(50)
      },
    )
  },
)
