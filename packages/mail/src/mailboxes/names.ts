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
  if (name.toUpperCase() === 'INBOX') return mailboxes.find((one) => one.path.toUpperCase() === 'INBOX')
  const use = specialUseOfWord(name)
  const special = use && mailboxes.find((one) => one.specialUse === use)
  if (special !== undefined && name === use) return special
  const exact =
    mailboxes.find((one) => one.path === name) ??
    mailboxes.find((one) => one.path === withDelimiter(name, one.delimiter))
  if (exact !== undefined) return exact
  if (special !== undefined) return special
  const spellings = (delimiter: string) => [name, withDelimiter(name, delimiter)].map(toShown)
  const alike = mailboxes.filter((one) => spellings(one.delimiter).includes(toShown(one.path)))
  if (alike.length === 1) return alike[0]
  const prefixed = mailboxes.filter((one) =>
    spellings(one.delimiter).some((lower) => toShown(one.path) === `inbox${one.delimiter}${lower}`),
  )
  return prefixed.length === 1 ? prefixed[0] : undefined
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
