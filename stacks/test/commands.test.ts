/**
 * The commands of a deployment, run as an owner runs them, against a loopback stand-in of AWS with dummy credentials.
 * Synthesis runs with no network at all where the machine lets us make such a place.
 */
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTiedProcess } from '@email-connector/testing/tied-process'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { type AwsStandIn, startAwsStandIn } from './aws-stand-in.ts'

const root = join(import.meta.dirname, '..', '..')
const bin = (name: string) => join(root, 'node_modules', '.bin', name)
const folder = mkdtempSync(join(tmpdir(), 'stacks-commands-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Nothing of this machine's own credentials or settings. */
const bare = {
  PATH: process.env.PATH,
  HOME: folder,
  CI: '1',
  SST_TELEMETRY_DISABLED: '1',
  CDK_DISABLE_CLI_TELEMETRY: 'true',
}
const towards = (aws: AwsStandIn) => ({
  ...bare,
  AWS_ENDPOINT_URL: aws.endpoint,
  AWS_ACCESS_KEY_ID: 'stand-in',
  AWS_SECRET_ACCESS_KEY: 'stand-in',
  AWS_REGION: 'eu-central-1',
})

async function run(command: string, args: string[], env: NodeJS.ProcessEnv) {
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  const [code] = await once(child, 'close')
  return { code: code as number | null, output }
}

/** The script of package.json. */
const throughPnpm = ['--import', 'tsx', 'scripts/deployment-tool.ts']

const ids = ['api', 'data', 'monitoring', 'network']
const outcome = ({ code, output }: { code: number | null; output: string }) =>
  code === 0 ? 'succeeded' : output.slice(-3_000)

describe('synthesis', () => {
  const isolated: SpawnSyncReturns<Buffer> = spawnSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up'])
  const alone = isolated.status === 0
  const title = alone
    ? 'R95: pnpm synth needs no account, and no network: it runs where only loopback exists'
    : 'R95: pnpm synth needs no account (not run without network: no network namespace can be made here)'

  test(title, async () => {
    const { synth } = (
      JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { synth: string } }
    ).scripts
    const out = join(folder, 'synth')
    const command = `${bin('cdk')} ${synth.replace(/^cdk /, '')} --output ${out}`
    const done = alone
      ? await run('unshare', ['-n', 'sh', '-c', `ip link set lo up && exec ${command}`], bare)
      : await run('sh', ['-c', command], bare)
    expect(outcome(done)).toBe('succeeded')
    const files = readdirSync(out)
    for (const id of ids) expect(files).toContain(`personal-email-connector-${id}.template.json`)
    const assets = files
      .filter((file) => file.startsWith('asset.'))
      .map((file) => readdirSync(join(out, file)))
    expect(assets).toHaveLength(4)
    for (const asset of assets) expect(asset).toContain('index.mjs')
  })
})

describe('deployment', () => {
  test('a stage without an entry is refused by both, before anything is asked of the account', async () => {
    const aws = await startAwsStandIn()
    try {
      const env = { ...towards(aws), STAGES_FILE: join(folder, 'no-stages.json') }
      const withCdkApp = await run(
        bin('cdk'),
        ['synth', '-q', '-c', 'stage=prod', '--output', join(folder, 'x')],
        env,
      )
      const withSstApp = await run(bin('sst'), ['deploy', '--stage', 'prod'], env)
      for (const { code, output } of [withCdkApp, withSstApp]) {
        expect(code, output).not.toBe(0)
        expect(output).toContain('has no entry for it')
      }
      expect(aws.calls.filter((call) => call.startsWith('cloudformation'))).toEqual([])
    } finally {
      await aws.stop()
    }
  })

  test('cdk deploy creates every stack of a personal stage without SST, from what was synthesized without a network', async () => {
    const aws = await startAwsStandIn()
    try {
      const app = ['--all', '--app', join(folder, 'synth'), '--no-notices', '--no-version-reporting']
      const done = await run(process.execPath, [...throughPnpm, 'cdk', 'deploy', ...app], towards(aws))
      expect(outcome(done)).toBe('succeeded')
      // Whether an earlier one failed is one question, and where none did, no table is looked at.
      expect(aws.calls[0]).toBe('cloudformation DescribeStacks')
      expect(aws.calls).not.toContain('ssm DescribeTable')
      expect([...aws.stacks.keys()].sort()).toEqual(ids.map((id) => `personal-email-connector-${id}`))
      expect([...aws.objects.keys()].filter((key) => key.endsWith('.zip')).length).toBeGreaterThanOrEqual(3)
    } finally {
      await aws.stop()
    }
  })

  test('sst dev comes up to the deployment of its stubs, with nothing streamed', async () => {
    const aws = await startAwsStandIn()
    const stages = join(folder, 'stages.json')
    writeFileSync(stages, JSON.stringify({ mydev: { kind: 'personal', region: 'eu-central-1' } }))
    const env = { ...towards(aws), STAGES_FILE: stages }
    const args = [...throughPnpm, 'sst', 'dev', '--stage', 'mydev']
    const dev = startTiedProcess(process.execPath, args, { cwd: root, env })
    try {
      await vi.waitFor(
        () =>
          expect([...aws.stacks.keys()], dev.output().slice(-2_000)).toContain('mydev-email-connector-api'),
        { timeout: 100_000, interval: 200 },
      )
      const functions = Object.values(aws.stacks.get('mydev-email-connector-api')?.Resources ?? {}).filter(
        ({ Type }) => Type === 'AWS::Lambda::Function',
      )
      for (const { Properties } of functions)
        expect(Properties).toMatchObject({ Handler: 'live-lambda.handler', Runtime: 'nodejs24.x' })
      expect(functions).toHaveLength(4)
    } finally {
      await dev.stop()
      await aws.stop()
    }
  })
})

describe('pnpm sst and pnpm cdk are the tools themselves', () => {
  test.each(['sst', 'cdk'])('%s: arguments, output and exit code pass through', async (tool) => {
    const args = ['deploy', '--no-such-option', '--help']
    const own = await run(bin(tool), args, bare)
    expect(await run(process.execPath, [...throughPnpm, tool, ...args], bare)).toEqual(own)
  })

  test('a signal ends the tool, and the command says that it ended by it', async () => {
    const aws = createServer(() => undefined)
    aws.listen(0, '127.0.0.1')
    await once(aws, 'listening')
    const endpoint = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`
    const env = { ...bare, AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' }
    const args = [...throughPnpm, 'sst', 'remove', '--stage', 'personal']
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'ignore' })
    // It waits for an answer by now.
    await once(aws, 'request')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
    aws.close()
    aws.closeAllConnections()
  })
})

describe('the CDK is one whose cloud assembly SST can publish', () => {
  const require = createRequire(join(root, 'package.json'))
  /** What SST publishes with, found the way SST finds it. */
  const { Manifest } = createRequire(join(root, 'node_modules', 'sst', 'package.json'))(
    '@aws-cdk/cloud-assembly-schema',
  ) as { Manifest: { loadAssemblyManifest(path: string): unknown; version(): string } }
  const path = join(folder, 'manifest.json')
  const publish = (version: string) => {
    writeFileSync(path, JSON.stringify({ version, artifacts: {} }))
    return () => Manifest.loadAssemblyManifest(path)
  }
  const written = () => {
    const schema = createRequire(require.resolve('aws-cdk-lib/package.json')).resolve(
      '@aws-cdk/cloud-assembly-schema/package.json',
    )
    return (JSON.parse(readFileSync(schema, 'utf8')) as { version: string }).version
  }

  test('what this CDK writes is read', () => {
    expect(publish(written())).not.toThrow()
  })

  test('a CDK that is raised would write a schema that is refused: the guard can fail', () => {
    expect(Number(Manifest.version().split('.')[0])).toBe(48)
    expect(publish('49.0.0')).toThrow(/version mismatch/i)
  })
})
