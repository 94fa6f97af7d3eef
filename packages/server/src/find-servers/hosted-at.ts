/** Which provider has a domain's mail, by where it is delivered to (MX) or by the names of its servers. */
import type { ProviderId } from '@email-connector/mail'
import { providers } from '@email-connector/mail/providers'

/** Host names as the providers' own pages for domain owners give them; `.` in front: whatever ends so. */
const deliveredTo: readonly (readonly [ending: string, provider: ProviderId])[] = [
  ['.mail.protection.outlook.com', 'outlook'],
  ['.mx.microsoft', 'outlook'],
  ['.olc.protection.outlook.com', 'outlook'],
  ['aspmx.l.google.com', 'gmail'],
  ['.aspmx.l.google.com', 'gmail'],
  ['.googlemail.com', 'gmail'],
  ['smtp.google.com', 'gmail'],
  ['.mail.icloud.com', 'icloud'],
  ['.messagingengine.com', 'fastmail'],
  ['mail.protonmail.ch', 'protonmail'],
  ['mailsec.protonmail.ch', 'protonmail'],
]

/** `exchanges`: the most preferred first, which decides. */
export function hostedAt(exchanges: readonly string[]): ProviderId | undefined {
  const [first = ''] = exchanges
  const name = toName(first)
  return deliveredTo.find(([ending]) =>
    ending.startsWith('.') ? name.endsWith(ending) : name === ending,
  )?.[1]
}

/** A provider's own host for IMAP: its tile says more than a host could. */
export function providerOfImapHost(host: string): ProviderId | undefined {
  const name = toName(host)
  return providers.find(({ imap, signIn }) => signIn !== 'bridge' && imap?.host === name)?.id
}

function toName(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}
