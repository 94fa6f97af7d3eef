/**
 * What a failed IMAP exchange means, in our closed set of codes. The server's words decide only where no response
 * code (RFC 5530) does, and never leave `cause`.
 */
import { MailError, type MailErrorCode } from '../mail-error.ts'
import { readTokenRefusal } from '../token-refusal.ts'

/** What the library's errors may carry; none of it is certain. */
interface Failure {
  readonly code?: unknown
  readonly responseStatus?: unknown
  readonly responseText?: unknown
  readonly response?: unknown
  readonly serverResponseCode?: unknown
  readonly authenticationFailed?: unknown
  /** What the server said of an access token, parsed. */
  readonly oauthError?: unknown
  readonly tlsFailed?: unknown
  readonly reason?: unknown
  readonly message?: unknown
}

/** `token`: a login with an access token. */
export type ImapStage = 'login' | 'token' | 'select' | 'command'

export function toMailError(error: unknown, stage: ImapStage): MailError {
  if (error instanceof MailError) return error
  return new MailError(codeOf(isFailure(error) ? error : {}, stage), { cause: error, protocol: 'imap' })
}

/** A server's sentence; the expressions below may take the square of a longer one. */
const maxTextChars = 1_000

const throttling =
  /too many|throttl|rate.?limit|simultaneous|connection limit|maximum number of connections|command or bandwidth/i
/** Exchange has no response codes; it answers so when the mailbox's own server cannot be reached. */
const notNow = /server unavailable|authenticated but not connected|temporar(y|ily)|try again later/i
const passwordsOff = /basic\s?auth\w* is (disabled|blocked)|BasicAuth(Blocked|Disabled)|basic authentication/i
const noSuchMailbox =
  /(doesn'?t|does not|not) exist|unknown mailbox|no such (mailbox|folder)|mailbox not found/i
const certificate = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/

function codeOf(failure: Failure, stage: ImapStage): MailErrorCode {
  const code = String(failure.code ?? '')
  const text = [failure.responseText, failure.reason, failure.response]
    .map((one) => stringOrEmpty(one).slice(0, maxTextChars))
    .join(' ')
  const responseCode = String(failure.serverResponseCode ?? responseCodeOf(failure.response)).toUpperCase()

  if (code === 'ETHROTTLE' || (throttling.test(text) && responseCode !== 'AUTHENTICATIONFAILED'))
    return 'throttled'
  if (certificate.test(code)) return 'tls_failed'
  if (failure.tlsFailed === true) return 'starttls_missing'
  if (failure.responseStatus !== 'NO' && failure.responseStatus !== 'BAD') {
    if (failure.authenticationFailed !== true) return 'connection_lost'
    if (stage === 'token') return readTokenRefusal(text, failure.oauthError)
    return stage === 'login' ? 'login_refused' : 'connection_lost'
  }
  if (stage === 'login' || stage === 'token') {
    if (stage === 'login' && passwordsOff.test(text)) return 'login_needs_oauth'
    // RFC 5530 §3: these say "not now", not "wrong password"
    if (['UNAVAILABLE', 'INUSE', 'LIMIT', 'OVERQUOTA'].includes(responseCode)) return 'throttled'
    if (responseCode === 'SERVERBUG') return 'server_refused'
    if (responseCode === '' && notNow.test(text)) return 'throttled'
    return stage === 'token' ? readTokenRefusal(text, failure.oauthError) : 'login_refused'
  }
  switch (responseCode) {
    case 'NONEXISTENT':
    case 'TRYCREATE':
      return 'mailbox_not_found'
    case 'OVERQUOTA':
      return 'over_quota'
    case 'TOOBIG':
      return 'too_large'
    case 'LIMIT':
    case 'INUSE':
      return 'throttled'
    case 'BADCHARSET':
    case 'UNKNOWN-CTE':
      return 'not_supported'
    case 'EXPUNGEISSUED':
      return 'message_not_found'
  }
  if (/quota/i.test(text)) return 'over_quota'
  if (responseCode === '' && notNow.test(text)) return 'throttled'
  return stage === 'select' && noSuchMailbox.test(text) ? 'mailbox_not_found' : 'server_refused'
}

/**
 * RFC 9051 §6.4.4: a server that does not know UTF-8 answers NO [BADCHARSET]. Others say so in words, or do not
 * understand the literal or the CHARSET at all.
 */
export function isCharsetRefused(error: unknown): boolean {
  if (!(error instanceof MailError) || !isFailure(error.cause)) return false
  const { responseStatus, responseText } = error.cause
  if (error.code === 'not_supported' || responseStatus === 'BAD') return true
  return responseStatus === 'NO' && /charset/i.test(stringOrEmpty(responseText).slice(0, maxTextChars))
}

/** RFC 9051 §7.1, TRYCREATE: nothing was done, and the same will do once the mailbox is there. */
export function isToBeMade(error: unknown): boolean {
  return isRefusedWith('TRYCREATE', error)
}

/** RFC 5530 §3, ALREADYEXISTS: there is a mailbox of this name, whether the server lists it or not. */
export function isThereAlready(error: unknown): boolean {
  return isRefusedWith('ALREADYEXISTS', error)
}

/** RFC 5530 §3, CANNOT: the same will never do, such as a name that is too long for the server. */
export function isNeverDone(error: unknown): boolean {
  return isRefusedWith('CANNOT', error)
}

function isRefusedWith(responseCode: string, error: unknown): boolean {
  const cause = error instanceof MailError ? error.cause : undefined
  if (!isFailure(cause) || cause.responseStatus !== 'NO') return false
  return String(cause.serverResponseCode ?? responseCodeOf(cause.response)).toUpperCase() === responseCode
}

function isFailure(error: unknown): error is Failure {
  return typeof error === 'object' && error !== null
}

function stringOrEmpty(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The bracketed code of a parsed tagged response; the library replaces the response by its text after a login. */
function responseCodeOf(response: unknown): string {
  if (!isParsed(response)) return ''
  const value = response.attributes?.[0]?.section?.[0]?.value
  return typeof value === 'string' ? value : ''
}

interface Parsed {
  readonly attributes?: readonly ({ readonly section?: readonly ({ value?: unknown } | null)[] } | null)[]
}

function isParsed(response: unknown): response is Parsed {
  return typeof response === 'object' && response !== null && 'attributes' in response
}
