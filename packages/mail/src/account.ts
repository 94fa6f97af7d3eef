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
  /** An organisation's own mail servers and sign-in, which the owner of the deployment set up; not in `providers`. */
  | 'organisation'
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

/** How a token is presented: what Google and Microsoft invented, or its standard (RFC 7628). */
export type TokenMechanism = 'XOAUTH2' | 'OAUTHBEARER'

/** What the login is made with: LOGIN or AUTH with a password, or a token in one command. */
export type MailCredential =
  | { readonly type: 'password'; readonly password: string }
  | {
      readonly type: 'oauth'
      readonly accessToken: string
      /** Absent: over IMAP what the server offers, over SMTP XOAUTH2. */
      readonly mechanism?: TokenMechanism
    }

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
