/** R52 over the real endpoint, with the SDK's clients of both eras and a server that counts what it was given. */
import type { MailAccount } from '@email-connector/mail'
import {
  changeCharacter,
  createCertificateAuthority,
  type Dovecot,
  findDovecot,
  type SmtpSink,
  startDovecot,
  startSmtpSink,
  testHosts,
} from '@email-connector/testing'
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createHintCipher } from '../../src/keys/token-cipher.ts'
import { createMcpEndpoint } from '../../src/mcp/mcp-endpoint.ts'
import type { SessionQuestions } from '../../src/tool-call/tool-application.ts'
import { serveEndpoints } from '../mcp/serve-endpoint.ts'
import { loopbackConnector, type OpenTools, openTools } from '../tools/open-tools.ts'

type Action = 'accept' | 'decline' | 'cancel'

let sink: SmtpSink
let dovecot: Dovecot | undefined
let ca: string
const closing: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  const authority = await createCertificateAuthority()
  ca = authority.ca
  sink = await startSmtpSink({ tls: 'implicit', certificate: await authority.issue({ names: testHosts }) })
  if (findDovecot()) dovecot = await startDovecot()
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(async () => {
  await sink?.stop()
  await dovecot?.stop()
})

const clock = { ahead: 0 }
const now = () => Math.floor(Date.now() / 1000) + clock.ahead

/** A provider that files its own copy: an IMAP server is needed only where an email is held. */
async function open(questions?: SessionQuestions): Promise<OpenTools & { url: URL }> {
  clock.ahead = 0
  const account: MailAccount = {
    provider: 'gmail',
    address: 'alice@test.example',
    aliases: [],
    login: dovecot?.alice.login ?? 'alice',
    imap: { host: 'localhost', port: dovecot?.imapsPort ?? 1, tls: 'implicit' },
    smtp: { host: 'localhost', port: sink.port, tls: 'implicit' },
    credential: { type: 'password', password: dovecot?.alice.password ?? 'x' },
  }
  const tools = await openTools({
    accounts: [account],
    connector: loopbackConnector([ca, dovecot?.ca ?? []].flat()),
    now,
    grantSettings: { ask: 'ask' },
    ...(questions && { sessionQuestions: questions }),
  })
  const endpoint = createMcpEndpoint({
    application: tools.application,
    sessions: tools.sessions,
    hint: createHintCipher,
    challenge: () => 'Bearer',
    now,
    pollMs: 5,
  })
  // Two endpoints in turn: what one asked, the other must be able to confirm.
  const server = await serveEndpoints([endpoint, endpoint], () => tools.caller)
  closing.push(tools.close, server.close)
  return { ...tools, url: server.url }
}

const drafts = async (subject: string) =>
  dovecot === undefined
    ? []
    : (await dovecot.reader(dovecot.alice).messages('Drafts')).filter((one) => one.subject === subject)

const letter = (subject: string) => ({
  to: ['Bob <bob@test.example>'],
  cc: ['carol@test.example'],
  bcc: ['dave@test.example'],
  subject,
  body: 'Dear Bob, well.',
  attachments: [{ filename: 'a.txt', content_type: 'text/plain', content: 'five!' }],
})
const send = (subject: string) => ({ name: 'send_email', arguments: letter(subject) })

async function connectLegacy(url: URL, answer: (message: string) => Action) {
  const client = new Client({ name: 'first', version: '1' }, { capabilities: { elicitation: {} } })
  client.setRequestHandler(ElicitRequestSchema, async ({ params }) => ({
    action: answer(params.message),
    content: {},
  }))
  const transport = new StreamableHTTPClientTransport(url)
  await client.connect(transport as Parameters<Client['connect']>[0])
  closing.push(() => client.close())
  return client
}

async function connectModern(url: URL, answer: (message: string) => Action) {
  const client = new ModernClient(
    { name: 'second', version: '1' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities: { elicitation: {} } },
  )
  client.setRequestHandler('elicitation/create', async ({ params }) => ({
    action: answer(params.message),
    content: {},
  }))
  await client.connect(new ModernTransport(url))
  closing.push(() => client.close())
  return client
}

const eras = { '2025': connectLegacy, '2026': connectModern }

