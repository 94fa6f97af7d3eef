/** What surrounds every tool: who may call it, how often, with what. No mail server takes part: none is reached. */
import type { Connector, MailAccount } from '@email-connector/mail'
import { MailError } from '@email-connector/mail'
import { StoreUnavailableError } from '@email-connector/oauth'
import * as fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import type { Permission } from '../../src/caller.ts'
import { tools } from '../../src/tools/catalog.ts'
import { toEmailId } from '../../src/wire/email-id.ts'
import { type OpenTools, openTools } from '../tools/open-tools.ts'

const opened: OpenTools[] = []
let connections = 0
const connector: Connector = {
  async connect() {
    connections += 1
    throw new MailError('host_unreachable', { protocol: 'imap', cause: new Error('foreign words') })
  },
  tlsOptions: () => ({}),
}
const account: MailAccount = {
  provider: 'generic',
  address: 'alice@test.example',
  aliases: ['sales@test.example'],
  login: 'alice@test.example',
  imap: { host: 'imap.test.example', port: 993, tls: 'implicit' },
  smtp: { host: 'smtp.test.example', port: 465, tls: 'implicit' },
  credential: { type: 'password', password: 'canary-password' },
}
const bob: MailAccount = { ...account, address: 'bob@test.example', login: 'bob@test.example' }

async function open(options: Partial<Parameters<typeof openTools>[0]> = {}): Promise<OpenTools> {
  connections = 0
  const one = await openTools({ accounts: [account], connector, ...options })
  opened.push(one)
  return one
}

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** Arguments that every tool takes as they are. */
function goodArguments(accountId: string): Record<string, Record<string, unknown>> {
  const id = toEmailId(accountId, { mailbox: 'INBOX', uidValidity: '1', uid: 1 })
  const mail = { to: ['bob@test.example'], subject: 'Hello', body: 'Text', in_reply_to: id }
  return {
    list_providers: {},
    list_accounts: {},
    list_mailboxes: { account: account.address },
    get_recent_emails: { mailbox: 'INBOX' },
    search_emails: {
      query: 'invoice',
      from: 'x',
      to: 'y',
      subject: 's',
      body: 'b',
      cc: 'c',
      since: '2026-01-01',
    },
    get_email: { id },
    get_thread: { id },
    get_attachment: { id, attachment_id: '2' },
    find_people: { query: 'ann' },
    set_flags: { ids: [id], add: ['\\Flagged'], remove: ['$Important'] },
    archive_email: { ids: [id] },
    delete_email: { ids: [id] },
    mark_as_spam: { ids: [id] },
    organize_emails: { query: 'x', action: 'move', destination: 'archive', mailbox: 'INBOX' },
    undo: { undo: ['token'] },
    update_draft: {
      id,
      to: ['bob@test.example'],
      subject: 'Hello',
      body: 'Text',
      from: 'sales@test.example',
    },
    send_draft: { id, idempotency_key: 'k' },
    reply_to_email: { id, body: 'Text', to: ['bob@test.example'], idempotency_key: 'k' },
    forward_email: { id, body: 'Text', to: ['bob@test.example'], idempotency_key: 'k' },
    create_mailbox: { name: 'New' },
    rename_mailbox: { name: 'Old', new_name: 'New' },
    delete_mailbox: { name: 'Old' },
    mark_as_read: { ids: [id] },
    move_email: { ids: [id], destination: 'archive' },
    draft_email: { ...mail, attachments: [{ filename: 'a.txt', content_type: 'text/plain', content: 'x' }] },
    send_email: {
      ...mail,
      cc: ['c@test.example'],
      bcc: ['d@test.example'],
      from: 'sales@test.example',
      idempotency_key: 'k',
    },
  }
}

async function accountIdOf(one: OpenTools): Promise<string> {
  const { structured } = await one.call('list_accounts')
  return structured.accounts[0].id
}

const granted: Record<Permission, string[]> = {
  read: [
    'list_providers',
    'list_accounts',
    'list_mailboxes',
    'get_recent_emails',
    'search_emails',
    'get_email',
    'get_thread',
    'get_attachment',
    'find_people',
  ],
  write: [
    'draft_email',
    'update_draft',
    'mark_as_read',
    'set_flags',
    'move_email',
    'archive_email',
    'delete_email',
    'mark_as_spam',
    'organize_emails',
    'undo',
    'create_mailbox',
    'rename_mailbox',
    'delete_mailbox',
  ],
  send: ['send_email', 'send_draft', 'reply_to_email', 'forward_email'],
}

