/**
 * The one error of this package. `code` is a closed set and stable: tools hand it to the model, the sign-in page
 * chooses its sentence by it. What the mail server, the resolver or a library said stays in `cause` and goes no further.
 */
export type MailErrorCode =
  /** The address or host is malformed, holds control characters, or the port is not one of 993, 143, 465, 587. */
  | 'invalid_input'
  /** Host unknown, refused by policy, or nothing answers: one answer for all, so that nobody can map a network. */
  | 'host_unreachable'
  /** Wrong name, self-signed, expired, or TLS below 1.2. */
  | 'tls_failed'
  /** The server offers no STARTTLS, or spoke before or through it. */
  | 'starttls_missing'
  | 'login_refused'
  /** Microsoft: passwords are switched off for this account. */
  | 'login_needs_oauth'
  /** The server does not take the access token: ended, withdrawn, or another account's. */
  | 'token_refused'
  /** The access token is good, but not for mail. */
  | 'token_scope_missing'
  /** IMAP or sending (SMTP AUTH) is switched off for this mailbox or its organisation. */
  | 'access_disabled'
  /** A rule of the organisation (conditional access, security defaults) keeps this connector out. */
  | 'access_blocked'
  /** No answer within the deadline. */
  | 'timeout'
  /** The server dropped the connection, said BYE, or answered nonsense. */
  | 'connection_lost'
  /** Too many connections or commands; try again later. */
  | 'throttled'
  /** The server refused a command that should work. */
  | 'server_refused'
  /** A temporary refusal (4xx), such as greylisting. */
  | 'try_later'
  /** This account may not send with this From. */
  | 'sender_refused'
  /** The server wants another login for sending. */
  | 'auth_required'
  /** The server sends nothing to other domains for this account. */
  | 'relay_refused'
  /** Spam, content or another rule of the server. */
  | 'policy_refused'
  | 'too_many_recipients'
  | 'mailbox_not_found'
  /** Sent and Drafts: nothing is moved into them. */
  | 'mailbox_protected'
  /** The owner lets this mailbox be read and no more. */
  | 'mailbox_read_only'
  | 'message_not_found'
  /** UIDVALIDITY changed: the ids of this mailbox are stale. */
  | 'stale_id'
  | 'over_quota'
  | 'too_large'
  | 'not_supported'

/**
 * The only error of this package. `message` is the code; what a server or library said is in `cause` and stays there.
 */
export class MailError extends Error {
  override readonly name = 'MailError'
  readonly code: MailErrorCode
  /** Which input is at fault, where the code is `invalid_input`. */
  readonly field?: string
  /** What is wrong with that input, in our words and the caller's own: an address that was typed, never foreign text. */
  readonly reason?: string
  /** Of `mailbox_not_found`: what the caller named, as they typed it, and the address of the account that has none. */
  readonly missing?: { readonly mailbox: string; readonly account: string }
  /** Which protocol failed, where that matters to the reader. */
  readonly protocol?: 'imap' | 'smtp'

  constructor(
    code: MailErrorCode,
    options: {
      cause?: unknown
      field?: string
      reason?: string | undefined
      missing?: { readonly mailbox: string; readonly account: string }
      protocol?: 'imap' | 'smtp'
    } = {},
  ) {
    super(code, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    if (options.field !== undefined) this.field = options.field
    if (options.reason !== undefined) this.reason = options.reason
    if (options.missing !== undefined) this.missing = options.missing
    if (options.protocol !== undefined) this.protocol = options.protocol
  }
}
