/**
 * docs/deploy.md from an empty account to smoke: the commands of deploy-commands.ts are run in order against the stand-in.
 * Both tools deploy the same stage on the way, CDK over SST, and what they made is compared.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTables } from '@email-connector/server/testing/dynamodb-tables'
import { findDynamoDb, type LocalDynamoDb, startDynamoDb } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AwsStandIn, standInAccount, startAwsStandIn, startMissingFunctions } from './aws-stand-in.ts'
import type { Template } from './cloudformation.ts'
import { deployCommands } from './deploy-commands.ts'
import { get, refusalOf } from './transitions.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'deploy-walk-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('from an empty account', () => {
  let aws: AwsStandIn
  let functions: Awaited<ReturnType<typeof startMissingFunctions>>
  let dynamoDb: LocalDynamoDb | undefined
  const stages = join(folder, 'stages.json')
  const left = 'prod-email-connector-grants'
  beforeAll(async () => {
    aws = await startAwsStandIn()
    functions = await startMissingFunctions()
    if (!findDynamoDb()) return
    // A first deployment that failed at its second table, whose first one is in the way of the next.
    dynamoDb = await startDynamoDb()
    await createTables(dynamoDb, 'prod-email-connector', { first: 1, isProtected: true })
    const data = get('with everything').templates.data ?? expect.fail('no stack of data')
    refusalOf(() => aws.account.deploy('prod-email-connector-data', data, secondTable(data)))
    aws.account.deleteTable(left)
  })
  afterAll(async () => {
    await dynamoDb?.stop()
    functions.close()
    await aws.stop()
  })

  /** As it is in the document, but for pnpm, which needs no download here: its scripts are run. */
  async function walk(command: string): Promise<string> {
    if (command.startsWith('cp ')) {
      copyFileSync(join(root, 'stages.example.json'), stages)
      return 'succeeded'
    }
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    const [, name = '', more = ''] = /^npx pnpm@\S+ (\S+)(.*)$/.exec(command) ?? []
    const outdir = name === 'synth' ? ` --output ${join(folder, 'out')}` : ''
    const local = `${scripts[name] ?? expect.fail(`${name} is no script`)}${outdir}${more}`
    const child = spawn('sh', ['-c', `exec ${local}`], {
      cwd: root,
      env: {
        PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
        HOME: folder,
        CI: '1',
        SST_TELEMETRY_DISABLED: '1',
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        AWS_ENDPOINT_URL: aws.endpoint,
        AWS_ENDPOINT_URL_LAMBDA: functions.endpoint,
        ...(dynamoDb && { AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint }),
        AWS_ACCESS_KEY_ID: 'stand-in',
        AWS_SECRET_ACCESS_KEY: 'stand-in',
        AWS_REGION: 'eu-central-1',
        STAGES_FILE: stages,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
    const [code] = (await once(child, 'close')) as [number | null]
    said.set(command, output)
    return code === 0 ? 'succeeded' : output.slice(-3_000)
  }
  const said = new Map<string, string>()
  /** The stacks of the account after each deployment, by its tool. */
  const deployed = new Map<string, ReadonlyMap<string, Template>>()
  const deployedWith = (tool: string) => deployed.get(tool) ?? expect.fail(`${tool} deployed nothing`)

  test.each(deployCommands)('R95: %s', async (command) => {
    expect(await walk(command)).toBe('succeeded')
    const [, tool] = / (\w+) deploy /.exec(command) ?? []
    if (tool !== undefined) {
      expect(aws.stacks.size).toBe(4)
      expect([...aws.objects.keys()].filter((key) => key.endsWith('.zip')).length).toBeGreaterThanOrEqual(3)
      deployed.set(tool, new Map(aws.stacks))
    }
    if (command.includes(' remove ')) expect(aws.stacks.size).toBe(0)
  })

  test.runIf(findDynamoDb())(
    'R95: the first of them said that an earlier one had failed, and cleared what it left',
    () => {
      const [first, ...others] = deployCommands.filter((command) => command.includes(' deploy '))
      expect(said.get(first ?? '')).toContain(`Deleted what it left, all empty: ${left}.`)
      for (const other of others) expect(said.get(other)).not.toContain('Deleted')
    },
  )

  test('leaving SST is an update in place: the same resources under the same ids, refused nowhere', () => {
    for (const [name, template] of deployedWith('cdk'))
      expect(typesOf(deployedWith('sst').get(name)), name).toEqual(typesOf(template))
  })

  test('what holds state is the same to the last property', () => {
    const stateOf = (tool: string) =>
      withAccount(deployedWith(tool).get('prod-email-connector-data')?.Resources)
    expect(stateOf('sst')).toEqual(stateOf('cdk'))
  })
})

function secondTable({ Resources }: Template): string {
  const tables = Object.entries(Resources).filter(([, { Type }]) => Type === 'AWS::DynamoDB::Table')
  return tables[1]?.[0] ?? expect.fail('no second table')
}

function typesOf(template: Template | undefined): [string, string][] {
  return (
    Object.entries(template?.Resources ?? {})
      .filter(([, { Type }]) => Type !== 'AWS::CDK::Metadata')
      // A deployment of the REST API has the hash of all of it in its id, and is another after each change.
      .map(([id, { Type }]): [string, string] => [
        Type === 'AWS::ApiGateway::Deployment' ? id.replace(/[0-9a-f]{32}$/, '') : id,
        Type,
      ])
      .sort(([a], [b]) => a.localeCompare(b))
  )
}

/** SST knows the account and writes it; plain CDK leaves it to CloudFormation. SST also tags what it deploys. */
function withAccount(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withAccount)
  if (typeof value !== 'object' || value === null) return value
  if ('Ref' in value && value.Ref === 'AWS::AccountId') return standInAccount
  if ('Fn::Join' in value) {
    const [, parts] = value['Fn::Join'] as [string, unknown[]]
    const joined: unknown[] = []
    for (const part of parts.map(withAccount)) {
      const last = joined.at(-1)
      if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part
      else joined.push(part)
    }
    return joined
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'Tags' && key !== 'Metadata')
      .map(([key, inner]) => [key, withAccount(inner)]),
  )
}
