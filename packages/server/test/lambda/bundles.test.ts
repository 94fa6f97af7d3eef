/**
 * What is deployed and what of it loads before the first answer: every byte and module there is waited for by the person who
 * meets a cold start (5 % around bench/counts.json are allowed). And what is in no bundle, so that nobody can switch it
 * on (R72).
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type AccessTokenRow, tokenId, wrapSecret } from '@email-connector/oauth'
import {
  buildOffice,
  buildPdf,
  createFunctionPool,
  createTempFolder,
  findNode24,
  pdfStream,
  showText,
  wordDocument,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findWorse, readCounts } from '../../../../bench/counts.ts'
import { buildFunctions } from '../../../../scripts/build.ts'
import { findEager, measureBundle, readMetafile } from '../../../../scripts/bundle-sizes.ts'
import { findSource } from '../../../../scripts/where.ts'
import packageFile from '../../package.json' with { type: 'json' }
import { type FunctionName, functionNames } from '../../src/deployment-names.ts'
import { toAuthorizerContext } from '../../src/lambda/authorizer-context.ts'
import { createLog, describeBug } from '../../src/log.ts'
import { version } from '../../src/version.ts'
import { builtFunctions } from '../e2e/built-functions.ts'
import { toolsListMessage } from './gateway.ts'
import packagesAtStart from './packages-at-start.json' with { type: 'json' }

/** Where the bundles are. */
let built: string
const folder = createTempFolder('bundles')
const committed = readCounts()

