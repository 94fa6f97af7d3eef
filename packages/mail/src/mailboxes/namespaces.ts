/** Whose a mailbox is, by the prefixes that NAMESPACE names (RFC 2342): the owner's own, another user's, or shared. */
import { type ImapResponse, textOf } from '../imap/session.ts'

/** A server has one or two of each kind. */
const maxPrefixes = 100

export interface Namespaces {
  readonly keep: (response: ImapResponse) => void
  /** Without an answer every mailbox is. */
  isOwn(path: string): boolean
  /** Of the owner's own, what the owner sees of the path. */
  withoutPrefix(path: string): string
}

export function createNamespaces(decodePath: (path: string) => string): Namespaces {
  const own: string[] = []
  const others: string[] = []
  const prefixesOf = (list: unknown): string[] => {
    if (!Array.isArray(list)) return []
    return list
      .slice(0, maxPrefixes)
      .flatMap((one) => (Array.isArray(one) ? [decodePath(textOf(one[0]))] : []))
  }
  return {
    keep({ attributes = [] }) {
      const [personal, ofUsers, shared] = attributes
      own.push(...prefixesOf(personal).slice(0, maxPrefixes - own.length))
      const found = [...prefixesOf(ofUsers), ...prefixesOf(shared)]
      others.push(...found.slice(0, 2 * maxPrefixes - others.length))
    },
    // Cyrus has a shared namespace without a prefix: the longest decides.
    isOwn: (path) => path === 'INBOX' || lengthOfPrefix(path, own) >= lengthOfPrefix(path, others),
    withoutPrefix: (path) => path.slice(Math.max(0, lengthOfPrefix(path, own))),
  }
}

/** Of the longest; -1: none fits. */
function lengthOfPrefix(path: string, prefixes: readonly string[]): number {
  const fitting = prefixes.filter((prefix) => path.startsWith(prefix))
  return Math.max(-1, ...fitting.map((prefix) => prefix.length))
}
