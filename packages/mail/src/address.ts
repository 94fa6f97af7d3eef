/**
 * One email address as it goes into an envelope, or the reason why it cannot. Liberal in what people and old servers
 * write (quoted, long and oddly dotted local parts, full-width letters, umlaut domains), strict where two parsers would
 * read two things (R39): no second @, no route, no comment, nothing invisible. One spelling comes out.
 */
import { isIPv4 } from 'node:net'
import { domainToASCII } from 'node:url'

/** An address in the spelling that is sent, or why it is none, as the end of a sentence. */
export type ReadAddress =
  | { readonly address: string; readonly reason?: undefined }
  | { readonly reason: string }

/** RFC 5321 §4.5.3.1.3: a path of 256 octets, less its brackets. GitHub, Asana and others use local parts over 64. */
const maxAddressBytes = 254
/** RFC 5322 §3.2.3 atext, with the non-ASCII of RFC 6531. */
const atom = "[\\w!#$%&'*+/=?^`{|}~\\-\\u00a1-\\u{10ffff}]+"
const dotAtom = new RegExp(`^${atom}(?:\\.${atom})*$`, 'u')
/** Old Japanese mobile addresses end in a dot or hold two: sent in quotes, as RFC 5321 §4.1.2 wants them. */
const oddlyDotted = new RegExp(`^(?:${atom}|\\.)+$`, 'u')
/** What may be in quotes and is read alike by every parser: no quote, backslash, bracket or @. */
const quotedContent = /^[^"\\<>@\p{Cc}]+$/u
/** Direction marks and other characters that no reader sees, and spaces beyond ASCII. */
const invisible = /[\p{Zl}\p{Zp}\p{Cf}\p{Co}\p{Cn}\p{Cs}]|(?! )\p{Zs}/u
/** RFC 1123 §2.1, and the underscore that some hosts have. */
const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** Reads one address as people write them. Never throws. */
export function readAddress(text: string): ReadAddress {
  // ＠ and full-width letters are what an input method of East Asia types; ideographic stops are dots (RFC 3490 §3.1).
  const typed = /[\uff01-\uff5e\u3002\uff61]/.test(text)
    ? text.replaceAll(/[\uff01-\uff5e]/g, toHalfWidth).replaceAll(/[\u3002\uff61]/g, '.')
    : text
  const at = typed.lastIndexOf('@')
  if (at < 0) return { reason: 'it has no @' }
  if (invisible.test(typed)) return { reason: 'it holds an invisible character' }
  const local = readLocalPart(typed.slice(0, at))
  if (local.reason !== undefined) return local
  const domain = readDomain(typed.slice(at + 1))
  if (domain.reason !== undefined) return domain
  const address = `${local.address}@${domain.address}`
  return Buffer.byteLength(address) > maxAddressBytes
    ? { reason: `it is longer than ${maxAddressBytes} bytes` }
    : { address }
}

/** RFC 6531: letters beyond ASCII before the @ need a server that offers SMTPUTF8. */
export function needsUtf8(address: string): boolean {
  return /[^\x20-\x7e]/.test(address)
}

/** One key for one mailbox: nobody has two that differ in case only. */
export function toAddressKey(address: string): string {
  return address.toLowerCase()
}

function readLocalPart(local: string): ReadAddress {
  if (local === '') return { reason: 'nothing is before the @' }
  const quoted = /^"(.*)"$/.exec(local)?.[1]
  if (quoted !== undefined) {
    if (!quotedContent.test(quoted))
      return { reason: 'its quoted part holds a character that cannot be sent' }
    return { address: dotAtom.test(quoted) ? quoted : `"${quoted}"` }
  }
  if (dotAtom.test(local)) return { address: local }
  if (oddlyDotted.test(local)) return { address: `"${local}"` }
  if (local.includes('@')) return { reason: 'it has two @ signs' }
  if (/\s/.test(local)) return { reason: 'it holds a space' }
  return { reason: 'it holds a character that no address has before the @' }
}

function readDomain(typed: string): ReadAddress {
  if (typed === '') return { reason: 'nothing is behind the @' }
  if (/\s/.test(typed)) return { reason: 'it holds a space' }
  if (typed.startsWith('[')) return { reason: 'it names a server by its number' }
  // domainToASCII also percent-decodes and reads 0x7f.1 as an address, so ASCII stays as typed
  const named = typed.replace(/\.$/, '')
  const domain = /^[\x21-\x7e]*$/.test(named) ? named.toLowerCase() : domainToASCII(named)
  const labels = domain.split('.')
  if (isIPv4(domain) || /^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? ''))
    return { reason: 'it names a server by its number' }
  if (domain.length > 253 || !labels.every((one) => label.test(one)))
    return { reason: 'what is behind the @ is no host name' }
  return { address: domain }
}

function toHalfWidth(character: string): string {
  return String.fromCharCode(character.charCodeAt(0) - 0xfee0)
}
