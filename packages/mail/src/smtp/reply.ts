/**
 * What an SMTP reply means to us, by its codes (RFC 5321 §4.2, RFC 3463) and, where vendors put the reason into words
 * only, by those words. The server's text itself goes no further than `cause`.
 */
import { MailError, type MailErrorCode } from '../mail-error.ts'
import { readTokenRefusal } from '../token-refusal.ts'
import { isTransient, type Refusal, type Reply, toRefusal } from './refusal-rules.ts'

/** What nodemailer's errors carry: `response` is the raw reply, absent when none arrived. */
export interface SmtpFailure extends Error {
  code?: string | undefined
  response?: string | undefined
  responseCode?: number | undefined
  /** What the operating system or TLS called it. */
  originalCode?: string | undefined
  /** What it answers: `MAIL FROM`, `RCPT TO`, `DATA`. */
  command?: string | undefined
  recipient?: string | undefined
  rejectedErrors?: SmtpFailure[] | undefined
}

/** Why one recipient was refused, from reply and enhanced status code (RFC 3463). */
export type RecipientRefusal =
  | 'no_such_recipient'
  | 'mailbox_full'
  | 'refused'
  | Exclude<Refusal, 'over_quota'>

/** Microsoft: 535 5.7.139 "…basic authentication is disabled", "SmtpClientAuthentication is disabled for the Tenant". */
const passwordsSwitchedOff =
  /5\.7\.139|basic authentication is disabled|SmtpClientAuthentication is disabled/i
/** Microsoft says 5.7.139 of a wrong password too. */
const passwordIsWrong = /credentials were incorrect/i
/** RFC 4954 §6, 454: the server's own trouble, such as its password database being away. */
const notNow = /\btemporar(?:y|ily)\b/i
const tooManyLogins = /too many|rate ?limit/i
/** Gmail 421/454 4.7.0, 550 5.4.5 (daily limit); Microsoft 432 4.3.2, 451 4.7.500, 554 5.2.0 "submission quota". */
const tooMuch =
  /\b(?:4\.7\.\d+|4\.3\.2|4\.5\.3|5\.4\.5)\b|too many|rate limit|sending limit|submission quota|try again later/i

const dropped = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'])

export function readLoginRefusal(failure: SmtpFailure): MailError {
  const { response = '' } = failure
  if (passwordsSwitchedOff.test(response) && !passwordIsWrong.test(response)) {
    return smtpError('login_needs_oauth', failure)
  }
  return smtpError(
    readDelay(failure) ?? (refusesLogin(failure) ? 'login_refused' : 'server_refused'),
    failure,
  )
}

/** `challenge`: what the server said of the access token, parsed. */
export function readTokenLoginRefusal(failure: SmtpFailure, challenge: unknown): MailError {
  const { response = '', responseCode = 0 } = failure
  const delay = readDelay(failure)
  if (delay !== undefined) return smtpError(delay, failure)
  // a 235 after a refusal is no login
  if (responseCode < 500) return smtpError('server_refused', failure)
  return smtpError(readTokenRefusal(response, challenge), failure)
}

/** Undefined where the server does not ask to wait. */
function readDelay({ response = '', responseCode = 0 }: SmtpFailure): 'throttled' | 'try_later' | undefined {
  if (responseCode === 421) return 'throttled'
  if (!isTransient(responseCode)) return undefined
  if (notNow.test(response) && !tooManyLogins.test(response)) return 'try_later'
  return tooMuch.test(response) ? 'throttled' : undefined
}

/** RFC 4954 §6: 534, 535, 538. Others answer 525, 526, 530, 550, 553, 554 for the same thing, or 500 and the words. */
function refusesLogin({ response = '', responseCode = 0 }: SmtpFailure): boolean {
  return responseCode >= 525 || (responseCode >= 500 && /authentication fail/i.test(response))
}

function toReply({ response = '', responseCode = 0, command = '' }: SmtpFailure): Reply {
  // IronPort writes a # before the enhanced code
  const [, code = ''] = /^\d{3}[ -]#?[245]\.(\d{1,3}\.\d{1,3})\b/.exec(response) ?? []
  return { status: responseCode, detail: code === '0.0' ? '' : code, words: response, command }
}

const noSuchUser =
  /user unknown|unknown user|unroute?able address|no such (?:user|recipient|mailbox|address)|(?:user|recipient|mailbox|address) (?:not found|does not exist)/i

/** For a reply to anything but AUTH and RCPT. */
export function readRefusal(failure: SmtpFailure): MailErrorCode {
  return toRefusal(toReply(failure)) ?? 'server_refused'
}

export function readRecipientRefusal(failure: SmtpFailure): RecipientRefusal {
  const reply = toReply(failure)
  if (/^1\.(?:1|2|3|6|10)$/.test(reply.detail) && !isTransient(reply.status)) return 'no_such_recipient'
  const refusal = toRefusal(reply)
  if (refusal === 'over_quota') return 'mailbox_full'
  // some say X.7.1 of an unknown name too
  const isUnclear = refusal === undefined || refusal === 'policy_refused'
  return isUnclear && noSuchUser.test(reply.words) ? 'no_such_recipient' : (refusal ?? 'refused')
}

/** When every recipient was refused: what all have in common, which may not be about the recipients at all. */
export function readWholeRefusal(failures: readonly SmtpFailure[]): {
  reason: MailErrorCode
  isOfSender: boolean
} {
  const reasons = new Set(failures.map(readRefusal))
  const [only] = reasons
  const reason = reasons.size === 1 && only !== undefined ? only : 'server_refused'
  return { reason, isOfSender: reason === 'sender_refused' || reason === 'auth_required' }
}

/** For a failure before anything was sent: a reply that refuses, or no reply at all. */
export function toSmtpError(failure: SmtpFailure): MailError {
  const { code, responseCode, originalCode } = failure
  // a certificate refused during STARTTLS arrives as the socket's error
  if (code === 'ESOCKET' && originalCode !== undefined && !dropped.has(originalCode)) {
    return smtpError('tls_failed', failure)
  }
  if (code === 'ETLS')
    return smtpError(responseCode === undefined ? 'tls_failed' : 'starttls_missing', failure)
  if (responseCode !== undefined) return smtpError(readRefusal(failure), failure)
  if (code === 'EMESSAGE') return smtpError('too_large', failure) // nodemailer compared SIZE before MAIL FROM
  return smtpError(code === 'ETIMEDOUT' ? 'timeout' : 'connection_lost', failure)
}

function smtpError(code: MailErrorCode, cause: unknown): MailError {
  return new MailError(code, { cause, protocol: 'smtp' })
}