test.each([
  ['read', granted.read],
  ['write', [...granted.read, ...granted.write]],
  ['send', [...granted.read, ...granted.write, ...granted.send]],
] as const)(
  'R51: with permission %s the list holds what was granted and nothing else',
  async (permission, expected) => {
    const one = await open({ permission })
    const listed = (await one.client.listTools()).tools.map((tool) => tool.name)
    expect(listed.sort()).toEqual([...expected].sort())
    const id = await accountIdOf(one)
    const given = goodArguments(id)
    for (const tool of tools) {
      const answer = await one.call(tool.name, given[tool.name])
      // What only cards call is not in the list of a client without cards.
      const isGranted =
        (expected as readonly string[]).includes(tool.name) || (tool.forCards && permission === 'send')
      expect(answer.structured.code === 'permission_missing', tool.name).toBe(isGranted !== true)
      if (isGranted !== true) expect(answer.text).toContain('http://localhost:8993/oauth/connections')
    }
  },
)

test('R51: a token narrowed to email:read lists and calls no tool that writes, whatever the grant permits', async () => {
  const one = await open({ permission: 'send', scopes: ['email:read'] })
  const { structured, text } = await one.call('send_email', { to: ['b@test.example'], body: 'x' })
  expect(structured).toEqual({ code: 'permission_missing' })
  expect(text).toContain('email:write')
  const listed = (await one.client.listTools()).tools.map((tool) => tool.name)
  expect(listed.sort()).toEqual([...granted.read].sort())
})

test('list_accounts says which account is the default and what it may do', async () => {
  const one = await open({ accounts: [account, bob], permission: 'write' })
  const { structured, text } = await one.call('list_accounts')
  expect(structured.accounts).toMatchObject([
    { address: 'alice@test.example', provider: 'generic', default: true, permission: 'write' },
    { address: 'bob@test.example', default: false },
  ])
  expect(text).toContain('alice@test.example')
  expect(text).toContain('default')
  expect(text).toContain(structured.connections_url)
})

