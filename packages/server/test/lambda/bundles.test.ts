/**
 * What is deployed and what of it loads before the first answer: every byte and module there is waited for by whoever
 * meets a cold start (what grows beyond 5 % is accepted by hand, in bundles.json). And what is in no bundle, so that
 * nobody can switch it on (R72).
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type AccessTokenRow, tokenId, wrapSecret } from '@email-connector/oauth'
import { createFunctionPool, createTempFolder, findNode24 } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildFunctions } from '../../../../scripts/build.ts'
import { findSource } from '../../../../scripts/where.ts'
import packageFile from '../../package.json' with { type: 'json' }
import { type FunctionName, functionNames } from '../../src/deployment-names.ts'
import { toAuthorizerContext } from '../../src/lambda/authorizer-context.ts'
import { createLog, describeBug } from '../../src/log.ts'
import { version } from '../../src/version.ts'
import committed from './bundles.json' with { type: 'json' }
import { toolsListMessage } from './gateway.ts'

interface Metafile {
  readonly outputs: Record<
    string,
    {
      readonly entryPoint?: string
      readonly imports: readonly { path: string; kind: string }[]
      readonly inputs: Record<string, { readonly bytesInOutput: number }>
    }
  >
}

const folder = createTempFolder('bundles')
const tolerance = 0.05

const metafileOf = (name: FunctionName) =>
  JSON.parse(readFileSync(join(folder.path, `${name}.meta.json`), 'utf8')) as Metafile
const textOf = (name: FunctionName) =>
  readdirSync(join(folder.path, name))
    .map((file) => readFileSync(join(folder.path, name, file), 'utf8'))
    .join('\n')

/** The entry and whatever it imports at once. */
function outputsAtStart(name: FunctionName): string[] {
  const { outputs } = metafileOf(name)
  const found = new Set(
    Object.keys(outputs).filter(
      (path) => outputs[path]?.entryPoint !== undefined && basename(path) === 'index.mjs',
    ),
  )
  for (const path of found)
    for (const one of outputs[path]?.imports ?? [])
      if (one.kind === 'import-statement' && one.path in outputs) found.add(one.path)
  return [...found]
}

/** `@scope/name` of a dependency, the folder of a workspace package. */
function packageOf(input: string): string {
  const inside = input.split('node_modules/').at(-1) ?? ''
  if (inside === input) return input.split('/').slice(0, 2).join('/')
  return inside
    .split('/')
    .slice(0, inside.startsWith('@') ? 2 : 1)
    .join('/')
}

beforeAll(() => buildFunctions(folder.path))
afterAll(() => folder.remove())

