/** Where a mailbox is and how to log in: the shapes every operation of this package takes. */

/** A row of `providers`, `generic` for servers that the owner typed, or `demo`. */
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

/** One server, as the owner or the list of providers names it. The port decides the TLS mode (`HostPolicy`). */
export interface MailServer {
  readonly host: string
  readonly port: number
  readonly tls: TlsMode
}

/** What the login is made with: LOGIN or AUTH with a password, or XOAUTH2 with a token. */
export type MailCredential =
  | { readonly type: 'password'; readonly password: string }
  /** SASL XOAUTH2. */
  | { readonly type: 'oauth'; readonly accessToken: string }

/** One mailbox and its login. Holds the secret: never logged, kept only sealed. */
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
