/** VCF: each contact as facts on lines; photos and keys are not text. vCard 2.1 to 4. */

import { decodeText } from '../mime/charset.ts'
import { type ContentLine, readContentLines, unescapeText } from '../mime/content-lines.ts'
import { decodeTransfer } from '../mime/transfer.ts'
import type { TextSink } from './text-sink.ts'

const maxContacts = 5_000

const shown: Readonly<Record<string, string>> = {
  FN: 'Name',
  N: 'Name parts',
  NICKNAME: 'Nickname',
  ORG: 'Organization',
  TITLE: 'Title',
  ROLE: 'Role',
  EMAIL: 'Email',
  TEL: 'Phone',
  ADR: 'Address',
  URL: 'Link',
  BDAY: 'Birthday',
  ANNIVERSARY: 'Anniversary',
  NOTE: 'Note',
  IMPP: 'Chat',
}
/** Its fields are separated by semicolons. */
const structured = new Set(['N', 'ORG', 'ADR'])

export function readContacts(text: string, sink: TextSink): void {
  let contacts = 0
  for (const line of readContentLines(joinSoftBreaks(text))) {
    if (line.name === 'BEGIN' && line.value.trim().toUpperCase() === 'VCARD') {
      contacts += 1
      if (contacts <= maxContacts) sink.mark(`contact ${contacts}`)
    }
    const label = shown[line.name]
    if (label === undefined || contacts > maxContacts) continue
    const value = toValue(line)
    if (value !== '') sink.write(`${label}${typeOf(line)}: ${value}\n`)
  }
  if (contacts > maxContacts) sink.mark(`contact: ${contacts - maxContacts} more are not shown`)
}

/** vCard 2.1 continues a quoted-printable line with a soft break, which is no fold. */
function joinSoftBreaks(text: string): string {
  const pieces: string[] = []
  let isOpen = false
  for (const line of text.replaceAll('\r', '').split('\n')) {
    const isQuoted: boolean = isOpen || /^[^:]{0,200};[^:]{0,200}quoted-printable/i.test(line)
    isOpen = isQuoted && line.endsWith('=')
    pieces.push(isOpen ? line.slice(0, -1) : `${line}\n`)
  }
  return pieces.join('')
}

function toValue({ name, parameters, value }: ContentLine): string {
  const isQuoted = /^quoted-printable$/i.test(parameters.get('ENCODING') ?? parameters.get('TYPE') ?? '')
  const raw = isQuoted
    ? decodeText(
        decodeTransfer(Buffer.from(value, 'latin1'), 'quoted-printable'),
        parameters.get('CHARSET') ?? '',
      )
    : value
  const parts = structured.has(name) ? raw.split(/(?<!\\);/) : [raw]
  return parts
    .map((part) => unescapeText(part).trim())
    .filter((part) => part !== '')
    .join(', ')
}

function typeOf({ parameters }: ContentLine): string {
  const type = parameters.get('TYPE') ?? ''
  return /^[\w,-]{1,40}$/.test(type) && !/quoted-printable/i.test(type)
    ? ` (${type.toLowerCase().replaceAll(',', ', ')})`
    : ''
}
