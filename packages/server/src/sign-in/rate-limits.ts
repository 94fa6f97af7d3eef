/**
 * How often a mailbox may be tried from outside (R42, R40): failures per account, failures and accounts per address
 * of the internet, attempts per typed host. Counted before the mail server is contacted, so parallel tries cannot slip
 * through; a success is taken off again. Keys are HMACs: the store learns nobody's address.
 * With the store down nothing can be counted, so nothing is tried: StoreUnavailableError goes up and the form is closed.
 */
import { createHmac } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { MailAccount } from '@email-connector/mail'
import type { EpochSeconds, LinkRow } from '@email-connector/oauth'
import type { OnceStore } from '../store/once-store.ts'

const windowSeconds = 15 * 60
const hourSeconds = 3600
const maxFailuresPerAccount = 5
const maxFailuresPerIp = 10
const maxAccountsPerIp = 5
/** Two sign-ins, five attempts each. */
const maxAttemptsPerLink = 10
/** Many people share a provider; a host that someone typed is shared by few. */
const maxAttemptsPerTypedHost = 20

export type CountedLink = Pick<LinkRow, 'id' | 'expiresAt'>

export interface SignInLimits {
  /** Takes one attempt; `succeeded` gives it back. A one-time link has some of its own, and gets none back. */
  take(account: MailAccount, ip: string, link?: CountedLink): Promise<'taken' | 'exhausted'>
  succeeded(account: MailAccount, ip: string): Promise<void>
}

export function createSignInLimits(options: {
  store: Pick<OnceStore, 'count' | 'countDistinct'>
  key: Uint8Array
  now: () => EpochSeconds
}): SignInLimits {
  const { store, now } = options
  const keyOf = (kind: string, ...parts: string[]) =>
    createHmac('sha256', options.key)
      .update(JSON.stringify(['limit', kind, ...parts]))
      .digest('base64url')

  const accountOf = ({ imap, login }: MailAccount) => [imap.host.toLowerCase(), login.trim().toLowerCase()]

  /** Attempts that failed or still run, this one included. */
  const failuresAfterTaking = (subject: string) => store.count(subject, windowSeconds, now())
  const giveBack = (subject: string) => store.count(subject, windowSeconds, now(), -1)

  const accountsOfIp = (account: MailAccount, ip: string) =>
    store.countDistinct(
      keyOf('ip-accounts', ip),
      keyOf('ip-account', ip, ...accountOf(account)),
      hourSeconds,
      now(),
    )

  /** In the window of the link's end, whenever the attempt is: one count for its whole life. */
  const attemptsWith = ({ id, expiresAt }: CountedLink) =>
    store.count(keyOf('link', id), windowSeconds, expiresAt)

  return {
    async take(account, peer, link) {
      if (link !== undefined && (await attemptsWith(link)) > maxAttemptsPerLink) return 'exhausted'
      const ip = networkOf(peer)
      if ((await failuresAfterTaking(keyOf('ip', ip))) > maxFailuresPerIp) return 'exhausted'
      if ((await failuresAfterTaking(keyOf('account', ...accountOf(account)))) > maxFailuresPerAccount) {
        return 'exhausted'
      }
      if ((await accountsOfIp(account, ip)) > maxAccountsPerIp) return 'exhausted'
      if (account.provider !== 'generic') return 'taken'
      const toHost = await store.count(keyOf('host', account.imap.host), windowSeconds, now())
      return toHost > maxAttemptsPerTypedHost ? 'exhausted' : 'taken'
    },

    async succeeded(account, peer) {
      await Promise.all([
        giveBack(keyOf('ip', networkOf(peer))),
        giveBack(keyOf('account', ...accountOf(account))),
      ])
    },
  }
}

/** One household or machine: an IPv4 address, or the /64 of an IPv6 one. */
function networkOf(ip: string): string {
  const address = ip.split('%')[0] ?? ''
  if (!isIPv6(address)) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
