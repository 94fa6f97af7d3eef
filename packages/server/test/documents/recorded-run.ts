/**
 * The whole product over a real DynamoDB and a stand-in for KMS, used once in every way that leaves a row: which calls
 * each request made, and what lies in the tables afterwards. For documents that must say the same.
 */
import { createHash, randomBytes } from 'node:crypto'
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { createConnector, createHostPolicy } from '@email-connector/mail'
import { completeSignIn, startDynamoDb, startDynamoDbProxy, startKms } from '@email-connector/testing'
import { createProduct } from '../../src/composition/product.ts'
import { createInstanceSecrets, parseInstanceSecrets } from '../../src/keys/instance-secrets.ts'
import { createKmsKeyWrapper } from '../../src/keys/kms-key-wrapper.ts'
import { startDemoMailbox } from '../../src/local/demo/demo-mailbox.ts'
import { parseSettings, serverVariables, toServerSettings } from '../../src/settings.ts'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import { createTables } from '../store/dynamodb-tables.ts'

export interface RecordedRun {
  /** What each kind of request asked of AWS: `GetItem txn#` … in order, then `kms:…`. */
  readonly calls: ReadonlyMap<string, readonly string[]>
  /** Attribute names by kind of row: `access#`, `grant# grant`, … */
  readonly attributes: ReadonlyMap<string, ReadonlySet<string>>
}

const publicUrl = 'http://localhost:8993'
const redirectUri = 'http://localhost:6274/oauth/callback'

