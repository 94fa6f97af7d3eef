/**
 * The one failed deployment that a rollback does not clear: the first, between two tables. What it leaves is on a DynamoDB
 * that protects tables as AWS does; what CloudFormation says to the next attempt is in cloudformation.ts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { clearFailedCreation } from '@email-connector/server/failed-creation'
import { tableSchemas } from '@email-connector/server/table-schema'
import { createTables } from '@email-connector/server/testing/dynamodb-tables'
import { findDynamoDb, type LocalDynamoDb, startDynamoDb } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AwsStandIn, startAwsStandIn, startMissingFunctions } from './aws-stand-in.ts'
import { createCloudFormation } from './cloudformation.ts'
import { replacingChanges } from './specification.ts'
import { deploy, get, refusalOf } from './transitions.ts'

const stage = 'prod-email-connector'
const root = join(import.meta.dirname, '..', '..')

describe.skipIf(!findDynamoDb())('R95: a first deployment that failed between two tables', () => {
  const { templates } = get('with everything')
  const data = templates.data ?? expect.fail('no stack of data')
  const tables = Object.entries(data.Resources).filter(([, { Type }]) => Type === 'AWS::DynamoDB::Table')
  const names = tables.map(([, { Properties }]) => String(Properties?.TableName))
  let dynamoDb: LocalDynamoDb
  beforeAll(async () => {
    dynamoDb = await startDynamoDb()
  })
  afterAll(() => dynamoDb?.stop())
  const clear = () => clearFailedCreation({ ...dynamoDb.clientOptions, tables: names })
  /** Past every client, as anyone's program may. */
  const ask = (operation: string, body: object) =>
    fetch(dynamoDb.endpoint, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.0',
        'X-Amz-Target': `DynamoDB_20120810.${operation}`,
        'X-Amz-Date': '20260101T000000Z',
        Authorization:
          'AWS4-HMAC-SHA256 Credential=x/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: JSON.stringify(body),
    })

  /** A function of the stage is never there. */
  async function runTool(tool: string, args: readonly string[], aws: AwsStandIn, more: NodeJS.ProcessEnv) {
    const lambda = await startMissingFunctions()
    const script = ['--import', 'tsx', 'scripts/deployment-tool.ts', tool, ...args]
    const child = spawn(process.execPath, script, {
      cwd: root,
      env: {
        ...{
          PATH: process.env.PATH,
          CI: '1',
          SST_TELEMETRY_DISABLED: '1',
          CDK_DISABLE_CLI_TELEMETRY: 'true',
        },
        ...{ AWS_ACCESS_KEY_ID: 'stand-in', AWS_SECRET_ACCESS_KEY: 'stand-in', AWS_REGION: 'eu-central-1' },
        AWS_ENDPOINT_URL: aws.endpoint,
        AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
        AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    lambda.close()
    return { code: child.exitCode, output: output + errors }
  }

  test('the command knows the tables in the order in which they are made', () => {
    expect(names).toEqual(Object.values(tableSchemas).map(({ suffix }) => `${stage}-${suffix}`))
    for (const [at, [, { DependsOn = [] }]] of tables.entries())
      expect(DependsOn).toEqual(expect.arrayContaining(tables.slice(0, at).map(([id]) => id)))
  })

  test.each([1, 2, 3])('is repeated once its tables are cleared: after the %i. of four', async (made) => {
    const account = createCloudFormation({ replacingChanges })
    refusalOf(() => account.deploy('data', data, tables[made]?.[0]))
    await createTables(dynamoDb, stage, { first: made, isProtected: true })
    expect(refusalOf(() => deploy(account, { templates }))).toContain('already exists')

    const clearing = await clear()
    expect(clearing).toEqual({ outcome: 'cleared', deleted: names.slice(0, made) })
    for (const name of names.slice(0, made)) account.deleteTable(name)
    expect(refusalOf(() => deploy(account, { templates }))).toBe('none')
    expect(await clear()).toEqual({ outcome: 'cleared', deleted: [] })
  })

  test('a table with a row, or all of them, is a stage: none is touched', async () => {
    await createTables(dynamoDb, stage, { first: 3, isProtected: true })
    const row = { TableName: names[1], Item: { pk: { S: 'access#1' } } }
    expect((await ask('PutItem', row)).status).toBe(200)
    expect(await clear()).toEqual({ outcome: 'refused', reason: 'in use', table: names[1] })
    await ask('DeleteItem', { TableName: names[1], Key: row.Item })
    expect(await clear()).toEqual({ outcome: 'cleared', deleted: names.slice(0, 3) })

    await createTables(dynamoDb, stage, { isProtected: true })
    expect(await clear()).toEqual({ outcome: 'refused', reason: 'complete', table: names[3] })
    for (const name of names) {
      const described = await ask('DescribeTable', { TableName: name })
      expect((await described.json()) as object).toMatchObject({ Table: { DeletionProtectionEnabled: true } })
      await ask('UpdateTable', { TableName: name, DeletionProtectionEnabled: false })
      await ask('DeleteTable', { TableName: name })
    }
  })

  // Of an app that is not there: what the tool says to that, and its code, pass through. deploy-walk.long.test.ts goes on with SST.
  test('pnpm cdk deploy clears it by itself, says so, and goes on', async () => {
    const aws = await startAwsStandIn()
    const folder = mkdtempSync(join(tmpdir(), 'failed-creation-'))
    const stages = join(folder, 'stages.json')
    writeFileSync(stages, JSON.stringify({ prod: { region: 'eu-central-1' } }))
    const args = ['deploy', '--all', '-c', 'stage=prod', '--app', '/nowhere']
    const run = () => runTool('cdk', args, aws, { STAGES_FILE: stages, HOME: folder })
    const left = async () => {
      const found = await Promise.all(names.map((TableName) => ask('DescribeTable', { TableName })))
      return found.filter(({ status }) => status === 200).length
    }
    try {
      await createTables(dynamoDb, stage, { first: 3, isProtected: true })
      // Whatever is there: no stack says that it was never made.
      expect((await run()).output).not.toContain('Deleted')
      expect(await left()).toBe(3)

      refusalOf(() => aws.account.deploy(`${stage}-data`, data, tables[3]?.[0]))
      expect(aws.account.failed.get(`${stage}-data`)).toBe('ROLLBACK_FAILED')
      const done = await run()
      expect(done.output).toContain(`Deleted what it left, all empty: ${names.slice(0, 3).join(', ')}.`)
      expect(done.output).toContain('nowhere')
      expect(done.code).toBe(1)
      expect(await left()).toBe(0)
      expect(aws.calls.filter((call) => call === 'cloudformation DescribeStacks')).toHaveLength(2)
    } finally {
      await aws.stop()
      rmSync(folder, { recursive: true })
    }
  })

  test('pnpm clear-failed says what it did, and nothing is touched while a function of the stage is there', async () => {
    // Of the stage that needs no entry in a file.
    const own = 'personal-email-connector'
    let isRunning = true
    const lambda = createServer((_, response) => {
      const missing = { 'x-amzn-ErrorType': 'ResourceNotFoundException', 'Content-Type': 'application/json' }
      if (isRunning) response.writeHead(200).end('{}')
      else response.writeHead(404, missing).end('{"Message":"Function not found"}')
    })
    lambda.listen(0, '127.0.0.1')
    await once(lambda, 'listening')
    const run = async (...args: string[]) => {
      const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/clear-failed.ts', ...args], {
        cwd: root,
        env: {
          PATH: process.env.PATH,
          AWS_ACCESS_KEY_ID: 'stand-in',
          AWS_SECRET_ACCESS_KEY: 'stand-in',
          AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
          AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${(lambda.address() as AddressInfo).port}`,
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [output] = await Promise.all([text(child.stdout), once(child, 'close')])
      return { code: child.exitCode, output }
    }
    try {
      await createTables(dynamoDb, own, { first: 1, isProtected: true })
      const refused = await run('--stage', 'personal')
      expect(refused.code).toBe(1)
      expect(refused.output).toContain('Nothing was deleted: the stage runs')
      expect((await ask('DescribeTable', { TableName: `${own}-grants` })).status).toBe(200)
      isRunning = false
      expect(await run('--stage', 'personal')).toEqual({
        code: 0,
        output: `Deleted, all empty: ${own}-grants. Deploy again.\n`,
      })
      expect(await run()).toMatchObject({ code: 2 })
    } finally {
      lambda.close()
    }
  })
})
