/**
 * docs/deploy.md from an empty account to smoke: every command it gives is run in order against the stand-in, or stands here
 * with the reason why not. A command that is added to the document has to be added here. Both tools deploy the same stage on
 * the way, CDK over SST, and what they made is compared.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDocument } from '@email-connector/server/testing/documents'
import { createTables } from '@email-connector/server/testing/dynamodb-tables'
import { findDynamoDb, type LocalDynamoDb, startDynamoDb } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AwsStandIn, standInAccount, startAwsStandIn, startMissingFunctions } from './aws-stand-in.ts'
import type { Template } from './cloudformation.ts'
import { get, refusalOf } from './transitions.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'deploy-walk-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What stands in a block or between backquotes and begins like a command; each once, in the order of the document. */
function commandsIn(document: string): string[] {
  const blocks = [...document.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].flatMap(([, block = '']) =>
    block.split('\n'),
  )
  const inline = [...document.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
  const commands = [...inline, ...blocks].map((line) => line.trim())
  return [...new Set(commands.filter((line) => /^(?:npx|npm|aws|cp|openssl|git) /.test(line)))]
}

/** Run below, in this order. */
const run = [
  'cp stages.example.json stages.json',
  'npx pnpm@10.34.9 synth -c stage=prod',
  'npx pnpm@10.34.9 sst deploy --stage prod',
  'npx pnpm@10.34.9 cdk deploy --all -c stage=prod',
  'npx pnpm@10.34.9 sst remove --stage prod',
]

const notRun: Readonly<Record<string, string>> = {
  'git pull': 'changes the working copy',
  'npx pnpm@10.34.9 install': 'has been run, or this test could not run',
  'npx pnpm@10.34.9 synth': 'commands.test.ts runs it where there is no network',
  'aws sso login': 'needs a browser and an account',
  'npx cdk bootstrap aws://123456789012/eu-central-1': 'the stand-in is an account that is bootstrapped',
  'npx cdk destroy --all -c stage=prod': 'asks before it removes; removal.test.ts removes the same stacks',
  'npx cdk destroy --all -c stage=X': 'the same, for any stage',
  'npx pnpm@10.34.9 sst dev --stage personal': 'commands.test.ts brings it up',
  'npx pnpm@10.34.9 smoke https://mail.example.com': 'smoke.test.ts runs it against both gateways',
  'npx pnpm@10.34.9 clear-failed --stage prod':
    'after a deployment that failed; failed-creation.test.ts runs it on what one leaves',
  'npx pnpm@10.34.9 revoke --stage prod --host imap.gmail.com --login ann@example.com':
    'functions.test.ts runs it against the oauth function',
  'npx pnpm@10.34.9 revoke --local --host … --login …': 'packages/server/test/local/revoke.test.ts',
  'npm start': 'packages/server/test/e2e/local.test.ts',
  'openssl rand -base64 48': 'makes a seed; deploy-document.test.ts says that its length is right',
  'aws lambda put-function-concurrency --function-name prod-email-connector-mcp --reserved-concurrent-executions 0':
    'for an incident; the stand-in knows no functions',
}

test('every command of docs/deploy.md is run here, or has a reason', () => {
  const commands = commandsIn(readDocument('deploy.md'))
  expect([...commands].sort()).toEqual([...run, ...Object.keys(notRun)].sort())
})

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

  test.each(run)('R95: %s', async (command) => {
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
      const [first, ...others] = run.filter((command) => command.includes(' deploy '))
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

describe('docs/examples', () => {
  const example = (name: string) => readFileSync(join(root, 'docs', 'examples', name), 'utf8')

  test('the role of a pipeline may take three roles of CDK in one repository’s environment, and nothing else', () => {
    const { AssumeRolePolicyDocument, PolicyDocument } = JSON.parse(example('deployer-role.json')) as Record<
      string,
      { Statement: { Action: string; Resource?: string[]; Condition?: unknown }[] }
    >
    expect(PolicyDocument?.Statement).toHaveLength(1)
    const [may] = PolicyDocument?.Statement ?? []
    expect(may?.Action).toBe('sts:AssumeRole')
    for (const role of may?.Resource ?? [])
      expect(role).toMatch(/^arn:aws:iam::\d{12}:role\/cdk-hnb659fds-(?:deploy|file-publishing|lookup)-role-/)
    expect(AssumeRolePolicyDocument?.Statement[0]?.Condition).toEqual({
      StringEquals: {
        'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
        'token.actions.githubusercontent.com:sub': 'repo:OWNER/email-connector:environment:prod',
      },
    })
  })

  test('the workflow deploys as the document says, holds no key, and takes that role', () => {
    const workflow = example('deploy.yml')
    expect(workflow).toContain('run: npx cdk deploy --all -c stage=prod')
    expect(workflow).toContain('role/email-connector-deployer')
    expect(workflow).toContain('id-token: write')
    expect(workflow).not.toMatch(/AWS_(?:SECRET_)?ACCESS_KEY|secrets\./)
    for (const [, version = ''] of workflow.matchAll(/uses: \S+@(\S+)/g))
      expect(version).toMatch(/^[0-9a-f]{40}$/)
  })
})

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