const metafileOf = (name: FunctionName) => readMetafile(built, name)
/** Without the folder of the threads. */
const filesOf = (name: FunctionName) =>
  readdirSync(join(built, name), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
const textOf = (name: FunctionName) =>
  filesOf(name)
    .map((file) => readFileSync(join(built, name, file), 'utf8'))
    .join('\n')

/** Another size is accepted with `pnpm bench --write`. */
function expectCommittedSize(name: FunctionName | 'threads'): void {
  expect(committed.bundles).toHaveProperty(name)
  expect(findWorse(committed, { bundles: { [name]: measureBundle(built, name) } })).toEqual([])
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

beforeAll(async () => {
  built = await builtFunctions()
})
afterAll(() => folder.remove())

describe.each(functionNames)('the %s bundle', (name) => {
  test('has the committed size, in all and before the first answer, within 5 %', () => {
    expectCommittedSize(name)
  })

  test('loads the committed packages before the first answer', () => {
    const metafile = metafileOf(name)
    const inputs = findEager(metafile).flatMap((path) => Object.entries(metafile.outputs[path]?.inputs ?? {}))
    const packages = inputs
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([input]) => packageOf(input))
    expect([...new Set(packages)].sort()).toEqual(packagesAtStart[name])
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

  test('R72: holds no sign-in by device code, which through an open page could be passed on to somebody else', () => {
    const inputs = Object.values(metafileOf(name).outputs).flatMap((output) => Object.keys(output.inputs))
    expect(inputs.length).toBeGreaterThan(3)
    expect(inputs.filter((input) => /server\/src\/.*\bdevice\b/.test(input))).toEqual([])
    expect(textOf(name)).not.toContain('/oauth/provider/device')
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
    for (const file of filesOf(name)) {
      log({ event: 'bug', at: `${file}:12:34567` })
      expect(written.pop()).toContain(`"at":"${file}:12:34567"`)
      expect(readdirSync(join(built, `${name}.maps`))).toContain(`${file}.map`)
    }

  const chunk = 'chunk-4XCT5PCP.mjs:12:34567'
  const stack = `TypeError: x\n    at a (file:///var/task/${chunk})\n    at file:///var/task/index.mjs:1:2`
  expect(describeBug(Object.assign(new TypeError('x'), { stack }))).toEqual({ bug: 'TypeError', at: chunk })

  const [before = ''] = readFileSync(join(built, 'mcp', 'index.mjs'), 'utf8').split('key_refused', 1)
  const lines = before.split('\n')
  const at = `index.mjs:${lines.length}:${lines.at(-1)?.length}`
  expect(findSource(built, 'mcp', at)).toMatch(/^packages\/server\/src\/[\w/.-]+\.ts:\d+:\d+$/)
  expect(() => findSource(built, 'mcp', 'chunk-GONE.mjs:1:1')).toThrow('run pnpm build')
  expect(() => findSource(built, 'mcp', '../x:1:1')).toThrow('no place in a bundle')
})

describe('threads', () => {
  const threads = () => join(built, 'mcp', 'threads')

  test('R80: have a bundle of their own, of the committed size, and no function holds the libraries of documents', () => {
    expectCommittedSize('threads')
    for (const name of functionNames)
      for (const { inputs } of Object.values(metafileOf(name).outputs))
        expect(
          Object.keys(inputs).filter((input) => /unpdf|saxes|@jsquash|documents\/(pdf|word|zip)/.test(input)),
        ).toEqual([])
  })

  test.each([process.execPath, findNode24()].filter((node) => node !== undefined))(
    'R77, R80: run beside the function as it is deployed, with every library that they load later: %s',
    (node) => {
      // Where start-thread.ts is in the bundle of mcp, the threads are looked for beside it.
      expect(textOf('mcp')).toMatch(/`\.\/threads\/\$\{\w+\}\.mjs`/)
      const script = `
        import { Worker } from 'node:worker_threads'
        import { readFileSync } from 'node:fs'
        const [, documents, rendering, ...paths] = process.argv
        const options = { env: {}, execArgv: [] }
        const answerOf = (worker) =>
          new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
        for (const path of paths) {
          const order = { filename: '', contentType: 'application/octet-stream', charset: '', enough: 1000 }
          const workerData = { content: new Uint8Array(readFileSync(path)), order }
          const answer = await answerOf(new Worker(documents, { ...options, workerData }))
          console.log(answer.kind, answer.type, answer.pictures?.length, answer.text?.replaceAll('\\n', ' '))
        }
        const worker = new Worker(rendering, options)
        for (const to of ['text', 'html', 'people_html', 'people_text']) {
          worker.postMessage({ content: '<a href="https://a.example/?b">Seen</a><p hidden>Unseen', from: 'html', to })
          const { text, warnings } = await answerOf(worker)
          console.log(text, ...warnings)
        }
        await worker.terminate()`
      const write = (name: string, content: Buffer) => {
        writeFileSync(join(folder.path, name), content)
        return join(folder.path, name)
      }
      const word = buildOffice('word', {
        'word/document.xml': wordDocument('<w:p><w:r><w:t>Word</w:t></w:r></w:p>'),
      })
      const image = pdfStream(
        Buffer.alloc(64 * 64, 9),
        '/Type /XObject /Subtype /Image /Width 64 /Height 64 /ColorSpace /DeviceGray /BitsPerComponent 8',
      )
      const output = execFileSync(
        node,
        [
          ...['--input-type=module', '--eval', script],
          ...['documents', 'rendering'].map((name) => join(threads(), `${name}.mjs`)),
          write('a', buildPdf([showText('Words')])),
          write('b', word),
          write('c', Buffer.from('<html><p>Seen</p><p hidden>not</p>')),
          write('d', buildPdf(['q 500 0 0 500 0 0 cm /X6 Do Q'], { objects: [image] })),
        ],
        { encoding: 'utf8', env: {} },
      )
      expect(output.trim().split('\n')).toEqual([
        'text PDF 0 [page 1] Words',
        'text Word document 0 Word',
        'text HTML 0 Seen',
        'text PDF 1 [page 1, no text: a scan or a picture]',
        'Seen (a.example) hidden_text_removed',
        '<a href="https://a.example/">Seen</a> hidden_text_removed',
        '<a href="https://a.example/?b">Seen</a>',
        'Seen <https://a.example/?b>',
      ])
    },
  )
})

test('every build of a commit names its chunks alike, wherever it is written: a log line can be followed later', async () => {
  const elsewhere = createTempFolder('bundles-elsewhere')
  try {
    const deeper = join(elsewhere.path, 'one', 'two')
    await buildFunctions(deeper)
    for (const name of functionNames)
      expect(readdirSync(join(deeper, name))).toEqual(readdirSync(join(built, name)))
  } finally {
    await elsewhere.remove()
  }
})

test('R72: the search finds what is there', () => {
  expect(textOf('mcp')).toContain('CREDENTIALS_KEY')
  expect(textOf('oauth')).toContain('ALLOWED_ACCOUNTS')
})

test('what the pages read from files is inside the bundles that show pages, and no other holds a page', () => {
  for (const name of functionNames) {
    const text = textOf(name)
    for (const word of ['--accent-ink', 'form[data-once]'])
      expect(text.includes(word), `${name}: ${word}`).toBe(name === 'oauth' || name === 'owner')
    expect(/page\.(?:css|js)\b/.test(text), name).toBe(false)
  }
})

test('R66: Secrets Manager is asked at the start of oauth alone, and health knows nothing of AWS at all', () => {
  const holds = (name: FunctionName, word: string) =>
    Object.values(metafileOf(name).outputs).some(({ inputs }) =>
      Object.keys(inputs).some((input) => input.includes(word)),
    )
  // A stage without providers to sign in with never loads it in the other two.
  expect(functionNames.filter((name) => holds(name, 'client-secrets-manager'))).toEqual([
    'mcp',
    'oauth',
    'owner',
  ])
  const atStart = (name: FunctionName) =>
    findEager(metafileOf(name)).flatMap((path) => Object.keys(metafileOf(name).outputs[path]?.inputs ?? {}))
  for (const name of ['mcp', 'owner'] as const)
    expect(atStart(name).filter((input) => /secrets-manager|openid-client|oauth4webapi/.test(input))).toEqual(
      [],
    )
  expect(functionNames.filter((name) => holds(name, 'client-kms'))).toEqual(['mcp', 'oauth', 'owner'])
  expect(functionNames.filter((name) => holds(name, 'client-dynamodb'))).toEqual([
    'mcp',
    'oauth',
    'owner',
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
      file: join(built, 'mcp', 'index.mjs'),
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
    // The first index.mjs is the runtime client's.
    const [runtimeClient, ...own] = [...loaded].map(([, file = '']) => file)
    expect(runtimeClient).toBe('index.mjs')
    expect(own.sort()).toEqual(
      findEager(metafileOf('mcp'))
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
    ['--input-type=module', '--eval', script, join(built, 'mcp', 'index.mjs'), event],
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