export async function recordRun(): Promise<RecordedRun> {
  const dynamoDb = await startDynamoDb()
  const proxy = await startDynamoDbProxy(dynamoDb.endpoint)
  const kms = await startKms()
  const demo = await startDemoMailbox({ now: () => new Date() })
  const tables = await createTables(dynamoDb, 'recorded')
  const stores = createDynamoStores({ ...dynamoDb.clientOptions, endpoint: proxy.endpoint, tables })
  const app = createProduct({
    settings: toServerSettings(parseSettings(serverVariables, { PUBLIC_URL: publicUrl }), { demo: true }),
    stage: 'recorded',
    stores,
    keyWrapper: createKmsKeyWrapper({ ...kms.clientOptions, keyId: kms.keyArn }),
    secrets: parseInstanceSecrets(createInstanceSecrets()),
    connector: demo.withDemoMailbox(createConnector({ policy: createHostPolicy() })),
    privateHosts: false,
    demo,
    log: () => undefined,
    version: '0.0.0-test',
  })

  const calls = new Map<string, readonly string[]>()
  /** Runs one request and notes what it asked of AWS. */
  async function note<T>(kind: string, request: () => Promise<T>): Promise<T> {
    proxy.forgetCalls()
    kms.forgetCalls()
    const answer = await request()
    calls.set(kind, [
      ...proxy.calls.map(({ operation, row }) => `${operation} ${row}`),
      ...kms.calls.map(({ operation }) => `kms:${operation}`),
    ])
    return answer
  }
  /** Each from an address of its own: a mailbox is counted once an hour for each, and the run may cross an hour. */
  let peers = 0
  const send = (path: string, init: RequestInit = {}) =>
    app.fetch(new Request(new URL(path, publicUrl), init), { ip: `198.51.100.${++peers}` })
  const json = async (response: Response) => {
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    return (await response.json()) as Record<string, string>
  }
  const postForm = (path: string, fields: Record<string, string>) =>
    send(path, { method: 'POST', body: new URLSearchParams(fields) })
  const postJson = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    send(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })

  async function openLink(kind: string, fields: Record<string, string>, cookie = ''): Promise<string> {
    const headers = { 'Sec-Fetch-Site': 'same-origin', Cookie: cookie }
    const body = new URLSearchParams(fields)
    const page = await note(kind, () => send('/oauth/link', { method: 'POST', headers, body }))
    if (!page.ok) throw new Error(`${kind}: ${page.status} ${await page.text()}`)
    return page.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  }

  try {
    const client = await note('register', async () =>
      json(await postJson('/oauth/register', { client_name: 'Recorder', redirect_uris: [redirectUri] })),
    )
    const client_id = client.client_id ?? ''

    const verifier = randomBytes(32).toString('base64url')
    const query = new URLSearchParams({
      ...{ response_type: 'code', client_id, redirect_uri: redirectUri, state: 'any' },
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    })
    const mailbox = { provider: 'demo', address: demo.address, password: demo.password }
    /** A connection whose owner is asked, or not. */
    async function connect(ask: 'ask' | 'never', noteCalls: typeof note) {
      const signedIn = await completeSignIn({
        authorizeUrl: `${publicUrl}/oauth/authorize?${query}`,
        fields: { ...mailbox, permission: 'send', ask },
        fetch: (input, init) =>
          noteCalls(init.method === 'POST' ? 'connect' : 'authorize', () => send(String(input), init)),
      })
      if (!signedIn.redirected || signedIn.code === null) {
        throw new Error(`The sign-in failed: ${JSON.stringify(signedIn)}`)
      }
      const { code } = signedIn
      const redemption = { grant_type: 'authorization_code', code, code_verifier: verifier, client_id }
      return await noteCalls('token: code', async () =>
        json(await postForm('/oauth/token', { ...redemption, redirect_uri: redirectUri })),
      )
    }
    const first = await connect('never', note)
    const refreshed = await note('token: refresh', async () =>
      json(
        await postForm('/oauth/token', {
          ...{ grant_type: 'refresh_token', client_id, refresh_token: first.refresh_token ?? '' },
        }),
      ),
    )
    const bearer = { Authorization: `Bearer ${refreshed.access_token}` }
    const modern = (
      method: string,
      parameters: Record<string, unknown> = {},
      capabilities: object = {},
      authorization: Record<string, string> = bearer,
    ) =>
      postJson(
        '/mcp',
        {
          ...{ jsonrpc: '2.0', id: 1, method },
          params: {
            ...parameters,
            _meta: {
              'io.modelcontextprotocol/protocolVersion': '2026-07-28',
              'io.modelcontextprotocol/clientInfo': { name: 'recorder', version: '1' },
              'io.modelcontextprotocol/clientCapabilities': capabilities,
            },
          },
        },
        {
          ...authorization,
          Accept: 'application/json, text/event-stream',
          'MCP-Protocol-Version': '2026-07-28',
          'Mcp-Method': method,
          ...(typeof parameters.name === 'string' && { 'Mcp-Name': parameters.name }),
        },
      )
    const answered = async (response: Response) => {
      const text = await response.text()
      if (!response.ok || /"isError":\s*true|"error":/.test(text))
        throw new Error(`${response.status} ${text}`)
      return { text, headers: response.headers }
    }
    const callTool = async (name: string, given: Record<string, unknown>) =>
      answered(await modern('tools/call', { name, arguments: given }))

    await note('tools/list, 2026', async () => answered(await modern('tools/list')))
    await callTool('get_recent_emails', {}) // The first call of an hour also notes when the grant was used.
    await note('tool call, 2026', () => callTool('get_recent_emails', {}))
    /** For the owner, from the text of the answer. */
    const createLink = async () => {
      const { text } = await note('list_accounts', () => callTool('list_accounts', {}))
      return /\/oauth\/link#([0-9a-f]{64})/.exec(text)?.[1] ?? ''
    }
    await note('send_email', () =>
      callTool('send_email', { to: [demo.address], subject: 'Recorded', body: 'Words.' }),
    )
    const keyed = { to: [demo.address], subject: 'Keyed', body: 'Words.', idempotency_key: 'once' }
    await note('send_email, with a key', () => callTool('send_email', keyed))
    await note('send_email, repeated', () => callTool('send_email', keyed))
    const saved = await note('draft_email', () =>
      callTool('draft_email', { to: [demo.address], subject: 'Draft', body: 'Words.' }),
    )
    const draftId = /"id":"([\w-]+)"/.exec(saved.text)?.[1] ?? ''
    await note('send_draft', () => callTool('send_draft', { id: draftId }))
    const found = await callTool('get_recent_emails', { limit: 1 })
    const ids = [/"id":"([\w-]+)"/.exec(found.text)?.[1] ?? '']
    const undoOf = ({ text }: { text: string }) => /"undo":"([\w-]+)"/.exec(text)?.[1] ?? ''
    const flagged = await note('a change of emails', () => callTool('set_flags', { ids, add: ['flagged'] }))
    await note('undo', () => callTool('undo', { undo: undoOf(flagged) }))
    // As long as the way back of a clean-up.
    const add = Array.from({ length: 10 }, (_, at) => `${'long'.repeat(11)}${at}`)
    const labelled = await note('a change of many emails', () => callTool('set_flags', { ids, add }))
    await note('undo, of many emails', () => callTool('undo', { undo: undoOf(labelled) }))
    const large = { filename: 'large.bin', content: Buffer.alloc(1_200_000, 7).toString('base64') }
    const withFile = await callTool('draft_email', {
      ...{ to: [demo.address], subject: 'Large', body: 'It follows.' },
      attachments: [{ ...large, content_type: 'application/octet-stream' }],
    })
    const [, emailId = ''] = /"id":"([\w-]+)"/.exec(withFile.text) ?? []
    const fileLink = await note('get_attachment, a link', () =>
      callTool('get_attachment', { id: emailId, attachment_id: '2' }),
    )
    const [, fileToken = ''] = /files#([0-9a-f]{64})/.exec(fileLink.text) ?? []
    const [, reviewToken = ''] = /review#([0-9a-f]{64})/.exec(withFile.text) ?? []
    const letter = { to: [demo.address], subject: 'Confirmed', body: 'Other words.' }
    const askedFirst = await connect('ask', (_, request) => request())
    const asking = { Authorization: `Bearer ${askedFirst.access_token}` }
    // The first call of an hour also notes when the grant was used.
    await answered(await modern('tools/call', { name: 'get_recent_emails', arguments: {} }, {}, asking))
    const sendConfirmed = async (answer: object = {}) =>
      answered(
        await modern(
          'tools/call',
          { name: 'send_email', arguments: letter, ...answer },
          { elicitation: { form: {} } },
          asking,
        ),
      )
    const asked = await note('send_email, the question', () => sendConfirmed())
    const { result } = JSON.parse(asked.text) as { result: { requestState: string } }
    const held = { to: [demo.address], subject: 'Held', body: 'Nobody is asked.' }
    await note('send_email, held', async () =>
      answered(await modern('tools/call', { name: 'send_email', arguments: held }, {}, asking)),
    )
    const inputResponses = { confirm: { action: 'accept', content: {} } }
    await note('send_email, confirmed', () =>
      sendConfirmed({ requestState: result.requestState, inputResponses }),
    )
    await postForm('/oauth/revoke', { client_id, token: askedFirst.refresh_token ?? '' })

    const legacy = (body: unknown, headers: Record<string, string> = {}) =>
      postJson('/mcp', body, { ...bearer, Accept: 'application/json, text/event-stream', ...headers })
    const opened = await note('initialize, 2025', async () =>
      answered(
        await legacy({
          ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
          params: {
            protocolVersion: '2025-11-25',
            capabilities: {},
            clientInfo: { name: 'recorder', version: '1' },
          },
        }),
      ),
    )
    const session = {
      'Mcp-Session-Id': opened.headers.get('mcp-session-id') ?? '',
      'MCP-Protocol-Version': '2025-11-25',
    }
    const params = { name: 'get_recent_emails', arguments: {} }
    await note('tool call, 2025', async () =>
      answered(await legacy({ jsonrpc: '2.0', id: 2, method: 'tools/call', params }, session)),
    )
    await note('close a session', () =>
      send('/mcp', { method: 'DELETE', headers: { ...bearer, ...session } }),
    )

    const openConnections = (cookie: string, password = demo.password) =>
      send('/oauth/connections', {
        method: 'POST',
        headers: { 'Sec-Fetch-Site': 'same-origin', Cookie: cookie },
        body: new URLSearchParams({ ...mailbox, password }),
      })
    const connections = await note('connections', () => openConnections(''))
    const known = (connections.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
    await note('connections, known browser', () => openConnections(known))
    const page = await connections.clone().text()
    const [, proof = ''] = /name="proof" value="([^"]+)"/.exec(page) ?? []
    const [, grant = ''] = /name="mailbox" value="([^"]+)"/.exec(page) ?? []
    const ownersCookies = connections.headers.getSetCookie().map((line) => line.split(';')[0])
    const ownersForm = (fields: Record<string, string>) =>
      send('/oauth/connections', {
        method: 'POST',
        headers: { 'Sec-Fetch-Site': 'same-origin', Cookie: ownersCookies.join('; ') },
        body: new URLSearchParams({ proof, ...fields }),
      })
    const shown = await note('connections: settings', () => ownersForm({ mailbox: grant }))
    const [, version = ''] = /name="version" value="(\d+)"/.exec(await shown.text()) ?? []
    const saving = { save: 'mailbox', grant, version, name: 'Ann' }
    await note('connections: save', () => ownersForm(saving))
    await note('connections: what it did', () => ownersForm({ activity: grant }))
    const paired = await note('connections: pair a browser', () => ownersForm({ pair: grant }))
    const openAsOwner = async (path: string, fields: Record<string, string>) => {
      const answer = await send(path, {
        method: 'POST',
        headers: { Cookie: paired.headers.getSetCookie()[0]?.split(';')[0] ?? '' },
        body: new URLSearchParams(fields),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
      return text
    }
    await note('files: shown', () => openAsOwner('/files', { link: fileToken }))
    await note('files: downloaded', () => openAsOwner('/files', { link: fileToken, action: 'download' }))
    const draft = await note('review: shown', () => openAsOwner('/review', { link: reviewToken }))
    const [, approval = ''] = /name="approval" value="([^"]+)"/.exec(draft) ?? []
    const released = await note('review: sent', () =>
      openAsOwner('/review', { link: reviewToken, action: 'send', approval }),
    )
    if (!released.includes('<h1>Sent</h1>')) throw new Error('The draft was not sent')
    await note('connections, wrong password', () => openConnections('', 'wrong'))
    const link = await createLink()
    const cookie = await openLink('link: prove', { link, ...mailbox })
    await openLink('link: new password', { link, step: 'connect', ...mailbox }, cookie)
    await openLink('link: prove', { link: await createLink(), ...mailbox })
    const unfinished = await send(`/oauth/authorize?${query}`)
    await unfinished.body?.cancel()
    const attributes = new Map<string, Set<string>>()
    await scan(dynamoDb.clientOptions, Object.values(tables), attributes)
    await note('revoke', () => postForm('/oauth/revoke', { client_id, token: refreshed.refresh_token ?? '' }))
    // What an ended grant leaves.
    await scan(dynamoDb.clientOptions, Object.values(tables), attributes)
    return { calls, attributes }
  } finally {
    await demo.close()
    await kms.stop()
    await proxy.stop()
    await dynamoDb.stop()
  }
}

async function scan(
  clientOptions: ConstructorParameters<typeof DynamoDBClient>[0],
  tables: readonly string[],
  attributes: Map<string, Set<string>>,
): Promise<void> {
  const client = new DynamoDBClient(clientOptions ?? {})
  for (const TableName of tables) {
    for (const item of (await client.send(new ScanCommand({ TableName }))).Items ?? []) {
      const [prefix = ''] = /^\w+#/.exec(item.pk?.S ?? '') ?? []
      const [sorted = ''] = prefix === 'grant#' ? (/^\w+#?/.exec(item.sk?.S ?? '') ?? []) : []
      const kind = `${prefix} ${sorted}`.trim()
      attributes.set(kind, new Set([...(attributes.get(kind) ?? []), ...Object.keys(item)]))
    }
  }
  client.destroy()
}
