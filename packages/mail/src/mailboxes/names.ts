/** Special uses (RFC 6154) and the names our callers use for them. */
import { breakMarkup } from '../body-text/break-markup.ts'
import { removeInvisible } from '../body-text/invisible-characters.ts'
import type { Mailbox, SpecialUse } from '../message.ts'

const byAttribute: Readonly<Record<string, SpecialUse>> = {
  '\\inbox': 'inbox',
  '\\drafts': 'drafts',
  '\\sent': 'sent',
  '\\trash': 'trash',
  '\\junk': 'junk',
  '\\archive': 'archive',
  '\\all': 'all',
  '\\flagged': 'flagged',
}

export function specialUseOfAttribute(attribute: string): SpecialUse | undefined {
  return byAttribute[attribute.toLowerCase()]
}

/** Whom the owner wrote to, and what is to be sent, is read off these: no tool moves anything into them. */
export function takesNothing({ specialUse }: { readonly specialUse?: SpecialUse | undefined }): boolean {
  return specialUse === 'sent' || specialUse === 'drafts'
}

const spoken: Readonly<Record<string, SpecialUse>> = {
  inbox: 'inbox',
  drafts: 'drafts',
  draft: 'drafts',
  sent: 'sent',
  trash: 'trash',
  bin: 'trash',
  junk: 'junk',
  spam: 'junk',
  archive: 'archive',
  all: 'all',
  flagged: 'flagged',
  starred: 'flagged',
}

/** Of a word that people say for one, in any case. */
export function specialUseOfWord(word: string): SpecialUse | undefined {
  const name = word.toLowerCase()
  return Object.hasOwn(spoken, name) ? spoken[name] : undefined
}

/**
 * The mailbox a name means. The word of a special use itself (`trash`, in lower case) means that one wherever there is
 * one: a plain mailbox `trash` beside `Papierkorb (\Trash)` must not swallow what is filed as trash. Any other spelling
 * is an exact path first (`Trash`, `Projects/trash`), then another word for a special use (`bin`, `SENT`), then a path
 * that differs in case or in what nobody sees only, then one that lacks only the server's prefix (`INBOX.`). `/` parts
 * levels on every server, whatever its own delimiter is. `undefined`: none, or more than one.
 */
export function findMailbox(mailboxes: readonly Mailbox[], name: string): Mailbox | undefined {
  return createFinder(mailboxes)(name)
}

/** Reads the paths once for all the names that are looked for. */
function createFinder(mailboxes: readonly Mailbox[]): (name: string) => Mailbox | undefined {
  let shown: readonly string[] | undefined
  return (name) => {
    if (name.toUpperCase() === 'INBOX') return mailboxes.find((one) => one.path.toUpperCase() === 'INBOX')
    const use = specialUseOfWord(name)
    const special = use && mailboxes.find((one) => one.specialUse === use)
    if (special !== undefined && name === use) return special
    const exact =
      mailboxes.find((one) => one.path === name) ??
      mailboxes.find((one) => one.path === withDelimiter(name, one.delimiter))
    if (exact !== undefined) return exact
    if (special !== undefined) return special
    shown ??= mailboxes.map(({ path }) => toShown(path))
    const paths = shown
    const spellings = createSpellings(name)
    const alike = mailboxes.filter((one, at) => spellings(one.delimiter).includes(paths[at] ?? ''))
    if (alike.length === 1) return alike[0]
    const prefixed = mailboxes.filter((one, at) =>
      spellings(one.delimiter).some((lower) => paths[at] === `inbox${one.delimiter}${lower}`),
    )
    return prefixed.length === 1 ? prefixed[0] : undefined
  }
}

/**
 * The same, and where there is none the one that is named with another server's manners: `/Projects/`, `INBOX/Projects`
 * where nothing is below INBOX, `Projects.2026` where `/` parts levels. For mailboxes as they are listed now: a path
 * that memory does not know yet comes first.
 */
export function findMailboxLoosely(mailboxes: readonly Mailbox[], name: string): Mailbox | undefined {
  const delimiter = mailboxes.find((one) => one.delimiter !== '')?.delimiter ?? '/'
  const bare = stripOuter(name, ['/', delimiter])
  const slashed = bare.replaceAll('.', '/')
  const spellings = [name, bare, withoutInbox(bare, delimiter), slashed, withoutInbox(slashed, delimiter)]
  const find = createFinder(mailboxes)
  for (const spelling of new Set(spellings)) {
    const found = spelling === '' ? undefined : find(spelling)
    if (found !== undefined) return found
  }
  return undefined
}

/** Of a name, by the delimiter of a mailbox: servers have one, seldom two. */
function createSpellings(name: string): (delimiter: string) => readonly string[] {
  const known = new Map<string, readonly string[]>()
  return (delimiter) => {
    const found = known.get(delimiter) ?? [name, withDelimiter(name, delimiter)].map(toShown)
    known.set(delimiter, found)
    return found
  }
}

function stripOuter(name: string, parting: readonly string[]): string {
  let [from, to] = [0, name.length]
  while (from < to && parting.includes(name.charAt(from))) from += 1
  while (from < to && parting.includes(name.charAt(to - 1))) to -= 1
  return name.slice(from, to)
}

function withoutInbox(name: string, delimiter: string): string {
  const prefixes = ['INBOX/', `INBOX${delimiter}`]
  return prefixes.includes(name.slice(0, 6).toUpperCase()) ? name.slice(6) : name
}

/** `Projects/2026` on a server that writes `Projects.2026`. A server without levels keeps the `/`. */
export function withDelimiter(name: string, delimiter: string): string {
  return delimiter === '' ? name : name.replaceAll('/', delimiter)
}

/** As an answer names it: what turns a line around or prints nothing is left out there, and markup has a blank. */
function toShown(path: string): string {
  return breakMarkup(removeInvisible(path.replaceAll(/\p{Cc}+/gu, ' ')).text)
    .normalize('NFC')
    .toLowerCase()
}
