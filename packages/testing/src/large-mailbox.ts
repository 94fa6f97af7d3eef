/**
 * A mailbox of any size for the scripted IMAP server, made up as it is asked for (R59): a million messages, or one with
 * 50 MB attached, cost the server nothing. It answers FETCH and SEARCH as a plain IMAP4rev1 or ESEARCH server does,
 * whole lists included, and counts what it sent, so that a test sees who fetched more than needed.
 */
import type { ImapConnection, ImapHandler, ScriptedMailbox } from './scripted-imap.ts'

export interface LargeMailboxOptions {
  exists: number
  path?: string
  uidValidity?: number
  /** Decoded size of the one attachment of every message; 0, the default: none. */
  attachmentBytes?: number
  /** Every so many messages one is unread; default 1000. */
  unreadEvery?: number
}

export interface LargeMailbox {
  readonly mailbox: ScriptedMailbox
  /** For `ScriptedImapOptions.handlers`. */
  readonly handlers: Record<string, ImapHandler>
  bytesSent(): number
}

/** UIDs are not sequence numbers: a client that mixes them up gets the wrong message. */
export const uidOf = (sequence: number) => sequence * 2

const line = `${'QUJD'.repeat(19)}\r\n`
const boundary = 'large-mailbox'
const chunkBytes = 64 * 1024

/** A text of which any part can be had without making the rest. */
interface Section {
  size: number
  slice(from: number, to: number): string
}

const toSection = (text: string): Section => ({
  size: text.length,
  slice: (from, to) => text.slice(from, to),
})
const joined = (...sections: Section[]): Section => ({
  size: sections.reduce((sum, { size }) => sum + size, 0),
  slice(from, to) {
    let start = 0
    let text = ''
    for (const section of sections) {
      const [first, last] = [Math.max(0, from - start), Math.min(section.size, to - start)]
      if (first < last) text += section.slice(first, last)
      start += section.size
    }
    return text
  },
})
/** Base64 of `ABCABC…` in lines of 76. */
function base64Section(decodedBytes: number): Section {
  const size = Math.ceil(decodedBytes / 57) * line.length
  return {
    size,
    slice(from, to) {
      const skipped = from % line.length
      const lines = Math.ceil((to - from + skipped) / line.length)
      return line.repeat(lines).slice(skipped, skipped + to - from)
    },
  }
}

