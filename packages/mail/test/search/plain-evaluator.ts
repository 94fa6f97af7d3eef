/** What a query means, read off the tree and the plain mail: no server, no compiler, nothing of the product but the tree. */
import type { Query, Term } from '../../src/search/query.ts'
import type { PlainMail } from './plain-mails.ts'

/** Where a server reads a mail in its own way; each with its reason in the table of the test. */
export interface Rules {
  /** How letters are compared. */
  fold(text: string): string
  /** What a search of the whole mail sees. */
  wholeMail(mail: PlainMail): string
  /** The day of a mail without a Date. */
  dayWithoutDate(mail: PlainMail): string | undefined
}

export function matches(
  query: Query | undefined,
  mail: PlainMail,
  all: readonly PlainMail[],
  rules: Rules,
): boolean {
  if (query === undefined) return true
  if (query.kind === 'and') return query.of.every((one) => matches(one, mail, all, rules))
  if (query.kind === 'or') return query.of.some((one) => matches(one, mail, all, rules))
  if (query.kind === 'not') return !matches(query.of, mail, all, rules)
  return meets(query, mail, all, rules)
}

function meets(term: Term, mail: PlainMail, all: readonly PlainMail[], rules: Rules): boolean {
  const { headers, flags } = mail
  const has = (text: string, value: string) => folded(rules, text).includes(folded(rules, value))
  const day = mail.day ?? rules.dayWithoutDate(mail)
  switch (term.kind) {
    case 'text':
      switch (term.in) {
        case 'any':
          return has(rules.wholeMail(mail), term.value)
        case 'body':
          return has(mail.body, term.value)
        case 'to':
          return has(headers.to, term.value) || has(headers.cc, term.value)
        case 'with':
          return [headers.from, headers.to, headers.cc].some((text) => has(text, term.value))
        case 'filename':
          return mail.files.some((name) => name.toLowerCase().includes(term.value.toLowerCase()))
        case 'bcc':
          return false
        case 'list':
          return term.value === '*' ? headers.list !== '' || mail.canBeLeft : has(headers.list, term.value)
        case 'message-id':
          return headers['message-id'] === `<${term.value.replace(/^<|>$/g, '')}>`
        default:
          return has(headers[term.in], term.value)
      }
    case 'is':
      return {
        read: flags.includes('\\Seen'),
        unread: !flags.includes('\\Seen'),
        starred: flags.includes('\\Flagged'),
        answered: flags.includes('\\Answered'),
        unanswered: !flags.includes('\\Answered'),
        awaiting: !all.some((one) => one.headers['in-reply-to'] === headers['message-id']),
      }[term.state]
    case 'has':
      return term.what === 'attachment' ? mail.files.length > 0 || mail.isInvitation : mail.isInvitation
    case 'label':
      return flags.some((flag) => flag.toLowerCase() === term.label.toLowerCase())
    case 'size':
      return term.is === 'larger' ? mail.size > term.bytes : mail.size < term.bytes
    case 'date':
      if (day === undefined) return false
      return term.is === 'after' ? day >= term.day : day < term.day
    default:
      throw new Error(`${term.kind} is not generated`)
  }
}

const known = new Map<Rules, Map<string, string>>()

/** Each text once: the same mails are read three hundred times. */
function folded(rules: Rules, text: string): string {
  const texts = known.get(rules) ?? new Map<string, string>()
  known.set(rules, texts)
  const before = texts.get(text)
  if (before !== undefined) return before
  const done = rules.fold(text)
  texts.set(text, done)
  return done
}
