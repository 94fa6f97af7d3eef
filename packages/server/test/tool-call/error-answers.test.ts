/**
 * R54: what an error leaves in its structured part, for every tool and every kind of error: some clients show a model
 * nothing else, and without the sentence it cannot know what to do next, or where the owner renews a password.
 */
import type { Connector, MailAccount, MailErrorCode } from '@email-connector/mail'
import { MailError } from '@email-connector/mail'
import { StoreUnavailableError } from '@email-connector/oauth'
import type { CallToolResult } from '@modelcontextprotocol/server'
import { afterEach, expect, test } from 'vitest'
import {
  AccountNotAdmittedError,
  AccountNotFoundError,
  GrantGoneError,
} from '../../src/accounts/grant-accounts.ts'
import { SettingsRefusedError } from '../../src/accounts/owner-settings.ts'
import { KeyRefusedError, KeyUnavailableError } from '../../src/keys/key-wrapper.ts'
import { answerCall } from '../../src/tool-call/run-tool.ts'
import type { Tool } from '../../src/tool-call/tool.ts'
import type { CallSurroundings } from '../../src/tool-call/tool-call.ts'
import { toolDefinitions, tools } from '../../src/tools/catalog.ts'
import { ToolError, type ToolErrorCode } from '../../src/wire/tool-error.ts'
import { type OpenTools, openTools } from '../tools/open-tools.ts'

const connector: Connector = { connect: () => Promise.reject(new Error('unused')), tlsOptions: () => ({}) }
/** Nothing is opened here, so nothing is noted. */
const unused = () => Promise.reject(new Error('unused'))
const noAudit = { createAudit: unused, endAudit: unused, listAudit: unused, deleteAudit: unused }
const account: MailAccount = {
  provider: 'generic',
  address: 'alice@test.example',
  aliases: [],
  login: 'alice@test.example',
  imap: { host: 'imap.test.example', port: 993, tls: 'implicit' },
  smtp: { host: 'smtp.test.example', port: 465, tls: 'implicit' },
  credential: { type: 'password', password: 'x' },
}

let opened: OpenTools | undefined
afterEach(() => opened?.close())

/** Typed so that a code added to either vocabulary has to be added here. */
const mailCodes: Record<MailErrorCode, true> = {
  invalid_input: true,
  host_unreachable: true,
  tls_failed: true,
  starttls_missing: true,
  login_refused: true,
  login_needs_oauth: true,
  token_refused: true,
  token_scope_missing: true,
  access_disabled: true,
  access_blocked: true,
  timeout: true,
  connection_lost: true,
  throttled: true,
  server_refused: true,
  mailbox_not_found: true,
  mailbox_protected: true,
  mailbox_read_only: true,
  message_not_found: true,
  stale_id: true,
  over_quota: true,
  too_large: true,
  not_supported: true,
  auth_required: true,
  policy_refused: true,
  relay_refused: true,
  sender_refused: true,
  too_many_recipients: true,
  try_later: true,
}
const toolCodes: Record<Exclude<ToolErrorCode, MailErrorCode>, true> = {
  account_not_allowed: true,
  account_not_found: true,
  count_changed: true,
  connection_ended: true,
  permission_missing: true,
  rate_limited: true,
  credentials_unreadable: true,
  sign_in_needed: true,
  provider_unavailable: true,
  settings_unreadable: true,
  temporarily_unavailable: true,
  key_reused: true,
  send_in_progress: true,
  declined: true,
  not_confirmed: true,
  owner_limit: true,
  internal_error: true,
}

const thrown: readonly (readonly [string, Error])[] = [
  ...Object.keys(mailCodes).map(
    (code) =>
      [code, new MailError(code as MailErrorCode, { field: 'name', cause: new Error('foreign') })] as const,
  ),
  ...Object.keys(toolCodes).map(
    (code) => [code, new ToolError(code as ToolErrorCode, 'One sentence.', { field: 'name' })] as const,
  ),
  ['account_not_allowed', new AccountNotAdmittedError('foreign')],
  ['account_not_found', new AccountNotFoundError(['alice@test.example'])],
  ['connection_ended', new GrantGoneError()],
  ['temporarily_unavailable', new StoreUnavailableError('foreign')],
  ['temporarily_unavailable', new KeyUnavailableError('foreign')],
  ['credentials_unreadable', new KeyRefusedError('foreign')],
  ['settings_unreadable', new SettingsRefusedError('foreign')],
  ['internal_error', new TypeError('foreign')],
]