export function createLargeMailbox(options: LargeMailboxOptions): LargeMailbox {
  const { exists, path = 'INBOX', uidValidity = 1, attachmentBytes = 0, unreadEvery = 1000 } = options
  let bytesSent = 0
  const attachment = attachmentBytes > 0 ? base64Section(attachmentBytes) : undefined

  const isUnread = (sequence: number) => sequence % unreadEvery === 0
  const dateOf = (sequence: number) => new Date(Date.UTC(2020, 0, 1) + sequence * 60_000)
  const headerOf = (sequence: number) =>
    [
      `Date: ${dateOf(sequence).toUTCString().replace('GMT', '+0000')}`,
      `From: Sender ${sequence % 97} <sender${sequence % 97}@elsewhere.example>`,
      'To: alice@test.example',
      `Subject: Message ${sequence}`,
      `Message-ID: <m${sequence}@elsewhere.example>`,
      'MIME-Version: 1.0',
      attachment
        ? `Content-Type: multipart/mixed; boundary=${boundary}`
        : 'Content-Type: text/plain; charset=utf-8',
    ].join('\r\n')
  const textOf = (sequence: number) => `This is message ${sequence}.\r\n`
  const attachmentHeader =
    'Content-Type: application/octet-stream; name=large.bin\r\nContent-Transfer-Encoding: base64\r\n' +
    'Content-Disposition: attachment; filename=large.bin'

  function contentOf(sequence: number): Section {
    if (!attachment) return toSection(textOf(sequence))
    return joined(
      toSection(`--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${textOf(sequence)}`),
      toSection(`--${boundary}\r\n${attachmentHeader}\r\n\r\n`),
      attachment,
      toSection(`--${boundary}--\r\n`),
    )
  }
  const wholeOf = (sequence: number) =>
    joined(toSection(`${headerOf(sequence)}\r\n\r\n`), contentOf(sequence))

  function sectionOf(sequence: number, name: string): Section | undefined {
    const fields = /^HEADER\.FIELDS \(([^)]*)\)$/i.exec(name)?.[1]?.toLowerCase().split(' ')
    if (fields) {
      const lines = headerOf(sequence)
        .split('\r\n')
        .filter((line) => fields.includes(line.split(':')[0]?.toLowerCase() ?? ''))
      return toSection(`${lines.map((line) => `${line}\r\n`).join('')}\r\n`)
    }
    switch (name.toUpperCase()) {
      case '':
        return wholeOf(sequence)
      case 'HEADER':
        return toSection(`${headerOf(sequence)}\r\n\r\n`)
      case 'TEXT':
        return contentOf(sequence)
      case '1':
        return toSection(textOf(sequence))
      case '1.MIME':
        return toSection('Content-Type: text/plain; charset=utf-8\r\n\r\n')
      case '2':
        return attachment
      case '2.MIME':
        return attachment && toSection(`${attachmentHeader}\r\n\r\n`)
      default:
        return undefined
    }
  }

  function structureOf(sequence: number): string {
    const text = `("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" ${textOf(sequence).length} 1 NIL NIL NIL NIL)`
    if (!attachment) return text
    return (
      `(${text}("APPLICATION" "OCTET-STREAM" ("NAME" "large.bin") NIL NIL "BASE64" ${attachment.size} NIL ` +
      `("ATTACHMENT" ("FILENAME" "large.bin")) NIL NIL) "MIXED" ("BOUNDARY" "${boundary}") NIL NIL NIL)`
    )
  }

  function envelopeOf(sequence: number): string {
    const from = `(("Sender ${sequence % 97}" NIL "sender${sequence % 97}" "elsewhere.example"))`
    const date = dateOf(sequence).toUTCString().replace('GMT', '+0000')
    return (
      `("${date}" "Message ${sequence}" ${from} ${from} ${from} ((NIL NIL "alice" "test.example")) NIL NIL NIL ` +
      `"<m${sequence}@elsewhere.example>")`
    )
  }

  async function send(connection: ImapConnection, text: string) {
    bytesSent += text.length
    await connection.write(text)
  }

  /** One untagged FETCH; long literals go out piece by piece. */
  async function sendMessage(connection: ImapConnection, sequence: number, items: string, byUid: boolean) {
    const simple: Record<string, () => string> = {
      UID: () => String(uidOf(sequence)),
      FLAGS: () => (isUnread(sequence) ? '()' : '(\\Seen)'),
      INTERNALDATE: () => `"${toInternalDate(dateOf(sequence))}"`,
      'RFC822.SIZE': () => String(wholeOf(sequence).size),
      ENVELOPE: () => envelopeOf(sequence),
      BODYSTRUCTURE: () => structureOf(sequence),
      BODY: () => structureOf(sequence),
    }
    let pending = `* ${sequence} FETCH (`
    let separator = ''
    if (byUid && !/\bUID\b/i.test(items)) {
      pending += `UID ${uidOf(sequence)}`
      separator = ' '
    }
    for (const [item, , section, start, count] of items.matchAll(
      /(BODY(?:\.PEEK)?)\[([^\]]*)\](?:<(\d+)\.(\d+)>)?|[A-Z0-9.]+/gi,
    )) {
      const value = simple[item.toUpperCase()]
      if (value) {
        pending += `${separator}${item} ${value()}`
        separator = ' '
        continue
      }
      if (section === undefined) continue
      const origin = start === undefined ? '' : `<${start}>`
      const content = sectionOf(sequence, section)
      const from = Math.min(Number(start ?? 0), content?.size ?? 0)
      const to = Math.min(from + Number(count ?? Number.MAX_SAFE_INTEGER), content?.size ?? 0)
      pending += `${separator}BODY[${section}]${origin} ${content ? `{${to - from}}\r\n` : 'NIL'}`
      separator = ' '
      for (let at = from; content && at < to; at += chunkBytes) {
        await send(connection, pending + content.slice(at, Math.min(at + chunkBytes, to)))
        pending = ''
      }
    }
    await send(connection, `${pending})\r\n`)
  }

  const fetch =
    (byUid: boolean): ImapHandler =>
    async (tag, args, connection) => {
      const [set = '', ...rest] = args.split(' ')
      for (const [first, last] of parseSet(set, byUid ? uidOf(exists) : exists)) {
        const [from, to] = byUid ? [Math.ceil(first / 2), Math.floor(last / 2)] : [first, last]
        for (let sequence = Math.max(1, from); sequence <= Math.min(to, exists); sequence++) {
          if (!connection.isOpen()) return
          await sendMessage(connection, sequence, rest.join(' '), byUid)
        }
      }
      await connection.send(`${tag} OK done`)
    }

  /** Understands UNSEEN, SEEN, UID sets and a sequence set that comes first; any other criterion matches everything. */
  const search =
    (byUid: boolean): ImapHandler =>
    async (tag, args, connection) => {
      const criteria = args.replace(/^RETURN \([^)]*\) ?/i, '')
      const options = /^RETURN \(([^)]*)\)/i.exec(args)?.[1]?.toUpperCase()
      const [, uids] = /\bUID ([\d:,*]+)/i.exec(criteria) ?? []
      const [sequences] = /^[\d:,*]+(?= |$)/.exec(criteria) ?? []
      const ranges = uids
        ? parseSet(uids, uidOf(exists))
        : parseSet(sequences ?? '1:*', exists).map(([first, last]) => [uidOf(first), uidOf(last)] as const)
      const found: number[] = []
      for (const [first, last] of ranges)
        for (let one = Math.max(1, Math.ceil(first / 2)); one <= Math.min(exists, last / 2); one++) {
          if (/\bUNSEEN\b/i.test(criteria) && !isUnread(one)) continue
          if (/\bSEEN\b/i.test(criteria) && isUnread(one)) continue
          found.push(byUid ? uidOf(one) : one)
        }
      if (options === undefined) await send(connection, `* SEARCH ${found.join(' ')}\r\n`)
      else {
        const wanted = options === '' ? ['ALL'] : options.split(' ')
        const answers = [
          wanted.includes('COUNT') ? ` COUNT ${found.length}` : '',
          found.length > 0 && wanted.includes('MIN') ? ` MIN ${found[0]}` : '',
          found.length > 0 && wanted.includes('MAX') ? ` MAX ${found.at(-1)}` : '',
          found.length > 0 && wanted.includes('ALL') ? ` ALL ${found.join(',')}` : '',
        ]
        await send(connection, `* ESEARCH (TAG "${tag}")${byUid ? ' UID' : ''}${answers.join('')}\r\n`)
      }
      await connection.send(`${tag} OK done`)
    }

  return {
    mailbox: { path, exists, uidValidity, uidNext: uidOf(exists) + 1 },
    handlers: {
      FETCH: fetch(false),
      'UID FETCH': fetch(true),
      SEARCH: search(false),
      'UID SEARCH': search(true),
    },
    bytesSent: () => bytesSent,
  }
}

/** `1:3,7,9:*` as pairs in order. */
function parseSet(set: string, largest: number): (readonly [number, number])[] {
  const toNumber = (text: string) => (text === '*' ? largest : Number(text))
  return set.split(',').map((range) => {
    const [first = '', last = first] = range.split(':')
    const [a, b] = [toNumber(first), toNumber(last)]
    return [Math.min(a, b), Math.max(a, b)] as const
  })
}

/** RFC 9051 §9, date-time: ` 1-Jan-2020 00:00:00 +0000`. */
function toInternalDate(date: Date): string {
  const [, day = '', month = '', year = '', time = ''] = date.toUTCString().split(/[ ,]+/)
  return `${day}-${month}-${year} ${time} +0000`
}