describe.each(['2025', '2026'] as const)('a client of the %s era that can ask', (era) => {
  test('R52: shows sender, every recipient, subject, attachment with its size and the text; a yes sends once', async () => {
    const { url } = await open()
    const asked: string[] = []
    const client = await eras[era](url, (message) => {
      asked.push(message)
      return 'accept'
    })
    const before = sink.dataCount()
    const answer = await client.callTool(send(`Yes ${era}`))
    expect(answer.structuredContent).toMatchObject({ state: 'sent', repeated: false })
    expect(asked).toHaveLength(1)
    for (const shown of [
      'From: alice@test.example',
      'To: bob@test.example',
      'Cc: carol@test.example',
      'Bcc: dave@test.example',
      `Subject: Yes ${era}`,
      'Attachment 1 of 1: "a.txt", text/plain, 5 bytes',
      'Dear Bob, well.',
    ])
      expect(asked[0]).toContain(shown)
    expect(sink.dataCount() - before).toBe(1)
    expect(sink.messages.at(-1)?.to).toEqual(['bob@test.example', 'carol@test.example', 'dave@test.example'])
  })

  test.runIf(findDovecot() !== undefined)(
    'R52: where the answers to a stored draft would go is shown before it is sent',
    async () => {
      const { url, call } = await open()
      const asked: string[] = []
      const client = await eras[era](url, (message) => {
        asked.push(message)
        return 'accept'
      })
      const subject = `Answers ${era}`
      const head = `From: alice@test.example\r\nTo: bob@test.example\r\nSubject: ${subject}`
      const elsewhere =
        'Reply-To: =?utf-8?Q?Alice?= <alice@evil.example>\r\nReturn-Receipt-To: spy@evil.example'
      if (dovecot === undefined) throw new Error('Dovecot was started')
      await dovecot.appendRaw(dovecot.alice, 'Drafts', `${head}\r\n${elsewhere}\r\n\r\nWell.\r\n`)
      const [row] = (await call('search_emails', { mailbox: 'drafts', subject })).structured.emails
      const answer = await client.callTool({ name: 'send_draft', arguments: { id: row.id } })
      expect(answer.structuredContent).toMatchObject({ state: 'sent' })
      expect(asked[0]).toContain('Reply-To: Alice <alice@evil.example> [ANSWERS go there, not to From]')
      expect(asked[0]).toContain('Return-Receipt-To: spy@evil.example [RECEIPTS go there, not to From]')
    },
  )

  test('R52: a no sends nothing, keeps nothing, and says so', async () => {
    const { url } = await open()
    const client = await eras[era](url, () => 'decline')
    const before = sink.connectionCount()
    const message = 'The user said no: this email was not sent.'
    expect(await client.callTool(send(`No ${era}`))).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: message }],
      structuredContent: { code: 'declined', message },
    })
    expect(sink.connectionCount()).toBe(before)
    expect(await drafts(`No ${era}`)).toHaveLength(0)
  })

  // Claude Code answers `cancel` by itself where nobody watches: that is no "no" of the owner's.
  test.skipIf(!findDovecot())(
    'R52: cancel is no no: the email is held, and a retry holds it once',
    async () => {
      const { url } = await open()
      const client = await eras[era](url, () => 'cancel')
      const before = sink.connectionCount()
      const answer = await client.callTool(send(`Closed ${era}`))
      expect(answer.isError).not.toBe(true)
      expect(answer.structuredContent).toMatchObject({ state: 'held', repeated: false, recipients: [] })
      const { draft_id, message_id } = answer.structuredContent as { draft_id: string; message_id: string }
      const again = await client.callTool(send(`Closed ${era}`))
      expect(again.structuredContent).toMatchObject({ state: 'held', repeated: true, draft_id, message_id })
      expect(sink.connectionCount()).toBe(before)
      const [draft, ...others] = await drafts(`Closed ${era}`)
      expect(others).toHaveLength(0)
      expect(draft?.messageId).toBe(message_id)
      expect(draft?.flags).toContain('\\Draft')
      expect(draft?.raw.toString()).toContain('Bcc: dave@test.example')
    },
  )

  test('R52: what cannot be sent anyway is refused without a question', async () => {
    const { url } = await open()
    let asked = 0
    const client = await eras[era](url, () => {
      asked += 1
      return 'accept'
    })
    const answer = await client.callTool({ name: 'send_email', arguments: { body: 'x' } })
    expect(answer).toMatchObject({ isError: true, structuredContent: { code: 'invalid_input' } })
    expect(asked).toBe(0)
  })
})

test.skipIf(!findDovecot())(
  'R52, R92: where a 2025-era client would not see the question before the answer, the email is held',
  async () => {
    const { url } = await open({ waitMs: 0 })
    const client = await connectLegacy(url, () => 'accept')
    const before = sink.connectionCount()
    expect((await client.callTool(send('Unasked'))).structuredContent).toMatchObject({ state: 'held' })
    expect(sink.connectionCount()).toBe(before)
    expect(await drafts('Unasked')).toHaveLength(1)
  },
)

test.skipIf(!findDovecot())('R52: a question nobody answers in time sends nothing and is held', async () => {
  const { url } = await open({ waitMs: 40, requestMs: 27_000 })
  const client = new Client({ name: 'slow', version: '1' }, { capabilities: { elicitation: {} } })
  client.setRequestHandler(ElicitRequestSchema, () => new Promise(() => {}))
  const transport = new StreamableHTTPClientTransport(url)
  await client.connect(transport as Parameters<Client['connect']>[0])
  closing.push(() => client.close())
  const before = sink.connectionCount()
  expect((await client.callTool(send('Late'))).structuredContent).toMatchObject({ state: 'held' })
  expect(sink.connectionCount()).toBe(before)
  expect(await drafts('Late')).toHaveLength(1)
})