test('R20: list_accounts gives a one-time link for the owner, a new one each time; without it in an outage', async () => {
  const one = await open()
  const links = [await one.call('list_accounts'), await one.call('list_accounts')].map(
    ({ structured, text }) => {
      expect(text).toContain(structured.link)
      return structured.link
    },
  )
  for (const link of links) expect(link).toMatch(/^http:\/\/localhost:8993\/oauth\/link#[0-9a-f]{64}$/)
  expect(links[0]).not.toBe(links[1])
  const createLink = () => Promise.reject(new StoreUnavailableError('down'))
  const { isError, structured } = await (await open({ createLink })).call('list_accounts')
  expect([isError, structured.link, structured.accounts.length]).toEqual([false, undefined, 1])
})

test('list_accounts says on which day the connection ends, in its last week only', async () => {
  const now = () => 1_800_000_000
  const ending = await (await open({ lifeDays: 6, now })).call('list_accounts')
  expect(ending.structured.ends_on).toBe('2027-01-21')
  expect(ending.text).toContain('ends on 2027-01-21')
  const lasting = await (await open({ lifeDays: 8, now })).call('list_accounts')
  expect(lasting.structured).not.toHaveProperty('ends_on')
})

test('list_providers lists what this deployment offers, and no other', async () => {
  const one = await open()
  const { structured, text } = await one.call('list_providers')
  expect(structured.providers.map((provider: { id: string }) => provider.id)).toEqual([
    'gmail',
    'icloud',
    'generic',
  ])
  expect(text).toContain('https://myaccount.google.com/apppasswords')
})

test('an account that is not connected is an error that names the connected ones', async () => {
  const one = await open({ accounts: [account, bob] })
  const { structured, text } = await one.call('list_mailboxes', { account: 'eve@test.example' })
  expect(structured).toEqual({ code: 'account_not_found', field: 'account' })
  expect(text).toContain('alice@test.example, bob@test.example')
  expect(connections).toBe(0)
})

test('emails of two accounts where one is needed, or of another than the named one, are refused before a connection', async () => {
  const one = await open({ accounts: [account, bob] })
  const { structured } = await one.call('list_accounts')
  const [a, b] = structured.accounts.map((each: { id: string }) =>
    toEmailId(each.id, { mailbox: 'INBOX', uidValidity: '1', uid: 1 }),
  )
  const stranger = toEmailId('stranger', { mailbox: 'INBOX', uidValidity: '1', uid: 1 })
  expect((await one.call('get_email', { ids: [a, b], account: bob.address })).structured).toMatchObject({
    code: 'invalid_input',
    field: 'account',
  })
  expect((await one.call('mark_as_read', { ids: [b], account: account.address })).structured).toMatchObject({
    code: 'invalid_input',
    field: 'account',
  })
  expect((await one.call('mark_as_read', { ids: [stranger] })).structured.code).toBe('account_not_found')
  expect(connections).toBe(0)
})

test('malformed input is a tool error that names the place and the reason, and reaches no server', async () => {
  const file = { filename: 'a.txt', content_type: 'text/plain', content: 'x' }
  const one = await open()
  const cases: [string, Record<string, unknown>, string][] = [
    ['get_recent_emails', { limit: 'many' }, 'limit'],
    ['get_recent_emails', { limit: 1.5 }, 'limit'],
    ['get_recent_emails', { unread_only: 'perhaps' }, 'unread_only'],
    ['search_emails', { since: '2026-02-30' }, 'since'],
    ['search_emails', { before: 'soon' }, 'before'],
    ['get_attachment', { id: 'x', attachment_id: '2', pages: '1,2' }, 'pages'],
    ['organize_emails', { query: 'x', action: 'delete', since: '2026-11-01' }, 'since'],
    ['get_email', {}, 'id'],
    ['get_email', { id: 'nonsense' }, 'id'],
    ['mark_as_read', {}, 'ids'],
    ['mark_as_read', { ids: [] }, 'ids'],
    ['mark_as_read', { ids: Array(101).fill('x') }, 'ids'],
    ['mark_as_read', { ids: ['x', 7] }, 'ids[1]'],
    ['mark_as_read', { ids: ['nonsense'] }, 'ids[0]'],
    ['move_email', { ids: ['x'] }, 'destination'],
    ['draft_email', { to: { address: 'bob@test.example' }, body: 'x' }, 'to'],
    ['draft_email', { to: ['bob@test.example', '', 'x@y.example'], body: 'x' }, 'to[1]'],
    ['draft_email', { cc: ['bob@test.example', null], body: 'x' }, 'cc[1]'],
    ['draft_email', { bcc: ['a@b.example', 'c@d.example', 'no address'], body: 'x' }, 'bcc[2]'],
    ['draft_email', { to: ['bob@test.example'] }, 'body'],
    ['draft_email', { body: 'x', attachments: [{ filename: 'a' }] }, 'attachments[0]'],
    [
      'draft_email',
      { body: 'x', attachments: [{ filename: 'a', content_type: 'image/png', content: '%' }] },
      'attachments[0].content',
    ],
    [
      'draft_email',
      { body: 'x', attachments: [file, { filename: 'a', content_type: 'png', content: '' }] },
      'attachments[1].content_type',
    ],
    ['draft_email', { body: 'x', attachments: [{ ...file, content: 5 }] }, 'attachments[0].content'],
    ['draft_email', { body: 'x', attachments: [{ ...file, name: 'b' }] }, 'attachments[0].name'],
    ['draft_email', { body: 'x', attachments: [{ ...file, email_id: null }] }, 'attachments[0].email_id'],
    [
      'draft_email',
      { body: 'x', attachments: [file, { email_id: 'nonsense', attachment_id: '2' }] },
      'attachments[1].email_id',
    ],
    ['send_email', { body: 'x' }, 'to'],
    ['send_email', { to: ['a@b.example'], body: 'x', from: 'eve@test.example' }, 'from'],
    ['send_email', { to: ['a@b.example, c@'], body: 'x' }, 'to[0]'],
    ['reply_to_email', { id: 'x', to: ['a@b.example', '<'], body: 'x' }, 'to[1]'],
    ['forward_email', { id: 'x', to: ['a@b.example', '<'] }, 'to[1]'],
    ['update_draft', { id: 'x', cc: ['a@b.example', '<'] }, 'cc[1]'],
  ]
  for (const [tool, args, field] of cases) {
    const { isError, structured, text } = await one.call(tool, args)
    expect({ tool, isError, ...structured }).toEqual({ tool, isError: true, code: 'invalid_input', field })
    // The place, and a reason beside it.
    expect(text).toContain(field)
    expect(text).not.toContain('is not valid')
  }
  expect(connections).toBe(0)
})

test('a cursor is bound to its account: a foreign one is found out while the connection opens, before any login', async () => {
  const one = await open()
  const { structured } = await one.call('get_recent_emails', { cursor: 'nonsense' })
  expect(structured).toEqual({ code: 'invalid_input', field: 'cursor' })
  expect(connections).toBeLessThanOrEqual(1)
})

/** Every place of a value where a string stands, as a path. */
function stringPaths(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value === 'string') return [path]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, child]) => stringPaths(child, [...path, key]))
}

function replaceAt(
  value: unknown,
  [key, ...rest]: (string | number)[],
  change: (text: string) => string,
): unknown {
  if (key === undefined) return change(String(value))
  if (Array.isArray(value))
    return value.map((child, index) => (String(index) === key ? replaceAt(child, rest, change) : child))
  const object = value as Record<string, unknown>
  return { ...object, [key]: replaceAt(object[key], rest, change) }
}

