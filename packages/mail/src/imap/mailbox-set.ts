/**
 * Mailboxes that the owner names in the settings: those hidden, and those in which nothing is changed. A hidden one is not
 * there, below every operation: names are refused where a command is given one, lists leave them out, and where labels are
 * on the messages (Gmail) a message with a hidden label is found and fetched nowhere. Compared without case, so that no
 * spelling of a server's opens one.
 */
import type { Mailbox } from '../message.ts'

export interface MailboxSet {
  readonly any: boolean
  /** The mailbox itself, or what it lies in. */
  has(path: string): boolean
  /** One of them lies in it, so that it cannot be renamed or deleted with what it holds. */
  isAbove(path: string): boolean
  /** The others. */
  visible(mailboxes: readonly Mailbox[]): readonly Mailbox[]
}

/** Until the server has named its own; one too many hides too much and never too little. */
const delimiters = ['/', '.', '\\']

/** `delimiterOf`: what the server said, where that is known. */
export function createMailboxSet(
  paths: readonly string[],
  { delimiterOf, viewsToo }: { delimiterOf: () => string | undefined; viewsToo: () => boolean },
): MailboxSet {
  const all = paths.map(fold)
  const separators = () => {
    const known = delimiterOf()
    return known === undefined ? delimiters : [known]
  }
  const isBelow = (path: string, parent: string) => separators().some((one) => path.startsWith(parent + one))
  const has = (path: string) => {
    const folded = fold(path)
    return all.some((one) => folded === one || isBelow(folded, one))
  }
  return {
    any: all.length > 0,
    has,
    isAbove: (path) => all.some((one) => isBelow(one, fold(path))),
    visible(mailboxes) {
      if (all.length === 0) return mailboxes
      // A view of the others shows what is in a hidden one, and nothing says which message that is.
      const isView = ({ specialUse }: Mailbox) => specialUse === 'all' || specialUse === 'flagged'
      return mailboxes.filter((one) => !has(one.path) && !(viewsToo() && isView(one)))
    },
  }
}

function fold(path: string): string {
  return path.normalize('NFC').toLowerCase()
}