/** The second round by hand, as a client could send it that is not the one that was asked. */
describe('the sealed state of a question', () => {
  let request = 0

  async function rpc(
    url: URL,
    name: string,
    args: object,
    more: object = {},
    capabilities: object = { elicitation: {} },
  ) {
    request += 1
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'hand', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': capabilities,
    }
    const params = { name, arguments: args, _meta: meta, ...more }
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': name,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: request, method: 'tools/call', params }),
    })
    const text = await response.text()
    const data = text.startsWith('{') ? text : (/^data: (.+)$/m.exec(text)?.[1] ?? '{}')
    return JSON.parse(data).result ?? JSON.parse(data)
  }

  const ask = async (url: URL, args: object): Promise<string> => {
    const asked = await rpc(url, 'send_email', args)
    expect(asked.resultType).toBe('input_required')
    return asked.requestState
  }
  const answerWith = (url: URL, args: object, requestState: string, action: Action = 'accept') =>
    rpc(url, 'send_email', args, { requestState, inputResponses: { confirm: { action, content: {} } } })
  const refused = { isError: true, structuredContent: { code: 'not_confirmed' } }

  test('R52: tells nothing of the email, and sends it once; a replay is refused', async () => {
    const { url } = await open()
    const args = letter('By hand')
    const state = await ask(url, args)
    expect(Buffer.from(state, 'base64url').toString('latin1')).not.toContain('test.example')
    const before = sink.dataCount()
    expect((await answerWith(url, args, state)).structuredContent).toMatchObject({ state: 'sent' })
    expect(await answerWith(url, args, state)).toMatchObject(refused)
    expect(sink.dataCount() - before).toBe(1)
  })

  test('R52: of 10 parallel answers with one state exactly one goes through', async () => {
    const { url } = await open()
    const args = { ...letter('Race'), idempotency_key: 'race' }
    const state = await ask(url, args)
    const answers = await Promise.all(Array.from({ length: 10 }, () => answerWith(url, args, state)))
    expect(answers.filter((one) => one.structuredContent.code === 'not_confirmed')).toHaveLength(9)
    expect(answers.filter((one) => one.structuredContent.state === 'sent')).toHaveLength(1)
  })

  test('R52: does not confirm a changed message: one recipient more, other words, another file', async () => {
    const { url } = await open()
    const args = letter('Bound')
    const before = sink.dataCount()
    for (const changed of [
      { ...args, bcc: [...args.bcc, 'eve@test.example'] },
      { ...args, body: 'Other words.' },
      { ...args, attachments: [{ ...args.attachments[0], content: 'five?' }] },
    ])
      expect(await answerWith(url, changed, await ask(url, args))).toMatchObject(refused)
    expect(sink.dataCount()).toBe(before)
  })

  test('R52: a changed character, an invented state or that of another grant opens nothing', async () => {
    const { url } = await open()
    const other = await open()
    const args = letter('Forged')
    const state = await ask(url, args)
    const flipped = changeCharacter(state)
    const before = sink.dataCount()
    for (const forged of [flipped, 'e30', '', await ask(other.url, args)])
      expect(await answerWith(url, args, forged)).toMatchObject(refused)
    expect(sink.dataCount()).toBe(before)
  })

  test('R52: ends after five minutes', async () => {
    const { url } = await open()
    const args = letter('Old')
    const state = await ask(url, args)
    // Far enough from the end for a slow machine.
    clock.ahead = 240
    expect((await answerWith(url, args, state)).structuredContent).toMatchObject({ state: 'sent' })
    clock.ahead = 0
    const another = await ask(url, letter('Older'))
    clock.ahead = 301
    expect(await answerWith(url, letter('Older'), another)).toMatchObject(refused)
  })

  test('R52: a no uses it up, and an answer without a state is asked again', async () => {
    const { url } = await open()
    const args = letter('No, then yes')
    const state = await ask(url, args)
    expect(await answerWith(url, args, state, 'decline')).toMatchObject({
      isError: true,
      structuredContent: { code: 'declined' },
    })
    expect(await answerWith(url, args, state)).toMatchObject(refused)
    const unasked = await rpc(url, 'send_email', args, {
      inputResponses: { confirm: { action: 'accept', content: {} } },
    })
    expect(unasked.resultType).toBe('input_required')
  })

  test.skipIf(!findDovecot())('R92: what a client sends that cannot show a form is held', async () => {
    const { url } = await open()
    const before = sink.connectionCount()
    for (const capabilities of [{}, { elicitation: { url: {} } }]) {
      const args = letter(`Unasked ${JSON.stringify(capabilities)}`)
      const answer = await rpc(url, 'send_email', args, {}, capabilities)
      expect(answer.structuredContent).toMatchObject({ state: 'held' })
      expect(await drafts(args.subject)).toHaveLength(1)
    }
    expect(sink.connectionCount()).toBe(before)
  })
})
