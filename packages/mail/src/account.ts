/** Where a mailbox is and how to log in: the shapes every operation of this package takes. */

export type ProviderId =
  | 'gmail'
  | 'icloud'
  | 'outlook'
  | 'yahoo'
  | 'fastmail'
  | 'protonmail'
  | 'generic'
  /** The local runner's embedded mailbox; not in `providers`. */
  | 'demo'

/** `implicit`: TLS from the first byte. `starttls`: upgraded before anything secret is sent, or refused. */
export type TlsMode = 'implicit' | 'starttls'

export interface MailServer {
  readonly host: string
  readonly port: number
  readonly tls: TlsMode
}

export type MailCredential =
  | { readonly type: 'password'; readonly password: string }
  /** SASL XOAUTH2. */
  | { readonly type: 'oauth'; readonly accessToken: string }

export interface MailAccount {
  readonly provider: ProviderId
  /** The address mail is sent from. */
  readonly address: string
  /** Further addresses that may stand in From. */
  readonly aliases: readonly string[]
  readonly displayName?: string
  readonly login: string
  readonly imap: MailServer
  readonly smtp: MailServer
  readonly credential: MailCredential
}