test('R54: every error of every tool has its sentence beside its code, and the tool lists both', async () => {
  opened = await openTools({ accounts: [account], connector })
  const { caller } = opened
  const around: CallSurroundings = {
    grantAccounts: () => {
      throw new Error('unused')
    },
    once: { ...opened.once, count: async () => 1 },
    audit: noAudit,
    createLink: async () => 'http://localhost:8993/oauth/link#abc',
    createFileLink: async () => undefined,
    createReviewLink: async () => undefined,
    mail: { connector, now: () => 0 },
    now: () => 0,
    providersOffered: [],
    publicUrl: 'http://localhost:8993',
    log: () => undefined,
  }
  for (const tool of tools) {
    const listed = toolDefinitions.find(({ name }) => name === tool.name)?.outputSchema?.properties
    for (const [code, error] of thrown) {
      const failing = {
        ...around,
        once: { ...around.once, count: () => Promise.reject(error) },
      }
      const answer = await answerCall(tool, {}, caller, failing, {
        signal: new AbortController().signal,
        asking: { canAsk: false, showsCards: false },
      })
      if (!('content' in answer)) throw new Error('A question')
      const [content] = (answer as CallToolResult).content
      const message = content?.type === 'text' ? content.text : undefined
      expect(message, tool.name).toMatch(/\.$/)
      expect(message).not.toContain('foreign')
      expect(answer, `${tool.name} ${code}`).toMatchObject({
        isError: true,
        structuredContent: { code, message },
      })
      const keys = Object.keys(answer.structuredContent ?? {})
      if (listed !== undefined) expect(Object.keys(listed)).toEqual(expect.arrayContaining(keys))
    }
  }
})

test('the one-time link of a refused login is in both copies', async () => {
  opened = await openTools({
    accounts: [account],
    connector: {
      connect: () => Promise.reject(new MailError('login_refused', { protocol: 'imap' })),
      tlsOptions: () => ({}),
    },
  })
  const answer = await opened.client.callTool({ name: 'get_recent_emails', arguments: {} })
  expect(answer.structuredContent).toMatchObject({
    code: 'login_refused',
    message: expect.stringMatching(/http:\/\/localhost:8993\/oauth\/link#[0-9a-f]{64}/),
  })
})

test('R68: a record that cannot be opened is logged as what the alarm counts', async () => {
  opened = await openTools({
    accounts: [account],
    connector,
    keyWrapper: (keys) => ({ ...keys, unwrapDataKey: () => Promise.reject(new KeyRefusedError('refused')) }),
  })
  const { structured } = await opened.call('get_recent_emails')
  expect(structured.code).toBe('credentials_unreadable')
  expect(opened.logged.at(-1)).toMatchObject({ event: 'key_refused', outcome: 'refused' })
})

test('R37: what a tool answers leaves without control characters', async () => {
  const row = { structured: { mailbox: 'a\0b\r\nc' }, text: 'a\0b' }
  const answer = await answerWith(async () => row)
  expect(answer).toMatchObject({ content: [{ text: 'ab' }], structuredContent: { mailbox: 'a b c' } })
})

test('an answer longer than every client takes is an error that says how to ask for less', async () => {
  const long = { structured: { providers: ['x'.repeat(100_000)] }, text: 'y'.repeat(100_000) }
  const answer = await answerWith(async () => long)
  expect(answer).toMatchObject({ isError: true, structuredContent: { code: 'too_large' } })
  expect(JSON.stringify(answer).length).toBeLessThan(1000)
})

/** What becomes of the answer of a tool that needs nothing. */
async function answerWith(handle: Tool['handle']) {
  opened = await openTools({ accounts: [account], connector })
  const [tool] = tools
  if (!tool) throw new Error('There is a tool')
  const surroundings: CallSurroundings = {
    grantAccounts: () => ({
      list: async () => [],
      endsAt: async () => 0,
      open: () => Promise.reject(new Error('unused')),
    }),
    once: opened.once,
    audit: noAudit,
    createLink: async () => 'unused',
    createFileLink: async () => undefined,
    createReviewLink: async () => undefined,
    mail: { connector, now: () => 0 },
    now: () => 0,
    providersOffered: [],
    publicUrl: 'http://localhost:8993',
    log: () => undefined,
  }
  return await answerCall({ ...tool, handle }, {}, opened.caller, surroundings, {
    signal: new AbortController().signal,
    asking: { canAsk: false, showsCards: false },
  })
}
