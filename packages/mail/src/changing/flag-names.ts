/**
 * The names of flags as callers write them. `flagged` and `answered` mean the system flags wherever they are written;
 * `$Work` and `Work` are keywords. Gmail keeps no keywords that its own pages show: there a name without `\` and `$` is
 * a label, which may have spaces and levels. `\Deleted` is not to be set: deleting is a move, and a flag that another
 * client expunges later is a delayed loss.
 */
import { assertNoControls, invalid } from '../input.ts'
import type { FlagChange } from './refs-by-mailbox.ts'

export interface NamedFlags {
  /** RFC 9051 §2.3.2. */
  readonly flags: readonly string[]
  /** Gmail's X-GM-LABELS. */
  readonly labels: readonly string[]
}

const maxNames = 20
/** Gmail takes no longer label. */
const maxLabelChars = 225
const systemFlags = new Set(['\\seen', '\\answered', '\\flagged', '\\draft'])
/** RFC 9051 §9, flag-keyword: an atom. */
const keyword = /^[A-Za-z0-9$_][A-Za-z0-9$_.:+\-/]{0,99}$/
/** Labels that Gmail made and lets others set; `\\Inbox` brings an archived message back. */
const systemLabels = new Set(['\\inbox', '\\important'])
/** What belongs to the mailboxes that Gmail made. */
const gmailsOwn = /^\[(?:gmail|google mail)\]/i

const spoken: Readonly<Record<string, string>> = {
  flagged: '\\Flagged',
  starred: '\\Flagged',
  star: '\\Flagged',
  answered: '\\Answered',
  seen: '\\Seen',
  read: '\\Seen',
}

/** What people say where they mean that a flag goes: to add one is to take the flag away. */
const opposites: Readonly<Record<string, string>> = {
  unread: '\\Seen',
  unseen: '\\Seen',
  unflagged: '\\Flagged',
  unstarred: '\\Flagged',
  unanswered: '\\Answered',
}

/** In lower case, as callers name special uses: `Archive` may be a label, and `Junk` is a keyword of some programs. */
const places = new Set(['inbox', 'spam', 'junk', 'archive', 'trash', 'bin'])

/** With `unread` to be added as the flag to be removed, and the other way round. */
export function toFlagChange({ add, remove }: FlagChange): FlagChange {
  const meant = (names: readonly string[]) => names.flatMap((name) => oppositeOf(name) ?? [])
  const rest = (names: readonly string[]) => names.filter((name) => oppositeOf(name) === undefined)
  return { add: [...rest(add), ...meant(remove)], remove: [...rest(remove), ...meant(add)] }
}

function oppositeOf(word: string): string | undefined {
  const name = word.toLowerCase()
  return Object.hasOwn(opposites, name) ? opposites[name] : undefined
}

/** Flags as they go to any server. Throws `invalid_input` naming the field. */
export function assertFlags(flags: readonly string[], field: string): void {
  if (flags.length > maxNames || !flags.every(isFlag)) throw invalid(field)
}

/**
 * What no server takes, and what a caller means by none of these: a place to which emails are moved, the opposite of a
 * flag. Before a server is asked. Throws `invalid_input` naming the field, with the reason of what was meant otherwise.
 */
export function assertFlagNames(names: readonly string[], field: string): void {
  assertNames(names, field)
  for (const name of names) {
    // One that an email has may be taken off it.
    if (field !== 'remove' && places.has(name)) throw invalid(field, `${name} is a mailbox and no flag`)
    if (oppositeOf(name) !== undefined) throw invalid(field, `${name} takes a flag away and is none`)
  }
}

/** Exactly as they are: what an undo gives back may be called as a mailbox. */
function assertNames(names: readonly string[], field: string): void {
  if (names.length > maxNames) throw invalid(field)
  for (const name of names) {
    assertNoControls(name, field)
    if (!isFlag(toFlag(name)) && !isLabel(name)) throw invalid(field)
  }
}

/** Throws `invalid_input` naming the field for a name that this kind of server does not take. */
export function readFlagNames(names: readonly string[], field: string, isGmail: boolean): NamedFlags {
  assertNames(names, field)
  const named = names.map(toFlag)
  const flags = named.filter((name) => !isGmail || !isLabel(name))
  const labels = named.filter((name) => isGmail && isLabel(name))
  assertFlags(flags, field)
  if (labels.some((label) => gmailsOwn.test(label))) throw invalid(field)
  return { flags, labels }
}

/** Of a word that people say for one. */
export function systemFlagOf(word: string): string | undefined {
  const name = word.toLowerCase()
  return Object.hasOwn(spoken, name) ? spoken[name] : undefined
}

function toFlag(name: string): string {
  return systemFlagOf(name) ?? name
}

/** As a label of Gmail; also what an undo may give back. */
export function isLabel(name: string): boolean {
  if (systemLabels.has(name.toLowerCase())) return true
  return !/^[\\$]/.test(name) && name.trim() !== '' && name.length <= maxLabelChars
}

function isFlag(name: string): boolean {
  return systemFlags.has(name.toLowerCase()) || keyword.test(name)
}
