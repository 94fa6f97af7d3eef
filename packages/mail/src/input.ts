/**
 * Hygiene of what goes into a mail protocol, checked before any connection is opened (R37): CR, LF and NUL end commands
 * and headers, other controls change what a reader or a log sees. Grammar only: whether a host may be reached is
 * host-policy.ts, whether a list of recipients is unambiguous is address-list.ts.
 */
import { isIPv4, isIPv6 } from 'node:net'
import type { MailAccount } from './account.ts'
import { readAddress } from './address.ts'
import { MailError } from './mail-error.ts'

/** C0, DEL, C1 and the two Unicode line separators. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is what this file is for
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same, for text of several lines: TAB, LF, CR pass
const controlsButLines = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/

/** Throws `invalid_input` unless `value` is one line of well-formed text. */
export function assertNoControls(value: unknown, field: string): asserts value is string {
  if (typeof value !== 'string' || controls.test(value) || !isWellFormed(value)) throw invalid(field)
}

/** Throws `invalid_input` unless `value` is text whose only control characters are TAB, CR and LF. */
export function assertText(value: unknown, field: string): asserts value is string {
  if (typeof value !== 'string' || controlsButLines.test(value) || !isWellFormed(value)) throw invalid(field)
}

/** RFC 1123 §2.1 host name, or a canonical IP address. */
const hostLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

/**
 * Throws `invalid_input` unless `value` is a host name or a canonical IP address. Resolvers read `0x7f.1`, `2130706433`
 * and `0177.0.0.1` as addresses; a name whose last label is a number is therefore refused (WHATWG URL, "ends in a number").
 */
export function assertHost(value: unknown, field: string): asserts value is string {
  if (typeof value !== 'string' || value.length > 253) throw invalid(field)
  if (isIPv4(value) || (isIPv6(value) && !value.includes('%'))) return
  const labels = value.split('.')
  if (!labels.every((label) => hostLabel.test(label))) throw invalid(field)
  if (/^(?:\d+|0x[0-9a-f]*)$/i.test(labels.at(-1) ?? '')) throw invalid(field)
}

/** Throws `invalid_input` unless `value` is one bare address, local part and host name. */
export function assertAddress(value: unknown, field: string): asserts value is string {
  toAddress(value, field)
}

/** The address with its domain in ASCII, as it goes into an envelope. Throws `invalid_input`. */
export function toAddress(value: unknown, field: string): string {
  assertNoControls(value, field)
  const { address, reason } = { address: undefined, ...readAddress(value) }
  if (address === undefined) throw new MailError('invalid_input', { field, reason })
  return address
}

/** Longer names exist nowhere; the bound keeps a command line far below the 8192 octets of RFC 7162 §4. */
const maxMailboxNameBytes = 1024

export function assertMailboxName(value: unknown, field: string): asserts value is string {
  assertNoControls(value, field)
  if (value.trim() === '' || Buffer.byteLength(value) > maxMailboxNameBytes) throw invalid(field)
}

/** Everything of an account that reaches a wire, named as the sign-in form names it. */
export function assertAccount(account: MailAccount): void {
  assertAddress(account.address, 'address')
  for (const alias of account.aliases) assertAddress(alias, 'aliases')
  if (account.displayName !== undefined) assertNoControls(account.displayName, 'display_name')
  assertNoControls(account.login, 'address')
  const { credential } = account
  const secret = credential.type === 'password' ? credential.password : credential.accessToken
  assertNoControls(secret, 'password')
  if (account.login === '' || secret === '') throw invalid(account.login === '' ? 'address' : 'password')
  assertHost(account.imap.host, 'imap_host')
  assertHost(account.smtp.host, 'smtp_host')
}

/** `reason`: what is wrong with it, where the name of the field does not say it. */
export function invalid(field: string, reason?: string): MailError {
  return new MailError('invalid_input', { field, reason })
}

/** A lone surrogate would leave as U+FFFD, another text than was checked. (String#isWellFormed in ES2024.) */
function isWellFormed(value: string): boolean {
  return !/\p{Cs}/u.test(value)
}
