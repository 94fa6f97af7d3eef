/**
 * What an SMTP reply means to us, by its codes (RFC 5321 §4.2, RFC 3463) and, where vendors put the reason into words
 * only, by those words. The server's text itself goes no further than `cause`.
 */
import { MailError, type MailErrorCode } from './mail-error.ts'

/** What nodemailer's errors carry: `response` is the raw reply, absent when none arrived. */
export interface SmtpFailure extends Error {
  code?: string | undefined
  response?: string | undefined
  responseCode?: number | undefined
  /** What the operating system or TLS called it. */
  originalCode?: string | undefined
  recipient?: string | undefined
  rejectedErrors?: SmtpFailure[] | undefined
}

export type RecipientRefusal = 'no_such_recipient' | 'mailbox_full' | 'try_later' | 'refused'

/** Microsoft: 535 5.7.139 "…basic authentication is disabled", "SmtpClientAuthentication is disabled for the Tenant". */
const passwordsSwitchedOff =
  /5\.7\.139|basic authentication is disabled|SmtpClientAuthentication is disabled/i
/** Gmail 421/454 4.7.0, 550 5.4.5 (daily limit); Microsoft 432 4.3.2, 451 4.7.500, 554 5.2.0 "submission quota". */
const tooMuch =
  /\b(?:4\.7\.\d+|4\.3\.2|4\.5\.3|5\.4\.5)\b|too many|rate limit|sending limit|submission quota|try again later/i

const dropped = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'])

export function readLoginRefusal(failure: SmtpFailure): MailError {
  const { response = '', responseCode = 0 } = failure
  if (passwordsSwitchedOff.test(response)) return smtpError('login_needs_oauth', failure)
  if (responseCode === 421 || (isTransient(responseCode) && tooMuch.test(response))) {
    return smtpError('throttled', failure)
  }
  // 534, 535, 538 are refusals (RFC 4954 §6); 530, 550, 553, 554 are what others answer for the same thing
  return smtpError(responseCode >= 530 ? 'login_refused' : 'server_refused', failure)
}

/** For a reply to anything but AUTH and RCPT. */
export function readRefusal({ response = '', responseCode = 0 }: SmtpFailure): MailErrorCode {
  // 552 5.3.4: over the server's limit; 552 5.2.3: over the mailbox's
  if (responseCode === 523 || /\b5\.(?:3\.4|2\.3)\b/.test(response)) return 'too_large'
  if (/\b[45]\.2\.2\b/.test(response)) return 'over_quota'
  if (responseCode === 552) return 'too_large'
  return responseCode === 421 || tooMuch.test(response) ? 'throttled' : 'server_refused'
}

export function readRecipientRefusal({ response = '', responseCode = 0 }: SmtpFailure): RecipientRefusal {
  if (/\b[45]\.2\.2\b/.test(response)) return 'mailbox_full'
  if (isTransient(responseCode)) return 'try_later'
  if (/\b5\.1\.(?:1|2|3|6|10)\b/.test(response)) return 'no_such_recipient'
  return 'refused'
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

function isTransient(responseCode: number): boolean {
  return responseCode >= 400 && responseCode < 500
}
