/**
 * AWS calls per request (docs/storage-schema.md): the product over a real DynamoDB API on loopback behind a proxy that
 * keeps a log, and the KMS stand-in's own log. What `/mcp` reads of the tokens table is the authorizer's part.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createDataKeyKeeper } from '@email-connector/server/data-key-keeper'
import { createDynamoStores } from '@email-connector/server/dynamodb-stores'
import { createInstanceSecrets, parseInstanceSecrets } from '@email-connector/server/instance-secrets'
import { createKmsKeyWrapper } from '@email-connector/server/kms-key-wrapper'
import { createProduct } from '@email-connector/server/product'
import { parseSettings, serverVariables, toServerSettings } from '@email-connector/server/settings'
import { createTables } from '@email-connector/server/testing/dynamodb-tables'
import { loopbackConnector } from '@email-connector/server/testing/open-tools'
import {
  completeSignIn,
  startDovecot,
  startDynamoDb,
  startDynamoDbProxy,
  startKms,
  startSubmission,
} from '@email-connector/testing'
import { streamRequest } from './idle-clients.ts'

export interface AwsCost {
  readonly dynamoDb: number
  readonly kms: number
  /** Which they were, sorted: `1 Query grants`. */
  readonly calls: string
}

const publicUrl = 'https://mail.example.org'
const redirectUri = 'http://localhost:6274/oauth/callback'

