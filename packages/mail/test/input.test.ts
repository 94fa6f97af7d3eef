import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MailAccount } from '../src/account.ts'
import {
  assertAccount,
  assertAddress,
  assertHost,
  assertMailboxName,
  assertNoControls,
  assertText,
  toAddress,
} from '../src/input.ts'

const control = fc.constantFrom(
  ...['\r', '\n', '\r\n', '\u0000', '\t', '\u001b', '\u007f', '\u0085', '\u2028', '\ud800'],
)
const withControl = fc
  .tuple(fc.string({ unit: 'grapheme' }), control, fc.string({ unit: 'grapheme' }))
  .map((parts) => parts.join(''))

const asserts: Record<string, (value: unknown, field: string) => void> = {
  assertNoControls,
  assertHost,
  assertAddress,
  assertMailboxName,
}

describe('R37: one line of text', () => {
  test.each(Object.entries(asserts))(
    '%s refuses every control character and names the field',
    (_name, assert) => {
      fc.assert(
        fc.property(withControl, (value) => {
          expect(() => assert(value, 'a_field')).toThrow(
            expect.objectContaining({ code: 'invalid_input', field: 'a_field' }),
          )
        }),
      )
    },
  )

  test.each([...Object.entries(asserts), ['assertText', assertText] as const])(
    '%s refuses what is not text',
    (_name, assert) => {
      for (const value of [undefined, null, 1, {}, ['a'], Buffer.from('a'), { path: '/etc/passwd' }]) {
        expect(() => assert(value, 'a_field')).toThrow(expect.objectContaining({ code: 'invalid_input' }))
      }
    },
  )

  test('assertText lets lines and tabs through and nothing else that controls', () => {
    expect(() => assertText('a\tb\r\nc\n', 'body')).not.toThrow()
    for (const value of ['\u0000', '\u001b', '\u007f', '\u0085', '\udc00']) {
      expect(() => assertText(value, 'body')).toThrow()
    }
  })

  test.each(['Ünïcode/Bücher', 'INBOX.日本語', '[Gmail]/All Mail', 'a "quoted" \\ name', '👩‍👩‍👧'])(
    'a mailbox may be called %j',
    (name) => expect(() => assertMailboxName(name, 'mailbox')).not.toThrow(),
  )

  test.each(['', '  ', 'a'.repeat(1025)])('a mailbox may not be called %j', (name) => {
    expect(() => assertMailboxName(name, 'mailbox')).toThrow()
  })
})

describe('R37: every field of an account', () => {
  const account: MailAccount = {
    provider: 'generic',
    address: 'a@test.example',
    aliases: ['b@test.example'],
    displayName: 'A B',
    login: 'a',
    imap: { host: 'imap.test.example', port: 993, tls: 'implicit' },
    smtp: { host: 'smtp.test.example', port: 465, tls: 'implicit' },
    credential: { type: 'password', password: 'pass wörd' },
  }
  const places: [string, string, (value: string) => Partial<MailAccount>][] = [
    ['address', 'address', (value) => ({ address: value })],
    ['login', 'address', (value) => ({ login: value })],
    ['an alias', 'aliases', (value) => ({ aliases: ['c@test.example', value] })],
    ['the name', 'display_name', (value) => ({ displayName: value })],
    ['the password', 'password', (value) => ({ credential: { type: 'password', password: value } })],
    ['the token', 'password', (value) => ({ credential: { type: 'oauth', accessToken: value } })],
    ['the IMAP host', 'imap_host', (value) => ({ imap: { ...account.imap, host: value } })],
    ['the SMTP host', 'smtp_host', (value) => ({ smtp: { ...account.smtp, host: value } })],
  ]

  test('a good one passes', () => expect(() => assertAccount(account)).not.toThrow())

  test.each(places)('%s with a control character is refused as %s', (_what, field, place) => {
    fc.assert(
      fc.property(withControl, (value) => {
        expect(() => assertAccount({ ...account, ...place(value) })).toThrow(
          expect.objectContaining({ code: 'invalid_input', field }),
        )
      }),
    )
  })

  test('an empty login or password is refused', () => {
    expect(() => assertAccount({ ...account, login: '' })).toThrow()
    expect(() => assertAccount({ ...account, credential: { type: 'password', password: '' } })).toThrow()
  })
})

test('R37: an address that is accepted holds nothing that could end a command', () => {
  fc.assert(
    fc.property(fc.oneof(fc.emailAddress(), fc.string({ unit: 'binary' }), withControl), (value) => {
      let address: string
      try {
        address = toAddress(value, 'to')
      } catch {
        return
      }
      expect(address).toMatch(/^[^\s<>"(),:;@[\\\]]+@[a-z0-9.-]+$/)
    }),
    { numRuns: 1_000 },
  )
})