test('R37: CR, LF, NUL or a control character in any string of any tool is refused before a connection', async () => {
  const one = await open({ now: neverTheSameMinute() })
  const given = goodArguments(await accountIdOf(one))
  const places = Object.entries(given).flatMap(([tool, args]) =>
    stringPaths(args).map((path) => ({ tool, args, path })),
  )
  // A parameter that this test does not fill would go unchecked.
  for (const tool of tools) {
    const strings = Object.entries((tool.input as unknown as { shape: object }).shape).filter(([, schema]) =>
      isText(schema),
    )
    const filled = Object.keys(given[tool.name] ?? {})
    const unfilled = strings.map(([name]) => name).filter((name) => !filled.includes(name))
    for (const name of unfilled)
      places.push({ tool: tool.name, args: { ...given[tool.name], [name]: 'x' }, path: [name] })
  }
  // Where line breaks are part of the text.
  const mayBreak = (path: (string | number)[]) => ['body', 'content'].includes(String(path.at(-1)))
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...places),
      fc.constantFrom('\r', '\n', '\r\n', '\0', '\u0001', '\u001b', '\u007f', '\u0085', '\u2028', '\ud800'),
      fc.nat(4),
      async ({ tool, args, path }, control, at) => {
        const isLegal = mayBreak(path) && tool !== 'search_emails' && /^[\r\n\u2028]+$/.test(control)
        fc.pre(!isLegal)
        connections = 0
        const broken = replaceAt(args, path, (text) => text.slice(0, at) + control + text.slice(at))
        const { isError, structured } = await one.call(tool, broken as Record<string, unknown>)
        expect({ tool, path, isError, code: structured.code, connections }).toEqual({
          tool,
          path,
          isError: true,
          code: 'invalid_input',
          connections: 0,
        })
        expect(structured.field).toContain(String(path[0]))
      },
    ),
    { numRuns: 400 },
  )
})

/** A clock that keeps the limit of calls out of a test about something else. */
function neverTheSameMinute(): () => number {
  let seconds = Math.floor(Date.now() / 1000)
  return () => {
    seconds += 61
    return seconds
  }
}

function isText(schema: unknown): boolean {
  const { def } = schema as { def: { type: string; innerType?: unknown } }
  return def.type === 'string' || (def.innerType !== undefined && isText(def.innerType))
}

test('a line break is part of a body and of a text attachment, and a body of any text is refused only for controls', async () => {
  const one = await open()
  const attachments = [{ filename: 'a.txt', content_type: 'text/plain', content: 'one\r\ntwo\tthree' }]
  const { structured } = await one.call('draft_email', {
    to: ['b@test.example'],
    body: 'one\n\ntwo\r\n\tthree',
    attachments,
  })
  // It got as far as the mail server, which this test does not have.
  expect(structured).toEqual({ code: 'host_unreachable' })
  expect(connections).toBe(1)
})

test('R43: the limit of calls is per grant and per minute, and says to wait', async () => {
  let now = 1_800_000_000
  const one = await open({ now: () => now })
  const { once } = one
  const neighbour = await open({ now: () => now, once: () => once })
  for (let count = 0; count < 120; count += 1) {
    expect((await one.call('list_providers')).isError).toBe(false)
  }
  expect((await one.call('list_providers')).structured).toEqual({ code: 'rate_limited' })
  // On the same store, in the same minute.
  expect((await neighbour.call('list_providers')).isError).toBe(false)
  now += 60
  expect((await one.call('list_providers')).isError).toBe(false)
})

test('no foreign word and no secret reaches the answer or the log', async () => {
  const one = await open()
  const answer = await one.call('get_recent_emails')
  expect(answer.structured).toEqual({ code: 'host_unreachable' })
  for (const place of [answer, one.logged]) {
    const text = JSON.stringify(place)
    for (const word of ['foreign', 'canary', 'alice', 'imap.test.example']) expect(text).not.toContain(word)
  }
  expect(one.logged.at(-1)).toMatchObject({
    event: 'tool',
    tool: 'get_recent_emails',
    code: 'host_unreachable',
  })
})

test('a store that is down is a sentence to try again, not a bug', async () => {
  const { StoreUnavailableError } = await import('@email-connector/oauth')
  const one = await open({
    once: (once) => ({
      ...once,
      count: async () => {
        throw new StoreUnavailableError('AWS said something')
      },
    }),
  })
  const { structured, text } = await one.call('list_providers')
  expect(structured).toEqual({ code: 'temporarily_unavailable' })
  expect(text).not.toContain('AWS')
})

test('an unforeseen error is a dull sentence, and its kind and place are logged', async () => {
  const one = await open({
    once: (once) => ({
      ...once,
      count: async () => {
        throw new TypeError('secret words of a library')
      },
    }),
  })
  const { structured, text } = await one.call('list_providers')
  expect(structured).toEqual({ code: 'internal_error' })
  expect(text).not.toContain('secret words')
  expect(one.logged.at(-1)).toMatchObject({ event: 'bug', bug: 'TypeError' })
  expect(JSON.stringify(one.logged)).not.toContain('secret words')
})
