/**
 * What a sign-in guesses a password of: a server and a login, for IMAP and, where mail is to be sent, for SMTP. A
 * provider's own hosts are one server, chosen from the list or typed, so that they share one budget; other hosts
 * are compared without case and final dot. That two names lead to one server, or two logins to one mailbox, is known to
 * that server alone.
 */
import { isIPv6 } from 'node:net'
import type { MailAccount } from '@email-connector/mail'
import { providers } from '@email-connector/mail/providers'

type Protocol = 'imap' | 'smtp'

export interface GuessedMailbox {
  /** A provider's id, or a host that someone typed. */
  readonly server: string
  readonly login: string
  /** Which logins go there: both where one server does both. */
  readonly protocols: readonly Protocol[]
  /** Many people share a provider, which leads nowhere else; a typed host is shared by few, and may be anybody's. */
  readonly isTyped: boolean
}

/** The first one is asked first. */
export function guessedMailboxes(account: MailAccount, smtp: boolean): readonly GuessedMailbox[] {
  const login = fold(account.login)
  const [incoming, outgoing] = [serverOf(account.imap.host, account), serverOf(account.smtp.host, account)]
  const imap = { ...incoming, login, protocols: ['imap'] } as const
  if (!smtp) return [imap]
  if (incoming.server === outgoing.server) return [{ ...imap, protocols: ['imap', 'smtp'] }]
  return [imap, { ...outgoing, login, protocols: ['smtp'] }]
}

/** A Bridge is at 127.0.0.1, as anything else may be. */
const providerOfHost: ReadonlyMap<string, string> = new Map(
  providers
    .filter(({ signIn }) => signIn !== 'bridge')
    .flatMap(({ id, imap, smtp }) =>
      [imap, smtp].flatMap((server) => (server === undefined ? [] : [[fold(server.host), id] as const])),
    ),
)

function serverOf(host: string, chosen: Pick<MailAccount, 'provider'>): { server: string; isTyped: boolean } {
  const folded = fold(host).replace(/\.$/, '')
  // An IPv6 address has many spellings; URL knows one.
  const name = isIPv6(folded) ? new URL(`http://[${folded}]`).hostname : folded
  const provider = providerOfHost.get(name)
  return provider === undefined
    ? { server: name, isTyped: chosen.provider === 'generic' }
    : { server: provider, isTyped: false }
}

function fold(text: string): string {
  return text.trim().normalize('NFC').toLowerCase()
}
