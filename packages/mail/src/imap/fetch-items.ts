/** The data items of FETCH (RFC 9051 §6.4.5), always with PEEK: reading never sets \Seen. */
import { atom } from './protocol.ts'
import type { ImapSession, ImapToken } from './session.ts'

/** `BODY.PEEK[section]<from.length>` */
export function peek(section: string, from?: number, length?: number): ImapToken {
  return {
    type: 'ATOM',
    value: 'BODY.PEEK',
    section: section === '' ? [] : [atom(section)],
    ...(from === undefined || length === undefined ? {} : { partial: [from, length] }),
  }
}

/** `BODY.PEEK[HEADER.FIELDS (…)]` */
export function peekHeaders(names: readonly string[]): ImapToken {
  const fields = names.map(atom)
  return { type: 'ATOM', value: 'BODY.PEEK', section: [atom('HEADER.FIELDS'), fields] }
}

/** What every summary needs; the thread id where the server keeps one (X-GM-EXT-1, RFC 8474). */
export function summaryItems(session: ImapSession): ImapToken[] {
  const items = ['UID', 'FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODYSTRUCTURE'].map(atom)
  if (session.has('X-GM-EXT-1')) items.push(atom('X-GM-THRID'))
  else if (session.has('OBJECTID')) items.push(atom('THREADID'))
  return items
}

/** RFC 2919, RFC 2369. */
export const listHeaders = ['LIST-ID', 'LIST-UNSUBSCRIBE']

/**
 * Enough for 200 characters of readable text behind the MIME headers of a nested part, and behind what most programs write
 * in front of an HTML mail. Of the mails that bench/reading makes in the manner of such programs 21 in 100 said nothing in
 * 1,024 octets, and cost one more flight with `widePreviewBytes`; of these 7 do. A list's bytes stay within two flights.
 */
export const previewBytes = 1536

/** For an HTML mail that begins with more styles than that: those of MJML have 5 to 9 kB. */
export const widePreviewBytes = 16 * 1024

/**
 * What a row shows. The two headers are 70 octets of an ordinary row, some 300 of one that came by a list: of ten rows
 * and the dates beside them less than a fiftieth.
 */
export function listItems(session: ImapSession): ImapToken[] {
  return [...summaryItems(session), peekHeaders(listHeaders), peek('1', 0, previewBytes)]
}

export const flagItems: ImapToken[] = [atom('UID'), atom('FLAGS')]
