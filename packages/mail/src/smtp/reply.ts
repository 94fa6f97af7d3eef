/**
 * What an SMTP reply means to us, by its codes (RFC 5321 §4.2, RFC 3463) and, where vendors put the reason into words
 * only, by those words. The server's text itself goes no further than `cause`.
 */
import { MailError, type MailErrorCode } from '../mail-error.ts'
import { readTokenRefusal } from '../token-refusal.ts'

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

type Refusal = (typeof rules)[number][0]

/** Why one recipient was refused, from reply and enhanced status code (RFC 3463). */
export type RecipientRefusal =
  | 'no_such_recipient'
  | 'mailbox_full'
  | 'refused'
  | Exclude<Refusal, 'over_quota'>

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

/** `challenge`: what the server said of the access token, parsed. */
export function readTokenLoginRefusal(failure: SmtpFailure, challenge: unknown): MailError {
  const { response = '', responseCode = 0 } = failure
  if (responseCode === 421 || (isTransient(responseCode) && tooMuch.test(response)))
    return smtpError('throttled', failure)
  // a 235 after a refusal is no login
  if (responseCode < 500) return smtpError('server_refused', failure)
  return smtpError(readTokenRefusal(response, challenge), failure)
}

interface Reply {
  readonly status: number
  /** Subject and detail of the enhanced code, such as `7.1` (RFC 3463 §2); empty for none, and for X.0.0, which says nothing. */
  readonly detail: string
  readonly words: string
  readonly command: string
}

/**
 * Why a server does not take an email: the first line that fits. Enhanced codes come first within a line; words are
 * those of Postfix, Exim, Exchange, Gmail, Cyrus and Zimbra, for servers that put the reason nowhere else.
 */
const rules = [
  // RFC 5321 §4.5.3.1.10
  [
    'too_many_recipients',
    ({ detail, words }: Reply) => detail === '5.3' || /too many recipients/i.test(words),
  ],
  // X.3.4: over the server's limit; X.2.3: over the mailbox's
  [
    'too_large',
    ({ status, detail, words }: Reply) =>
      status === 523 || detail === '3.4' || detail === '2.3' || (!isOfPolicy(detail) && tooLarge.test(words)),
  ],
  ['try_later', ({ status, words }: Reply) => isTransient(status) && greylisted.test(words)],
  ['throttled', ({ status, words }: Reply) => status === 421 || tooMuchSent.test(words)],
  [
    'over_quota',
    ({ status, detail, words }: Reply) => detail === '2.2' || (status === 552 && full.test(words)),
  ],
  ['try_later', ({ status }: Reply) => isTransient(status)],
  [
    'auth_required',
    ({ status, detail, words }: Reply) => status === 530 || detail === '7.57' || loginWanted.test(words),
  ],
  ['relay_refused', ({ detail, words }: Reply) => detail === '7.64' || noRelay.test(words)],
  // X.1.7, X.1.8: the sender's address; 553 at MAIL FROM: its name is not allowed (RFC 5321 §4.2.2)
  [
    'sender_refused',
    ({ status, detail, words, command }: Reply) =>
      ['1.7', '1.8', '7.60'].includes(detail) ||
      (status === 553 && command === 'MAIL FROM') ||
      notTheirs.test(words),
  ],
  // X.6: the content; X.7: security and policy
  [
    'policy_refused',
    ({ detail, words }: Reply) => isOfPolicy(detail) || (detail === '' && ruled.test(words)),
  ],
  // RFC 5321 §4.2.2: "exceeded storage allocation", which servers without enhanced codes say of a size
  ['too_large', ({ status, detail }: Reply) => status === 552 && detail === ''],
] as const

const tooLarge = /size limit|too (?:large|big)\b|exceeds? (?:the )?max(?:imum)? (?:message )?size/i
const greylisted = /gr[ea]y-?list/i
/** As `tooMuch`, without the words that every temporary refusal says. */
const tooMuchSent =
  /\b(?:4\.7\.\d+|4\.3\.2|5\.4\.5)\b|too many (?!hops)|rate limit|sending limit|submission quota|quota of (?:messages|emails)/i
const full = /quota|mailbox (?:is )?full|mailbox for .{1,100} is full/i
const loginWanted =
  /auth(?:entication)? (?:is )?required|must authenticate|authenticate first|client was not authenticated/i
const noRelay =
  /relay(?:ing)?(?: access)? (?:is )?(?:denied|prohibited|not (?:permitted|allowed))|unable to relay|not (?:permitted|allowed) to relay/i
const notTheirs =
  /SendAsDenied|sender (?:address )?rejected|not owned by|not (?:allowed|authori[sz]ed|permitted) to send (?:as|from|using)|sender (?:address )?(?:is )?not (?:allowed|authori[sz]ed|permitted|owned)/i
const ruled =
  /\b(?:spam|virus|malware|phish(?:ing)?|block(?:ed|list(?:ed)?)|blacklist(?:ed)?|polic(?:y|ies)|reputation)\b/i
const noSuchUser =
  /user unknown|unknown user|no such (?:user|recipient|mailbox|address)|(?:user|recipient|mailbox|address) (?:not found|does not exist)/i

function isOfPolicy(detail: string): boolean {
  return /^[67]\./.test(detail)
}

function toReply({ response = '', responseCode = 0, command = '' }: SmtpFailure): Reply {
  // IronPort writes a # before the enhanced code
  const [, code = ''] = /^\d{3}[ -]#?[245]\.(\d{1,3}\.\d{1,3})\b/.exec(response) ?? []
  return { status: responseCode, detail: code === '0.0' ? '' : code, words: response, command }
}

function toRefusal(reply: Reply): Refusal | undefined {
  return rules.find(([, fits]) => fits(reply))?.[0]
}

/** For a reply to anything but AUTH and RCPT. */
export function readRefusal(failure: SmtpFailure): MailErrorCode {
  return toRefusal(toReply(failure)) ?? 'server_refused'
}

export function readRecipientRefusal(failure: SmtpFailure): RecipientRefusal {
  const reply = toReply(failure)
  if (/^1\.(?:1|2|3|6|10)$/.test(reply.detail) && !isTransient(reply.status)) return 'no_such_recipient'
  const refusal = toRefusal(reply)
  if (refusal === 'over_quota') return 'mailbox_full'
  if (refusal !== undefined) return refusal
  return noSuchUser.test(reply.words) ? 'no_such_recipient' : 'refused'
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

function isTransient(responseCode: number): boolean {
  return responseCode >= 400 && responseCode < 500
}
