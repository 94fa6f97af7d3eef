/**
 * What goes wrong with a tool call, in our words. A ToolError is a stable `code` and one sentence that says what to
 * do next. What a mail server, AWS or a library said never gets here: MailError carries it in `cause` only, and the
 * one switch below turns its code into our sentence.
 */
import { MailError, type MailErrorCode } from '@email-connector/mail'
import { toLine } from './fit.ts'

export type ToolErrorCode =
  | MailErrorCode
  | 'account_not_found'
  | 'account_not_allowed'
  | 'connection_ended'
  | 'permission_missing'
  | 'rate_limited'
  | 'credentials_unreadable'
  | 'settings_unreadable'
  /** A provider gives no more tokens until the owner signs in again. */
  | 'sign_in_needed'
  | 'provider_unavailable'
  | 'temporarily_unavailable'
  | 'key_reused'
  | 'send_in_progress'
  | 'declined'
  | 'not_confirmed'
  | 'owner_limit'
  | 'count_changed'
  | 'internal_error'

export class ToolError extends Error {
  override readonly name = 'ToolError'
  readonly code: ToolErrorCode
  readonly field?: string

  constructor(code: ToolErrorCode, sentence: string, options: { field?: string; cause?: unknown } = {}) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    if (options.field !== undefined) this.field = options.field
  }
}

/** What a sign-in stored and this deployment does not reach any more: no parameter that a caller could correct. */
const storedServer = /^(imap|smtp)_(host|port)$/

/** The exact reason stays in `cause` for the operator; this is the dull public sentence. */
export function toToolError(error: MailError, publicUrl: string, link?: string): ToolError {
  const [, protocol] = storedServer.exec(error.field ?? '') ?? []
  if (protocol === 'imap' || protocol === 'smtp')
    return toToolError(new MailError('host_unreachable', { protocol, cause: error }), publicUrl)
  const options = error.field === undefined ? { cause: error } : { field: error.field, cause: error }
  return new ToolError(error.code, sentenceFor(error, publicUrl, link), options)
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1)
}

/** `all` is a word for a mailbox, and few servers have such a one. */
function toMissingText({ mailbox, account }: { mailbox: string; account: string }): string {
  return mailbox.toLowerCase() === 'all'
    ? `${account} has no mailbox of all emails: search_emails without a query lists those of every mailbox, and a move needs one that list_mailboxes shows.`
    : `${account} has no mailbox ${JSON.stringify(toLine(mailbox, 100))}: list_mailboxes shows the names.`
}

/** `link`: one-time, for the owner, made for a refused login only. */
export function sentenceFor(error: MailError, publicUrl: string, link?: string): string {
  const server = error.protocol === 'smtp' ? 'The outgoing mail server' : 'The mail server'
  const connectAgain = `The owner can revoke this connection at ${publicUrl}/oauth/connections and connect again.`
  const signInAgain =
    link === undefined
      ? connectAgain
      : `The owner can sign in again at ${link} (within 15 minutes, once); the account stays connected.`
  const renew =
    link === undefined
      ? connectAgain
      : `The owner can store the new one at ${link} (within 15 minutes, once).`
  switch (error.code) {
    case 'invalid_input':
      return error.reason === undefined
        ? `"${error.field ?? 'A parameter'}" is not valid: correct it and call again.`
        : `"${error.field ?? 'A parameter'}" is not valid: ${error.reason}. Correct it and call again.`
    case 'host_unreachable':
      return `${server} cannot be reached. Try again in a minute; if this continues, connect again and check the host and port.`
    case 'tls_failed':
      return `${server} has no valid certificate, so nothing was sent to it. Its operator has to repair that.`
    case 'starttls_missing':
      return `${server} offers no encryption, so nothing was sent to it. Connect again with another port or TLS setting.`
    case 'login_refused':
      return `${server} refuses the stored password: it was changed or withdrawn. ${renew}`
    case 'login_needs_oauth':
      return `This provider has switched passwords off; the account needs its "Sign in with" button. ${signInAgain}`
    case 'token_refused':
      return `${server} does not accept the provider's sign-in for this mailbox: it was ended, or belongs to another account. ${signInAgain}`
    case 'token_scope_missing':
      return `The provider's sign-in does not cover mail: the box for mail was left out. ${signInAgain}`
    case 'access_disabled':
      return error.protocol === 'smtp'
        ? `Sending over SMTP is switched off for this mailbox: its owner or the organisation's administrator has to allow "Authenticated SMTP". If it is on, ${lower(signInAgain)}`
        : `IMAP is switched off for this mailbox: its owner or the organisation's administrator has to switch it on. If it is on, ${lower(signInAgain)}`
    case 'access_blocked':
      return `A rule of the organisation (conditional access, security defaults) keeps this connector out of the mailbox: an administrator has to allow it. ${signInAgain}`
    case 'timeout':
      return `${server} did not answer in time. Try again, or ask for less.`
    case 'connection_lost':
      return `${server} dropped the connection. Try again.`
    case 'throttled':
      return `${server} asks for fewer requests. Wait some minutes, then try again.`
    case 'server_refused':
      return `${server} refused the operation. Try again, or try it in the provider's own program.`
    case 'try_later':
      return `${server} asks to try again later; some delay what comes from a sender they do not know. Wait 15 minutes.`
    case 'sender_refused':
      return `${server} does not let this account send from this address. Use "from" with another address of the account, or ask the provider.`
    case 'auth_required':
      return `${server} does not accept the login for sending, though it took the password. ${connectAgain}`
    case 'relay_refused':
      return `${server} sends nothing to other domains for this account. The owner can connect again with the provider's own outgoing server.`
    case 'policy_refused':
      return `${server} refuses this email by a rule of its own, such as spam, content or policy. Change its text, links or attachments, or ask the provider.`
    case 'too_many_recipients':
      return `${server} does not take so many recipients at once. Send to fewer.`
    case 'mailbox_not_found':
      if (error.reason !== undefined)
        return `This account has no ${error.reason} folder, and the server lets none be made. The owner can make one in the provider's own program.`
      return error.missing === undefined
        ? 'This mailbox is gone or was renamed: search for its emails again, or see list_mailboxes for the names.'
        : toMissingText(error.missing)
    case 'mailbox_protected':
      return 'Nothing is moved into Sent or Drafts: choose another mailbox. draft_email makes drafts.'
    case 'mailbox_read_only':
      return `The owner lets this mailbox be read and nothing in it be changed. They can allow it at ${publicUrl}/oauth/connections.`
    case 'message_not_found':
      return error.field === 'attachment_id'
        ? 'There is no attachment with this "attachment_id": get_email lists them.'
        : 'This email is no longer where its id says: moved or deleted. Search for it again.'
    case 'stale_id':
      return 'The server renumbered this mailbox, so the id is stale. List or search again for a new one.'
    case 'over_quota':
      return error.protocol === 'smtp'
        ? `${server} says that a mailbox is full: the recipient's, or the account's own. Someone has to delete something first.`
        : 'The mailbox is full: the owner has to delete something first.'
    case 'too_large':
      return 'This is larger than the server or this connector accepts. Ask for less, or send less.'
    case 'not_supported':
      if (error.reason !== undefined) return `${server} cannot do that: ${error.reason}. Nothing was done.`
      return error.field === undefined
        ? 'This mail server cannot do that.'
        : `This mail server cannot do that: leave "${error.field}" out.`
  }
}
