/**
 * The parameters that tools share, and the two kinds of string there are. Checks that only refuse (control
 * characters, lengths) are refinements: they cost a client no token in `tools/list`.
 */
import { toBytes } from '@email-connector/mail'
import * as z from 'zod'
import { maxCursorChars } from '../wire/cursor.ts'
import { isLine } from '../wire/line.ts'

/** RFC 5322 §2.1.1 allows 998 characters in a line; no name, address, subject or search text needs more. */
const maxLineChars = 998
/** What the mail package takes. */
const maxMailboxBytes = 1024
/** Markdown of one mail. */
export const maxBodyChars = 500_000
/** Of one email, over To, Cc and Bcc, the composer takes 1,000. */
const maxRecipients = 1000
/** Ids in one call, as the contract says. */
const maxIds = 100

// As in a line, but a text may break lines and indent.
const notInText = /(?![\n\r\t])[\p{Cc}\p{Cs}]/u

/** One line of text: no control character reaches a mail server from here (R37). */
export const line = z
  .string()
  .refine(isLine, 'must not hold line breaks or control characters')
  .refine((value) => value.length <= maxLineChars, `must be at most ${maxLineChars} characters`)

/** Text in which line breaks and tabs are legal, and no other control character is. */
export function text(maxChars: number) {
  return z
    .string()
    .refine(
      (value) => !notInText.test(value),
      'must not hold control characters other than line breaks and tabs',
    )
    .refine((value) => value.length <= maxChars, `must be at most ${maxChars} characters`)
}

export const account = line.describe('Address or account id. Default: the first account').optional()
export const accountOrAll = line
  .describe('Address, account id, or all of them: all. Default: the first account')
  .optional()
export const mailboxPath = line.refine(
  (value) => value.trim() !== '' && Buffer.byteLength(value) <= maxMailboxBytes,
  'must be a mailbox name',
)
const mailboxWords = 'drafts, sent, trash, junk, archive, all (special uses), or a path'
export const mailbox = mailboxPath.describe(mailboxWords)
export const emailId = line.refine((value) => value !== '', 'must be an id of an email')
export const ids = z.array(emailId).min(1).max(maxIds).describe(`1 to ${maxIds} email ids`)
/** It holds a place for each mailbox of each account that has more. */
export const cursor = z
  .string()
  .refine(isLine, 'must not hold line breaks or control characters')
  .refine((value) => value.length <= maxCursorChars, `must be at most ${maxCursorChars} characters`)
  .describe('next_cursor of the previous page')
  .optional()
const addressList = z.array(line.refine((value) => value.trim() !== '', 'must hold an address'))
export const to = addressList.max(maxRecipients).describe(`At most ${maxRecipients}`)
/** Cc and Bcc: the bound of To, which says it for the three. Every listing pays for each word. */
export const addresses = addressList.refine(
  (all) => all.length <= maxRecipients,
  `must hold at most ${maxRecipients}`,
)
/** A number of bytes, or a size as `larger:` takes it. */
export const size = z.preprocess(
  (value) => (typeof value === 'string' ? (toBytes(value) ?? value) : value),
  z.int().min(0).describe('Bytes, 0 or more'),
)

export function mailboxOr(byDefault: string, meaning = byDefault) {
  return mailboxPath.default(byDefault).describe(`${mailboxWords}; default ${meaning}`)
}

// Converters of some clients strip minimum, maximum and default, so descriptions say them in words.
export function limit(max: number, byDefault: number) {
  return z.int().min(1).max(max).default(byDefault).describe(`1 to ${max}, default ${byDefault}`)
}

/** Both copies of a result reach some models, and some clients cut: the default is small. */
export const maxChars = z.int().min(100).max(30_000).default(10_000).describe('100 to 30000, default 10000')
export const offset = z.int().min(0).default(0).describe('next_offset of the answer before, default 0')

/** `3`, `2-4`, `5-`: first and last. */
export const pages = line
  .regex(/^\s*[1-9]\d{0,5}(\s*-\s*([1-9]\d{0,5})?)?\s*$/, 'must be a page or a range such as 2-4')
  .transform(toPages)
  .refine(({ from, to }) => from <= to, 'must be a range such as 2-4, its first page first')
  .describe('Pages, sheets or slides, such as 3 or 2-4')
  .optional()

const maxPages = 999_999

function toPages(range: string): { from: number; to: number } {
  const [first = '', last] = range.split('-').map((one) => one.trim())
  const from = Number(first)
  return { from, to: last === undefined ? from : last === '' ? maxPages : Number(last) }
}