describe.each(functionNames)('the %s bundle', (name) => {
  test('has the committed size, in all and before the first answer, within 5 %', () => {
    const bytesOf = (paths: readonly string[]) =>
      paths.reduce((bytes, path) => bytes + statSync(join(folder.path, name, basename(path))).size, 0)
    const { bytes, bytesAtStart } = committed[name]
    const all = bytesOf(Object.keys(metafileOf(name).outputs))
    expect(Math.abs(all - bytes) / bytes, `${all} bytes, committed ${bytes}`).toBeLessThan(tolerance)
    const atStart = bytesOf(outputsAtStart(name))
    expect(
      Math.abs(atStart - bytesAtStart) / bytesAtStart,
      `${atStart} bytes at start, committed ${bytesAtStart}`,
    ).toBeLessThan(tolerance)
  })

  test('loads the committed packages before the first answer', () => {
    const { outputs } = metafileOf(name)
    const inputs = outputsAtStart(name).flatMap((path) => Object.entries(outputs[path]?.inputs ?? {}))
    const packages = inputs
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([input]) => packageOf(input))
    expect([...new Set(packages)].sort()).toEqual(committed[name].packagesAtStart)
  })

  test('R72: holds no way to private mail hosts, other ports, the demo mailbox or the embedded store', () => {
    const text = textOf(name)
    expect(text.length).toBeGreaterThan(500)
    for (const word of [
      'ALLOW_PRIVATE_MAIL_HOSTS',
      'DEMO_MAILBOX',
      'hoodiecrow',
      'smtp-server',
      'classic-level',
      'TEST_NETWORK',
    ])
      expect(text.includes(word), word).toBe(false)
    const inputs = Object.keys(metafileOf(name).outputs).flatMap((path) =>
      Object.keys(metafileOf(name).outputs[path]?.inputs ?? {}),
    )
    expect(inputs.filter((input) => /src\/(local|try)\/|store\/level|testing\//.test(input))).toEqual([])
  })

  test('holds no source map and no secret of the building machine', () => {
    const text = textOf(name)
    expect(text).not.toContain('sourceMappingURL')
    expect(text.includes(process.cwd())).toBe(false)
  })
})

test('a log line says where: every file of a bundle is a place that the log takes, and leads to our source', () => {
  const written: string[] = []
  const log = createLog({ write: (line) => written.push(line), now: () => new Date(0) })
  for (const name of functionNames)
    for (const file of readdirSync(join(folder.path, name))) {
      log({ event: 'bug', at: `${file}:12:34567` })
      expect(written.pop()).toContain(`"at":"${file}:12:34567"`)
      expect(readdirSync(join(folder.path, `${name}.maps`))).toContain(`${file}.map`)
    }

  const chunk = 'chunk-4XCT5PCP.mjs:12:34567'
  const stack = `TypeError: x\n    at a (file:///var/task/${chunk})\n    at file:///var/task/index.mjs:1:2`
  expect(describeBug(Object.assign(new TypeError('x'), { stack }))).toEqual({ bug: 'TypeError', at: chunk })

  const [before = ''] = readFileSync(join(folder.path, 'mcp', 'index.mjs'), 'utf8').split('key_refused', 1)
  const lines = before.split('\n')
  const at = `index.mjs:${lines.length}:${lines.at(-1)?.length}`
  expect(findSource(folder.path, 'mcp', at)).toMatch(/^packages\/server\/src\/[\w/.-]+\.ts:\d+:\d+$/)
  expect(() => findSource(folder.path, 'mcp', 'chunk-GONE.mjs:1:1')).toThrow('run pnpm build')
  expect(() => findSource(folder.path, 'mcp', '../x:1:1')).toThrow('no place in a bundle')
})

test('every build of a commit names its chunks alike, wherever it is written: a log line can be followed later', async () => {
  const elsewhere = createTempFolder('bundles-elsewhere')
  try {
    const deeper = join(elsewhere.path, 'one', 'two')
    await buildFunctions(deeper)
    for (const name of functionNames)
      expect(readdirSync(join(deeper, name))).toEqual(readdirSync(join(folder.path, name)))
  } finally {
    await elsewhere.remove()
  }
})

test('R72: the search finds what is there', () => {
  expect(textOf('mcp')).toContain('CREDENTIALS_KEY')
  expect(textOf('oauth')).toContain('ALLOWED_ACCOUNTS')
})

test('what the pages read from files is inside the bundles that show pages', () => {
  for (const name of ['oauth', 'mcp'] as const) {
    const text = textOf(name)
    for (const word of ['prefers-color-scheme', 'form[data-once]'])
      expect(text.includes(word), word).toBe(true)
    expect(/page\.(?:css|js)\b/.test(text)).toBe(false)
  }
})

test('R77: the thread that lays out large emails is beside the function that starts it, and works there', async () => {
  const file = 'render-worker.mjs'
  const having = functionNames.filter((name) => readdirSync(join(folder.path, name)).includes(file))
  expect(having).toEqual(['mcp'])
  expect(textOf('mcp')).toMatch(/new URL\("\.\/render-worker\.mjs",import\.meta\.url\)/)
  const thread = new Worker(join(folder.path, 'mcp', file), { env: {}, execArgv: [] })
  thread.postMessage({ content: '<p hidden>Unseen<p>Seen', from: 'html', to: 'text' })
  expect(await once(thread, 'message')).toEqual([{ text: 'Seen', warnings: ['hidden_text_removed'] }])
  await thread.terminate()
})

test('R66: only oauth can ask Secrets Manager, and health knows nothing of AWS at all', () => {
  const holds = (name: FunctionName, word: string) =>
    Object.values(metafileOf(name).outputs).some(({ inputs }) =>
      Object.keys(inputs).some((input) => input.includes(word)),
    )
  expect(functionNames.filter((name) => holds(name, 'client-secrets-manager'))).toEqual(['oauth'])
  expect(functionNames.filter((name) => holds(name, 'client-kms'))).toEqual(['mcp', 'oauth'])
  expect(functionNames.filter((name) => holds(name, 'client-dynamodb'))).toEqual([
    'mcp',
    'oauth',
    'authorizer',
  ])
  expect(textOf('health')).not.toContain('process.env')
})

test('the version the functions answer with is that of package.json', () => {
  expect(version).toBe(packageFile.version)
})

test.skipIf(findNode24() === undefined)(
  'tools/list is answered with the files of the start alone; the mail libraries wait for a tool (needs the optional Node 24)',
  async () => {
    const pool = createFunctionPool({
      file: join(folder.path, 'mcp', 'index.mjs'),
      exportName: 'handler',
      environment: mcpEnvironment,
      timeoutMs: 20_000,
      node: String(findNode24()),
      preload: [join(import.meta.dirname, '../../../testing/src/gateway/record-loads.mjs')],
    })
    const chunks: Buffer[] = []
    await pool.invoke(toolsListEvent(), { prelude: () => {}, chunk: (bytes) => chunks.push(bytes) })
    await pool.close()
    expect(Buffer.concat(chunks).toString()).toContain('"get_recent_emails"')
    const loaded = pool.output.join('').matchAll(/^loaded (.+)$/gm)
    const own = [...loaded].map(([, file = '']) => file).filter((file) => file !== 'lambda-runtime.mjs')
    expect(own.sort()).toEqual(
      outputsAtStart('mcp')
        .map((path) => basename(path))
        .sort(),
    )
  },
)

test.each([
  ['nothing', '{}'],
  ['what the AWS SDK leaves where there is no runtime', '{ awslambda: {} }'],
])('R70: without the streaming runtime (`sst dev`) mcp answers in one piece: %s', (_, globals) => {
  const script = `
    Object.assign(globalThis, ${globals})
    const { handler } = await import(process.argv[1])
    const answer = await handler(JSON.parse(process.argv[2]))
    process.stdout.write(answer.body)
    process.exit()`
  const event = JSON.stringify(toolsListEvent())
  const output = execFileSync(
    process.execPath,
    ['--input-type=module', '--eval', script, join(folder.path, 'mcp', 'index.mjs'), event],
    { env: mcpEnvironment, encoding: 'utf8' },
  )
  expect(output).toContain('"get_recent_emails"')
})

const publicUrl = 'https://mail.example.org'

const mcpEnvironment = {
  ...{ AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' },
  ...{ STAGE: 'test', PUBLIC_URL: publicUrl, CREDENTIALS_KEY: 'key' },
  ...{ GRANTS_TABLE: 'a', TOKENS_TABLE: 'b', SESSIONS_TABLE: 'c', ONCE_TABLE: 'd' },
}

/** With a token whose wrap opens, as the authorizer hands it on. */
function toolsListEvent(): object {
  const token = 'ab'.repeat(32)
  const row: Omit<AccessTokenRow, 'wrap'> = {
    ...{ v: 1, type: 'access', id: tokenId(token), grantId: 'grant', generation: 1, clientId: 'client' },
    ...{ scope: 'email:read', permission: 'read', resource: `${publicUrl}/mcp` },
    ...{ issuedAt: 1_700_000_000, expiresAt: 4_000_000_000 },
  }
  const context = toAuthorizerContext({ ...row, wrap: wrapSecret(token, row, new Uint8Array(32).fill(7)) })
  return {
    httpMethod: 'POST',
    path: '/mcp',
    multiValueHeaders: {
      Host: ['mail.example.org'],
      Authorization: [`Bearer ${token}`],
      'Content-Type': ['application/json'],
      Accept: ['application/json, text/event-stream'],
      'MCP-Protocol-Version': ['2026-07-28'],
      'Mcp-Method': ['tools/list'],
    },
    body: JSON.stringify(toolsListMessage),
    requestContext: {
      identity: { sourceIp: '198.51.100.7' },
      authorizer: Object.fromEntries(Object.entries(context).map(([name, value]) => [name, String(value)])),
    },
  }
}
