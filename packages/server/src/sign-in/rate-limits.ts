/**
 * How often a password may be tried from outside (R42, R91, R40). A try is taken from its budgets before a mail server
 * is asked, so parallel tries cannot slip through, and given back unless it fails: only failures count. In 15 minutes:
 * - Per mailbox, at its IMAP and its SMTP server (guessed-mailbox.ts): 5 failures by strangers.
 * - The same again on the page of connections, where a network that has not failed may still try once, up to 25 in all.
 *   So neither one stranger nor anything at the sign-in keeps an owner in a new browser from revoking. It takes 25
 *   networks, and they get 25 guesses, which they could make at the mail server itself.
 * - Per mailbox, as many again for browsers that signed in to it before (known-browser.ts). Nothing that strangers do
 *   counts there, from whatever network.
 * - Per network, 10 failures, and failures at 5 mailboxes in an hour. Known browsers have 10 more for typed hosts, and
 *   once past them each mailbox one, up to 30: a host that let them in once may lead elsewhere now.
 * - Per typed host, 20 failures by all networks together: then it is closed to those that failed there.
 * A server that was not reached heard no guess: then only the network pays. Keys are HMACs: the store learns no
 * address. With the store down nothing can be counted, so nothing is tried: StoreUnavailableError goes up.
 */
import { createHmac } from 'node:crypto'
import type { MailAccount, MailErrorCode } from '@email-connector/mail'
import type { EpochSeconds, LinkRow } from '@email-connector/oauth'
import { networkOf } from '../http/network.ts'
import type { Budget, OnceStore } from '../store/once-store.ts'
import { type GuessedMailbox, guessedMailboxes } from './guessed-mailbox.ts'

const windowSeconds = 15 * 60
const ofMailbox = { windowSeconds, events: 5 }
const ofOwner = { windowSeconds, events: 5, eventsWithNewcomers: 25 }
const ofNetwork = { windowSeconds: 3600, events: 10, eventsSeconds: windowSeconds, members: 5 }
const ofKnownNetwork = { windowSeconds, events: 10, eventsWithNewcomers: 30 }
const maxFailuresAtTypedHost = 20
/** Two sign-ins, five attempts each. */
const maxAttemptsPerLink = 10

export type CountedLink = Pick<LinkRow, 'id' | 'expiresAt'>

export interface Try {
  readonly account: MailAccount
  /** Whether the SMTP server is asked too. */
  readonly smtp: boolean
  readonly ip: string
  readonly at: 'sign-in' | 'connections'
  /** A one-time link has tries of its own besides, and gets none back. */
  readonly link?: CountedLink
  /** The id of a browser that signed in to this mailbox before. */
  readonly knownAs: (mailbox: GuessedMailbox) => string | undefined
}

export interface TakenTry {
  /** To be called when the servers have answered; absent: with a success. */
  end(failure?: TryFailure): Promise<void>
}

export interface TryFailure {
  readonly protocol: 'imap' | 'smtp'
  readonly code: MailErrorCode
}

export interface SignInLimits {
  take(attempt: Try): Promise<TakenTry | 'exhausted'>
}

/** What a try takes one event of. */
interface Share {
  readonly budget: Budget
  readonly member: string
  /** Absent: it is the network's. */
  readonly mailbox?: GuessedMailbox
  readonly isKnown: boolean
}

interface TakenShare extends Share {
  /** The member was not there before. */
  readonly isNew: boolean
}

/** The password was not sent. */
const unheard: readonly MailErrorCode[] = [
  'host_unreachable',
  'tls_failed',
  'starttls_missing',
  'invalid_input',
]

