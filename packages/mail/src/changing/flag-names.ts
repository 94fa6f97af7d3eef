/**
 * The names of flags as callers write them. `flagged` and `answered` mean the system flags wherever they are written;
 * `$Work` and `Work` are keywords. Gmail keeps no keywords that its own pages show: there a name without `\` and `$` is
 * a label, which may have spaces and levels. `\Deleted` is not to be set: deleting is a move, and a flag that another
 * client expunges later is a delayed loss.
 */
import { assertNoControls, invalid } from '../input.ts'

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
/** What belongs to the mailboxes that Gmail made. */
const gmailsOwn = /^\[(?:gmail|google mail)\]/i

const spoken: Readonly<Record<string, string>> = {
  flagged: '\\Flagged',
  starred: '\\Flagged',
  answered: '\\Answered',
  seen: '\\Seen',
  read: '\\Seen',
}

/** Flags as they go to any server. Throws `invalid_input` naming the field. */
export function assertFlags(flags: readonly string[], field: string): void {
  if (flags.length > maxNames || !flags.every(isFlag)) throw invalid(field)
}

/** What no server takes, before one is asked. Throws `invalid_input` naming the field. */
export function assertFlagNames(names: readonly string[], field: string): void {
  if (names.length > maxNames) throw invalid(field)
  for (const name of names) {
    assertNoControls(name, field)
    const isLabel = !/^[\\$]/.test(name) && name.trim() !== '' && name.length <= maxLabelChars
    if (!isFlag(toFlag(name)) && !isLabel) throw invalid(field)
  }
}

/** Throws `invalid_input` naming the field for a name that this kind of server does not take. */
export function readFlagNames(names: readonly string[], field: string, isGmail: boolean): NamedFlags {
  assertFlagNames(names, field)
  const named = names.map(toFlag)
  const isLabel = (name: string) => isGmail && !/^[\\$]/.test(name)
  const flags = named.filter((name) => !isLabel(name))
  const labels = named.filter(isLabel)
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

function isFlag(name: string): boolean {
  return systemFlags.has(name.toLowerCase()) || keyword.test(name)
}
