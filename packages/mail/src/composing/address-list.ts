/**
 * Reads recipients as a person or a model types them, and refuses every form that two parsers read differently (R39):
 * groups, comments, quoted local parts, routes, bare specials in a name. What is left has one meaning, so what was
 * shown is what is sent. Reading the lists in received mail is another matter (message headers are never refused).
 */
import { assertNoControls, invalid, toAddress } from '../input.ts'
import type { MailAddress } from '../message.ts'

/**
 * One address, a comma-separated list (RFC 5322 §3.4), or an array of either; blank means nobody.
 * Throws `invalid_input` naming `field`.
 */
export function parseAddressList(value: string | readonly string[], field: string): MailAddress[] {
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value]
  return entries.flatMap((entry) => {
    assertNoControls(entry, field)
    return entry.trim() === '' ? [] : splitAtCommas(entry).map((mailbox) => parseMailbox(mailbox, field))
  })
}

/** A comma inside a quoted string does not separate; a backslash inside one takes the next character along. */
function splitAtCommas(list: string): string[] {
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let i = 0; i < list.length; i += 1) {
    const character = list[i]
    if (quoted && character === '\\') i += 1
    else if (character === '"') quoted = !quoted
    else if (character === ',' && !quoted) {
      parts.push(list.slice(start, i))
      start = i + 1
    }
  }
  return [...parts, list.slice(start)]
}

function parseMailbox(text: string, field: string): MailAddress {
  const mailbox = text.trim()
  if (!mailbox.endsWith('>')) return { address: toAddress(mailbox, field) }
  const angle = mailbox.lastIndexOf('<')
  if (angle < 0) throw invalid(field)
  const name = parseDisplayName(mailbox.slice(0, angle).trim(), field)
  const address = toAddress(mailbox.slice(angle + 1, -1), field)
  return name === '' ? { address } : { name, address }
}

function parseDisplayName(text: string, field: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(text)?.[1]
  if (quoted !== undefined) return quoted.replace(/\\(.)/g, '$1').trim()
  // RFC 5322 §3.2.3 specials; the dot is common in typed names ("J. Doe") and ambiguous to nobody
  if (/["<>()[\]:;@\\]/.test(text)) throw invalid(field)
  return text
}