export function createSignInLimits(options: {
  store: Pick<OnceStore, 'count' | 'takeFrom' | 'giveBack'>
  key: Uint8Array
  now: () => EpochSeconds
}): SignInLimits {
  const { store, now } = options
  const keyOf = (kind: string, ...parts: string[]) =>
    createHmac('sha256', options.key)
      .update(JSON.stringify(['limit', kind, ...parts]))
      .digest('base64url')
  /** Short: it tells the few hosts of one network apart. */
  const markOf = (server: string) => keyOf('host-mark', server).slice(0, 11)

  function shareOfMailbox(mailbox: GuessedMailbox, { ip, at, knownAs }: Try) {
    const { server, login } = mailbox
    const id = knownAs(mailbox)
    if (id !== undefined) {
      const budget = { ...ofOwner, key: keyOf('known', server, login) }
      return { budget, member: keyOf('browser', id), mailbox, isKnown: true }
    }
    const budget =
      at === 'connections'
        ? { ...ofOwner, key: keyOf('connections', server, login) }
        : { ...ofMailbox, key: keyOf('account', server, login) }
    return { budget, member: keyOf('network', networkOf(ip)), mailbox, isKnown: false }
  }

  /** Its member is what is guessed, and a mark for each of the servers. A provider's hosts lead nowhere else. */
  function sharesOfNetwork(mailboxes: readonly (Share & { mailbox: GuessedMailbox })[], ip: string): Share[] {
    const isKnown = mailboxes.every((one) => one.isKnown)
    if (isKnown && mailboxes.every(({ mailbox }) => !mailbox.isTyped)) return []
    const network = networkOf(ip)
    const guessed = mailboxes.flatMap(({ mailbox: { server, login } }) => [server, login])
    const marks = mailboxes.map(({ mailbox: { server } }) => markOf(server))
    const budget = isKnown
      ? { ...ofKnownNetwork, key: keyOf('known-ip', network) }
      : { ...ofNetwork, key: keyOf('ip', network) }
    return [{ budget, member: [keyOf('ip-account', network, ...guessed), ...marks].join('.'), isKnown }]
  }

  /** Whether one of the hosts is closed to a network that failed at `earlier` mailboxes. */
  async function isClosed(hosts: readonly GuessedMailbox[], earlier: readonly string[], at: EpochSeconds) {
    const marks = new Set(earlier.flatMap((member) => member.split('.').slice(1)))
    for (const { server } of hosts.filter((host) => marks.has(markOf(host.server)))) {
      const failures = await store.count(keyOf('host', server), windowSeconds, at, 0)
      if (failures >= maxFailuresAtTypedHost) return true
    }
    return false
  }

  /** In the window of the link's end, whenever the attempt is: one count for its whole life. */
  const attemptsWith = ({ id, expiresAt }: CountedLink) =>
    store.count(keyOf('link', id), windowSeconds, expiresAt)

  return {
    async take(attempt) {
      const { link } = attempt
      if (link !== undefined && (await attemptsWith(link)) > maxAttemptsPerLink) return 'exhausted'
      const takenAt = now()
      const ofMailboxes = guessedMailboxes(attempt.account, attempt.smtp).map((mailbox) =>
        shareOfMailbox(mailbox, attempt),
      )
      const typed = ofMailboxes.flatMap(({ mailbox, isKnown }) =>
        mailbox.isTyped && !isKnown ? [mailbox] : [],
      )
      const taken: TakenShare[] = []
      /** A network keeps a member that it tried in vain; a mailbox keeps those that failed. */
      const giveBack = async (shares: readonly TakenShare[], isSuccess: boolean) => {
        const forgets = ({ isNew, mailbox }: TakenShare) => isNew && (isSuccess || mailbox !== undefined)
        await Promise.all(
          shares.map((share) =>
            store.giveBack(share.budget, takenAt, forgets(share) ? share.member : undefined),
          ),
        )
      }

      for (const share of [...sharesOfNetwork(ofMailboxes, attempt.ip), ...ofMailboxes]) {
        const answer = await store.takeFrom(share.budget, share.member, takenAt)
        if (answer.outcome === 'taken')
          taken.push({ ...share, isNew: !answer.earlier.includes(share.member) })
        const goesOn =
          answer.outcome === 'taken' &&
          (share.mailbox !== undefined || !(await isClosed(typed, answer.earlier, takenAt)))
        if (goesOn) continue
        await giveBack(taken, false)
        return 'exhausted'
      }

      return {
        async end(failure) {
          if (failure === undefined) return giveBack(taken, true)
          const failedAt = typed.find(({ protocols }) => protocols.includes(failure.protocol))
          if (failedAt !== undefined)
            await store.count(keyOf('host', failedAt.server), windowSeconds, takenAt)
          const unowed = taken.filter((share) => !isOwed(share, failure))
          await giveBack(unowed, false)
        },
      }
    },
  }
}

/** A network pays for every failure, a mailbox for a password that its server heard. */
function isOwed({ mailbox, isKnown }: Share, { protocol, code }: TryFailure): boolean {
  if (mailbox === undefined) return true
  if (!mailbox.protocols.includes(protocol)) return false
  // For a known browser at a provider no network pays.
  return !unheard.includes(code) || (isKnown && !mailbox.isTyped)
}
