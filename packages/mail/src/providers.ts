/**
 * The mail providers a person can choose by name: hosts, ports, and what is true of signing in to each. Pages and tools
 * show `note` and `appPasswordUrl` as they stand here. Facts were read in the vendors' own documents, not tried live.
 */
import type { MailServer, ProviderId } from './account.ts'

/** A mail provider whose servers the owner need not type. */
export interface Provider {
  readonly id: ProviderId
  readonly name: string
  /** `oauth`: passwords do not work at all. `bridge`: only beside a program on the owner's own machine. */
  readonly signIn: 'app_password' | 'oauth' | 'bridge' | 'password'
  readonly appPasswordUrl?: string
  /** One true sentence or two for the person who signs in. */
  readonly note: string
  /** Absent where the owner types them. */
  readonly imap?: MailServer
  readonly smtp?: MailServer
  readonly domains: readonly string[]
  /** The submission server files a copy in Sent by itself; a second one would be a duplicate. */
  readonly filesSentCopy: boolean
}

/** In the order in which people are shown them. The demo mailbox is none of them. */
export const providers: readonly Provider[] = [
  {
    id: 'gmail',
    name: 'Gmail and Google Workspace',
    signIn: 'app_password',
    appPasswordUrl: 'https://myaccount.google.com/apppasswords',
    note: 'Google needs an app password, not your normal one. It can be made once 2-Step Verification is on.',
    imap: { host: 'imap.gmail.com', port: 993, tls: 'implicit' },
    smtp: { host: 'smtp.gmail.com', port: 465, tls: 'implicit' },
    domains: ['gmail.com', 'googlemail.com'],
    filesSentCopy: true,
  },
  {
    id: 'icloud',
    name: 'iCloud Mail',
    signIn: 'app_password',
    appPasswordUrl: 'https://account.apple.com/account/manage',
    note: 'Apple needs an app-specific password, which can be made once two-factor authentication is on.',
    imap: { host: 'imap.mail.me.com', port: 993, tls: 'implicit' },
    smtp: { host: 'smtp.mail.me.com', port: 587, tls: 'starttls' },
    domains: ['icloud.com', 'me.com', 'mac.com'],
    filesSentCopy: false,
  },
  {
    id: 'outlook',
    name: 'Outlook.com and Microsoft 365',
    signIn: 'oauth',
    note: 'Microsoft switched off passwords and app passwords for mail programs in September 2024. Only “Sign in with Microsoft” works.',
    imap: { host: 'outlook.office365.com', port: 993, tls: 'implicit' },
    smtp: { host: 'smtp.office365.com', port: 587, tls: 'starttls' },
    domains: ['outlook.com', 'hotmail.com', 'live.com', 'msn.com'],
    filesSentCopy: true,
  },
  {
    id: 'yahoo',
    name: 'Yahoo Mail',
    signIn: 'app_password',
    appPasswordUrl: 'https://login.yahoo.com/account/security',
    note: 'Yahoo needs an app password, made on its account security page.',
    imap: { host: 'imap.mail.yahoo.com', port: 993, tls: 'implicit' },
    smtp: { host: 'smtp.mail.yahoo.com', port: 465, tls: 'implicit' },
    domains: ['yahoo.com', 'ymail.com', 'rocketmail.com', 'yahoo.co.uk', 'yahoo.de', 'yahoo.fr', 'yahoo.ca'],
    filesSentCopy: false,
  },
  {
    id: 'fastmail',
    name: 'Fastmail',
    signIn: 'app_password',
    appPasswordUrl: 'https://app.fastmail.com/settings/security',
    note: 'Fastmail needs an app password with access to mail. Basic plans have no IMAP access.',
    imap: { host: 'imap.fastmail.com', port: 993, tls: 'implicit' },
    smtp: { host: 'smtp.fastmail.com', port: 465, tls: 'implicit' },
    domains: ['fastmail.com', 'fastmail.fm'],
    filesSentCopy: false,
  },
  {
    id: 'protonmail',
    name: 'Proton Mail (through Bridge)',
    signIn: 'bridge',
    note: 'Proton Mail is reachable only through Proton Mail Bridge, which listens on its own machine: this server must run there too. Use the password that Bridge shows.',
    imap: { host: '127.0.0.1', port: 1143, tls: 'starttls' },
    smtp: { host: '127.0.0.1', port: 1025, tls: 'starttls' },
    domains: ['proton.me', 'protonmail.com', 'pm.me'],
    filesSentCopy: true,
  },
  {
    id: 'generic',
    name: 'Another mail server (IMAP and SMTP)',
    signIn: 'password',
    note: 'The mail password, or an app password where the provider offers them. The hosts are in the provider’s help pages.',
    domains: [],
    filesSentCopy: false,
  },
]

/** Submission servers that file the Sent copy themselves, whichever provider was chosen at sign-in. */
const sentCopyHosts = new Set(['smtp.gmail.com', 'smtp.office365.com', 'smtp-mail.outlook.com'])

export function findProvider(id: string): Provider | undefined {
  return providers.find((provider) => provider.id === id)
}

/** By the address's domain alone; a custom domain at a known provider is not recognised. */
export function suggestProvider(address: string): ProviderId | undefined {
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase()
  return providers.find((provider) => provider.domains.includes(domain))?.id
}

/** Whether a copy in Sent appears without us, judged by provider and, for `generic`, by the submission host. */
export function filesSentCopy(account: { provider: ProviderId; smtp: { host: string } }): boolean {
  return (
    sentCopyHosts.has(account.smtp.host.toLowerCase()) ||
    findProvider(account.provider)?.filesSentCopy === true
  )
}
