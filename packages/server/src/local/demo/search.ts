/**
 * UID SEARCH of the demo mailbox (RFC 9051 §6.4.4): the embedded server knows no parentheses, and looks for words in
 * base64. Here they are looked for in what a reader sees, so that a newcomer can try every operator. A mailbox of some
 * dozen emails; each is read once.
 */
import { MailError, readSourceText, readStoredHeaders } from '@email-connector/mail'
import type { CommandHandler, SearchToken, StoredMessage } from 'hoodiecrow-imap'

type Test = (message: SearchedMessage) => boolean

interface SearchedMessage {
  readonly uid: number
  readonly flags: readonly string[]
  readonly size: number
  /** `yyyy-mm-dd`. */
  readonly sentOn: string
  /** By lower-case name, decoded. */
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
}

const flagKeys: Readonly<Record<string, string>> = {
  ANSWERED: '\\Answered',
  DELETED: '\\Deleted',
  DRAFT: '\\Draft',
  FLAGGED: '\\Flagged',
  SEEN: '\\Seen',
}

export function createUidSearch(): CommandHandler {
  const known = new WeakMap<StoredMessage, Omit<SearchedMessage, 'uid' | 'flags'>>()
  return (connection, parsed, data, callback) => {
    const answer = (command: string, value: string) => {
      connection.send(
        { tag: parsed.tag, command, attributes: [{ type: 'TEXT', value }] },
        'UID SEARCH',
        parsed,
        data,
      )
      callback()
    }
    const { selectedMailbox } = connection
    if (!selectedMailbox) return answer('BAD', 'Select a mailbox first')
    const search = async () => {
      const meets = parseKeys(parsed.attributes ?? [])
      const uids: number[] = []
      for (const message of selectedMailbox.messages) {
        const { uid, flags } = message
        const read = known.get(message) ?? (await readMessage(message))
        known.set(message, read)
        if (meets({ ...read, uid, flags })) uids.push(uid)
      }
      return uids
    }
    search().then(
      (uids) => {
        connection.send({ tag: '*', command: 'SEARCH', attributes: uids }, 'UID SEARCH', parsed, data)
        answer('OK', 'UID SEARCH completed')
      },
      () => answer('BAD', 'This search is not understood'),
    )
  }
}

async function readMessage({ raw }: StoredMessage): Promise<Omit<SearchedMessage, 'uid' | 'flags'>> {
  const source = Buffer.from(raw, 'latin1')
  const head = raw.slice(0, raw.search(/\r?\n\r?\n/)).replaceAll(/\r?\n(?=[ \t])/g, '')
  const stored = head
    .split(/\r?\n/)
    .map((line): [string, string] => [
      line.split(':')[0]?.toLowerCase() ?? '',
      line.slice(line.indexOf(':') + 1),
    ])
  const headers = new Map([...stored, ...Object.entries(decodeHeaders(source))])
  const sentOn = new Date(headers.get('date') ?? 0).toISOString().slice(0, 10)
  return { size: raw.length, sentOn, headers, text: (await readSourceText(source, '1')).text }
}

/** Where an address cannot be read, the fields are looked through as they are stored. */
function decodeHeaders(source: Buffer): Record<string, string> {
  try {
    const { from, to, cc, bcc, subject } = readStoredHeaders(source)
    const lines = (list: typeof from) =>
      list.map(({ name = '', address }) => `${name} <${address}>`).join(', ')
    return { from: lines(from), to: lines(to), cc: lines(cc), bcc: lines(bcc), subject }
  } catch (error) {
    if (error instanceof MailError) return {}
    throw error
  }
}

/** All of them; throws for what is none. */
function parseKeys(tokens: readonly SearchToken[]): Test {
  let at = 0
  const tests: Test[] = []
  while (at < tokens.length) tests.push(key())
  return (message) => tests.every((test) => test(message))

  function value(): string {
    const token = tokens[at++]
    if (token === undefined || !('type' in token)) throw new Error('A search key lacks its value')
    const text = String(token.value)
    // A literal comes as it was sent, one character an octet.
    return token.type === 'LITERAL' ? Buffer.from(text, 'latin1').toString('utf8') : text
  }

  function key(): Test {
    const token = tokens[at]
    if (token !== undefined && !('type' in token)) {
      at++
      return parseKeys(token)
    }
    const name = value().toUpperCase()
    if (/^[\d,:*]+$/.test(name)) throw new Error('Only UIDs are known')
    const flag = flagKeys[name.replace(/^UN/, '')]
    if (flag !== undefined) return ({ flags }) => flags.includes(flag) === name in flagKeys
    switch (name) {
      case 'ALL':
        return () => true
      case 'CHARSET':
        value()
        return () => true
      case 'NOT': {
        const test = key()
        return (message) => !test(message)
      }
      case 'OR': {
        const [one, other] = [key(), key()]
        return (message) => one(message) || other(message)
      }
      case 'UID': {
        const set = value().split(',')
        return ({ uid }) => set.some((range) => isInRange(uid, range))
      }
      case 'KEYWORD':
      case 'UNKEYWORD': {
        const wanted = value().toLowerCase()
        return ({ flags }) => flags.some((one) => one.toLowerCase() === wanted) === (name === 'KEYWORD')
      }
      case 'LARGER':
      case 'SMALLER': {
        const bytes = Number(value())
        return ({ size }) => (name === 'LARGER' ? size > bytes : size < bytes)
      }
      case 'SENTSINCE':
      case 'SINCE':
      case 'SENTBEFORE':
      case 'BEFORE': {
        const day = new Date(`${value()} UTC`).toISOString().slice(0, 10)
        return ({ sentOn }) => (name.endsWith('SINCE') ? sentOn >= day : sentOn < day)
      }
      case 'HEADER':
        return inHeader(value(), value())
      case 'FROM':
      case 'TO':
      case 'CC':
      case 'BCC':
      case 'SUBJECT':
        return inHeader(name, value())
      case 'BODY':
      case 'TEXT': {
        const wanted = value().toLowerCase()
        return ({ text, headers }) =>
          text.toLowerCase().includes(wanted) ||
          (name === 'TEXT' && [...headers.values()].some((one) => one.toLowerCase().includes(wanted)))
      }
      default:
        throw new Error('No search key of this server')
    }
  }
}

function inHeader(name: string, value: string): Test {
  return ({ headers }) => {
    const found = headers.get(name.toLowerCase())
    return found?.toLowerCase().includes(value.toLowerCase()) === true
  }
}

function isInRange(uid: number, range: string): boolean {
  const [from = '', to = from] = range.split(':')
  const [low, high] = [from, to].map((one) => (one === '*' ? Number.MAX_SAFE_INTEGER : Number(one)))
  return uid >= Math.min(low ?? 0, high ?? 0) && uid <= Math.max(low ?? 0, high ?? 0)
}