export async function measureAwsCalls(): Promise<Record<string, AwsCost>> {
  const [dynamoDb, kms, dovecot] = await Promise.all([startDynamoDb(), startKms(), startDovecot()])
  const submission = await startSubmission({ mailServer: dovecot })
  const tables = await createTables(dynamoDb, 'bench')
  const proxy = await startDynamoDbProxy(dynamoDb.endpoint)
  // As the mcp function has it.
  const keeper = createDataKeyKeeper({
    keyWrapper: createKmsKeyWrapper({ ...kms.clientOptions, keyId: kms.keyArn }),
  })
  const app = createProduct({
    settings: toServerSettings(parseSettings(serverVariables, { PUBLIC_URL: publicUrl }), { demo: false }),
    stage: 'bench',
    stores: createDynamoStores({ ...dynamoDb.clientOptions, endpoint: proxy.endpoint, tables }),
    keyWrapper: keeper,
    secrets: parseInstanceSecrets(createInstanceSecrets()),
    connector: loopbackConnector(dovecot.ca),
    privateHosts: true,
    log: () => {},
    version: '0.0.0',
  })
  const send = (path: string, init: RequestInit = {}) =>
    app.fetch(new Request(new URL(path, publicUrl), init), { ip: '198.51.100.7' })
  const costs: Record<string, AwsCost> = {}
  /** What was called since the last `forget`. */
  const note = (name: string, tables: (table: string) => boolean = () => true) => {
    const dynamoDb = proxy.calls.flatMap(({ operation, table }) => {
      const short = table.slice('bench-'.length)
      return tables(short) ? [`${operation} ${short}`] : []
    })
    const kmsCalls = tables('kms') ? kms.calls.map(({ operation }) => `${operation} KMS`) : []
    costs[name] = {
      dynamoDb: dynamoDb.length,
      kms: kmsCalls.length,
      calls: tally([...dynamoDb, ...kmsCalls]),
    }
  }
  const forget = () => {
    proxy.forgetCalls()
    kms.forgetCalls()
  }

  try {
    const verifier = randomBytes(32).toString('base64url')
    const registered = await sendJson(send, '/oauth/register', {
      client_name: 'Bench',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
    })
    const { client_id } = (await registered.json()) as { client_id: string }
    note('register')
    forget()
    const authorizeUrl = new URL('/oauth/authorize', publicUrl)
    authorizeUrl.search = new URLSearchParams({
      response_type: 'code',
      client_id,
      redirect_uri: redirectUri,
      state: 'state',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      scope: 'email:read email:write',
    }).toString()
    const signedIn = await completeSignIn({
      authorizeUrl,
      fields: {
        provider: 'generic',
        address: dovecot.alice.address,
        password: dovecot.alice.password,
        imap_host: 'localhost',
        imap_port: String(dovecot.imapsPort),
        imap_tls: 'true',
        smtp_host: 'localhost',
        smtp_port: String(submission.smtpsPort),
        smtp_secure: 'true',
        permission: 'send',
        ask: 'never',
      },
      async fetch(url, init) {
        forget()
        const answer = await send(String(url), init)
        note(init.method === 'POST' ? 'connect' : 'authorize (page)')
        return answer
      },
    })
    if (!signedIn.redirected || signedIn.code === null) throw new Error('The sign-in was refused')

    const token = async (name: string, fields: Record<string, string>) => {
      forget()
      const answer = await send('/oauth/token', {
        method: 'POST',
        body: new URLSearchParams({ client_id, ...fields }),
      })
      if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${await answer.text()}`)
      note(name)
      return (await answer.json()) as { access_token: string; refresh_token: string }
    }
    const first = await token('token: code', {
      grant_type: 'authorization_code',
      code: signedIn.code,
      code_verifier: verifier,
      redirect_uri: redirectUri,
    })
    const second = await token('token: refresh', {
      grant_type: 'refresh_token',
      refresh_token: first.refresh_token,
    })

    const mcp = async (name: string, body: McpBody, headers: Record<string, string>) => {
      forget()
      const answer = await sendJson(send, '/mcp', body, {
        Authorization: `Bearer ${second.access_token}`,
        Accept: 'application/json, text/event-stream',
        ...headers,
      })
      const text = await answer.text()
      if (answer.status >= 300 || /"isError":true|"error":\{/.test(text)) throw new Error(`${name}: ${text}`)
      note(name, (table) => table !== 'tokens')
      note('authorizer', (table) => table === 'tokens')
      return { headers: answer.headers, text }
    }
    const modern = (name: string, method: string, params: Record<string, unknown> = {}) =>
      mcp(
        name,
        { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: modernMeta } },
        {
          'MCP-Protocol-Version': '2026-07-28',
          'Mcp-Method': method,
          ...(typeof params.name === 'string' ? { 'Mcp-Name': params.name } : {}),
        },
      )
    const recent = { name: 'get_recent_emails', arguments: {} }
    const letter = { to: ['bob@test.example'], subject: 'Figures', body: 'They follow.' }
    await modern('tools/list, 2026 era', 'tools/list')
    await modern('tool call, 2026 era, first', 'tools/call', recent)
    await modern('tool call, 2026 era, key kept', 'tools/call', recent)
    // The first one also remembers that nobody else filed it in Sent.
    await modern('send_email, 2026 era, first', 'tools/call', { name: 'send_email', arguments: letter })
    const next = { ...letter, subject: 'More figures' }
    await modern('send_email, 2026 era', 'tools/call', { name: 'send_email', arguments: next })

    await dovecot.appendRaw(dovecot.alice, 'INBOX', 'Subject: Changed\r\n\r\nx\r\n')
    const found = await modern('tool call, 2026 era, key kept', 'tools/call', recent)
    const ids = [/"id":"([\w-]+)"/.exec(found.text)?.[1] ?? '']
    const changes: Record<string, readonly string[]> = {
      'a change of emails': ['flagged'],
      // As long as the way back of a clean-up.
      'a change of many emails': Array.from({ length: 10 }, (_, at) => `${'long'.repeat(11)}${at}`),
    }
    for (const [name, add] of Object.entries(changes)) {
      const changed = await modern(name, 'tools/call', { name: 'set_flags', arguments: { ids, add } })
      const undo = /"undo":"([\w-]+)"/.exec(changed.text)?.[1] ?? ''
      await modern(`undo of ${name}`, 'tools/call', { name: 'undo', arguments: { undo } })
    }

    const version = { 'MCP-Protocol-Version': '2025-11-25' }
    const initialized = await mcp(
      'initialize, 2025 era',
      {
        jsonrpc: '2.0',
        id: 0,
        method: 'initialize',
        params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo },
      },
      {},
    )
    const session = { ...version, 'Mcp-Session-Id': initialized.headers.get('mcp-session-id') ?? '' }
    await mcp('tools/list, 2025 era', { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }, session)
    await mcp('tool call, 2025 era', { jsonrpc: '2.0', id: 2, method: 'tools/call', params: recent }, session)

    const asked = await mcp(
      'initialize, 2025 era',
      {
        jsonrpc: '2.0',
        id: 0,
        method: 'initialize',
        params: { protocolVersion: '2025-11-25', capabilities: { elicitation: {} }, clientInfo },
      },
      {},
    )
    forget()
    // For its whole hold, as an idle client of the SDK's lets it.
    const stream = await send('/mcp', {
      headers: {
        ...version,
        'Mcp-Session-Id': asked.headers.get('mcp-session-id') ?? '',
        Authorization: `Bearer ${second.access_token}`,
        Accept: 'text/event-stream',
      },
    })
    if (stream.status !== 200) throw new Error(`GET: ${stream.status}`)
    await stream.text()
    note(streamRequest, (table) => table !== 'tokens')

    forget()
    const revoked = await send('/oauth/revoke', {
      method: 'POST',
      body: new URLSearchParams({ client_id, token: second.refresh_token }),
    })
    if (revoked.status !== 200) throw new Error(`revoke: ${revoked.status}`)
    note('revoke')
    return costs
  } finally {
    keeper.close()
    await proxy.stop()
    await submission.stop()
    await Promise.all([dynamoDb.stop(), kms.stop(), dovecot.stop()])
  }
}

interface McpBody {
  readonly jsonrpc: '2.0'
  readonly id: number
  readonly method: string
  readonly params: Record<string, unknown>
}

const clientInfo = { name: 'bench', version: '1' }
const modernMeta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': clientInfo,
  'io.modelcontextprotocol/clientCapabilities': {},
}

function sendJson(
  send: (path: string, init: RequestInit) => Promise<Response>,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return send(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

function tally(calls: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const call of [...calls].sort()) counts.set(call, (counts.get(call) ?? 0) + 1)
  return [...counts].map(([call, count]) => `${count} ${call}`).join(', ')
}
