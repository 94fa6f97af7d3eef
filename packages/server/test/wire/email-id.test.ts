import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseEmailId, toAccountTag, toEmailId } from '../../src/wire/email-id.ts'

const uint32 = fc.integer({ min: 1, max: 0xffff_ffff })
const mailbox = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((name) => !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(name) && name.toUpperCase() !== 'INBOX')
const draftTag = fc
  .uint8Array({ minLength: 6, maxLength: 6 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))
const ref = fc.record(
  {
    mailbox: fc.oneof(fc.constant('INBOX'), mailbox),
    uidValidity: uint32.map(String),
    uid: uint32,
    draft: draftTag,
  },
  { requiredKeys: ['mailbox', 'uidValidity', 'uid'] },
)

test('an email id gives back exactly what it was made of', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), ref, (accountId, named) => {
      const id = toEmailId(accountId, named)
      expect(parseEmailId(id)).toEqual({ accountTag: toAccountTag(accountId), ref: named })
    }),
  )
})

test.each([
  { uidValidity: '0', uid: 1 },
  { uidValidity: '1', uid: 0 },
  { uidValidity: '1', uid: 2 ** 32 },
])('UID $uid of UIDVALIDITY $uidValidity is no message (RFC 9051 §2.3.1.1)', ({ uidValidity, uid }) => {
  expect(toEmailId('acc', { mailbox: 'INBOX', uidValidity, uid })).toBe('')
})

test('an id of INBOX is short, whatever case the server spells it in', () => {
  const id = toEmailId('acc', { mailbox: 'INBOX', uidValidity: '1700000000', uid: 4711 })
  expect(id.length).toBeLessThanOrEqual(20)
  expect(toEmailId('acc', { mailbox: 'Inbox', uidValidity: '1700000000', uid: 4711 })).toBe(id)
})

test('one changed, missing or added character is refused, so that a slip names no other email', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  let named = 0
  let tried = 0
  const id = toEmailId('acc', { mailbox: 'Archive', uidValidity: '1700000000', uid: 4711 })
  for (let index = 0; index < id.length; index += 1) {
    for (const char of alphabet) {
      const slip = id.slice(0, index) + char + id.slice(index + 1)
      if (slip === id) continue
      tried += 1
      if (parseEmailId(slip)) named += 1
    }
    expect(parseEmailId(id.slice(0, index))).toBeUndefined()
  }
  // 16 bits of checksum: about one slip in 65,536 gets through.
  expect(tried).toBeGreaterThan(1000)
  expect(named).toBeLessThanOrEqual(1)
})

test('what no toEmailId wrote is refused: other alphabets, padding, junk, control characters in the mailbox', () => {
  const id = toEmailId('acc', { mailbox: 'A', uidValidity: '1', uid: 1 })
  for (const wrong of [
    '',
    ' ',
    id.toLowerCase(),
    `${id}=`,
    ` ${id}`,
    `${id}\n`,
    `${id}A`,
    '1',
    'x'.repeat(5000),
  ]) {
    expect(parseEmailId(wrong), wrong).toBeUndefined()
  }
  expect(parseEmailId(toEmailId('acc', { mailbox: 'A\r\nB', uidValidity: '1', uid: 1 }))).toBeUndefined()
  fc.assert(
    fc.property(fc.base64String(), (text) => {
      expect(parseEmailId(text)).toBeUndefined()
    }),
  )
})
