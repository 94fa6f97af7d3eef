/**
 * The official conformance suite through gateway, Lambda runtime and streaming adapter, with sessions in DynamoDB: every
 * request may meet another environment. What the endpoint does alone is in test/mcp/conformance.test.ts.
 */
import { join } from 'node:path'
import {
  createFunctionPool,
  createTempFolder,
  findDynamoDb,
  findNode24,
  freePort,
  type GatewaySimulator,
  type LocalDynamoDb,
  startDynamoDb,
  startGatewaySimulator,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runConformance } from '../mcp/conformance-run.ts'
import { createTables } from '../store/dynamodb-tables.ts'
import { wrapFunction } from './typescript-function.ts'

const node = findNode24()
describe.skipIf(node === undefined || findDynamoDb() === undefined)(
  'the conformance suite behind the gateway (needs the optional Node 24 and local DynamoDB)',
  () => {
    let dynamoDb: LocalDynamoDb
    let gateway: GatewaySimulator
    const folder = createTempFolder('conformance')
    beforeAll(async () => {
      dynamoDb = await startDynamoDb()
      await createTables(dynamoDb, 'conformance')
      const port = await freePort()
      const pool = createFunctionPool({
        file: wrapFunction(folder, join(import.meta.dirname, 'conformance-function.ts')),
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
        functions: { mcp: pool, oauth: pool, owner: pool, health: pool, authorizer: pool },
        port,
      })
    })
    afterAll(async () => {
      await gateway.close()
      await folder.remove()
      await dynamoDb.stop()
    })

    test.each(['2025-11-25', '2026-07-28'])('passes everything %s requires', async (revision) => {
      const { code, output } = await runConformance(`${gateway.url}/mcp`, '--requirements', revision)
      expect(code, output).toBe(0)
      expect(Number(/^Total: (\d+) passed/m.exec(output)?.[1]), output).toBeGreaterThan(50)
    })
  },
)
