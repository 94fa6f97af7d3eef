/**
 * Where a mailbox goes that is to be made or renamed: a path as this server writes it, checked before the server is
 * asked. Mailboxes above it keep the spelling that they have, and what is there is not made beside itself.
 */
import { assertMailboxName, invalid } from '../input.ts'
import type { Mailbox, SpecialUse } from '../message.ts'
import { specialUseOfWord, withDelimiter } from './names.ts'

/** Their words find the mailbox that has the use, so that another of that name would be hard to reach. */
const wordsTaken: readonly SpecialUse[] = ['inbox', 'drafts', 'sent', 'trash', 'junk', 'archive']

/** `*` and `%` are LIST's wildcards: a mailbox named so could not be named again. */
export function assertNewName(name: string, field: string): void {
  assertMailboxName(name, field)
  if (/[*%]/.test(name)) throw invalid(field, '* and % cannot be in the name of a mailbox')
}

/** `renamed`: the mailbox that is to have the name. Throws `invalid_input` with the reason. */
export function toNewPath(
  mailboxes: readonly Mailbox[],
  typed: string,
  { field, renamed }: { field: string; renamed?: Mailbox },
): string {
  const delimiter = delimiterOf(mailboxes)
  const levels = toServerPath(mailboxes, typed).split(delimiter)
  if (levels.some((level) => level === '' || level !== level.trim())) {
    const parting = delimiter === '.' ? '. and / part levels on this server, and ' : ''
    throw invalid(field, `${parting}a level is empty or has a space at its beginning or end`)
  }
  const path = withSpellingAbove(mailboxes, levels, delimiter)
  if (renamed !== undefined && path === renamed.path)
    throw invalid(field, 'the mailbox has this name already')
  if (renamed !== undefined && path.startsWith(renamed.path + delimiter))
    throw invalid(field, 'a mailbox cannot go into itself')
  const isTaken = mailboxes.some(
    (one) => one.path !== renamed?.path && one.selectable && fold(one.path) === fold(path),
  )
  if (isTaken) throw invalid(field, nameTaken)
  const use = specialUseOfWord(typed)
  if (use !== undefined && wordsTaken.includes(use) && mailboxes.some((one) => one.specialUse === use))
    throw invalid(
      field,
      `it means the ${use} mailbox, which is there already: use that, or take another name`,
    )
  return path
}

export const nameTaken =
  'there is a mailbox with this name already, or one that differs in case only: use that, or take another name'

/** `invoices/2026` goes below `Invoices` where that is there: nobody wants two trees that differ in case. */
function withSpellingAbove(
  mailboxes: readonly Mailbox[],
  levels: readonly string[],
  delimiter: string,
): string {
  const paths = new Set(mailboxes.map(({ path }) => path))
  const alike = new Map<string, string[]>()
  for (const path of paths) {
    const known = alike.get(fold(path))
    if (known === undefined) alike.set(fold(path), [path])
    else known.push(path)
  }
  for (let end = levels.length - 1; end > 0; end -= 1) {
    const above = levels.slice(0, end).join(delimiter)
    if (paths.has(above)) break
    const [there, another] = alike.get(fold(above)) ?? []
    if (there !== undefined && another === undefined) return [there, ...levels.slice(end)].join(delimiter)
  }
  return levels.join(delimiter)
}

function fold(path: string): string {
  return path.normalize('NFC').toLowerCase()
}

export function delimiterOf(mailboxes: readonly Mailbox[]): string {
  return mailboxes.find((one) => one.delimiter !== '')?.delimiter ?? '/'
}

/** Of a new mailbox, as this server writes paths; one that keeps everything below INBOX gets its prefix. */
export function toServerPath(mailboxes: readonly Mailbox[], typed: string): string {
  const delimiter = delimiterOf(mailboxes)
  const name = withDelimiter(typed, delimiter)
  const prefix = `INBOX${delimiter}`
  const others = mailboxes.filter((one) => one.path !== 'INBOX')
  const prefixed = others.length > 0 && others.every((one) => one.path.toUpperCase().startsWith(prefix))
  return prefixed && !name.toUpperCase().startsWith(prefix) ? prefix + name : name
}
