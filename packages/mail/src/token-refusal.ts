/**
 * Why a server does not take an access token: by the JSON of its challenge (RFC 7628 §3.2.2; Google's XOAUTH2 has the
 * same form) and, where vendors say it in words only, by those. Refusals that are about time and load are left to the
 * protocols' own files; nothing of the text goes further than `cause`.
 */
import type { MailErrorCode } from './mail-error.ts'

type TokenRefusal = Extract<
  MailErrorCode,
  'token_refused' | 'token_scope_missing' | 'access_disabled' | 'access_blocked'
>

/** A challenge of a few fields; what is longer is none. */
const maxChallengeChars = 4_000

/**
 * Google: "Your account is not enabled for IMAP use", "IMAP access is disabled for your domain". Microsoft: "535 5.7.139
 * … SmtpClientAuthentication is disabled for the Tenant".
 */
const switchedOff =
  /not enabled for (?:IMAP|SMTP|POP)|(?:IMAP|SMTP)(?: access| AUTH)? is disabled|SmtpClientAuthentication is disabled|(?:IMAP|SMTP) (?:access )?(?:is )?not (?:enabled|allowed) for/i
/** Microsoft, after 535 5.7.139: "the request did not meet the criteria", "locked by your organization's security defaults". */
const ruledOut = /did not meet the criteria|conditional access|security defaults|access has been blocked/i

export function readTokenRefusal(words: string, challenge: unknown): TokenRefusal {
  if (switchedOff.test(words)) return 'access_disabled'
  if (ruledOut.test(words)) return 'access_blocked'
  const status = statusOf(challenge)
  return status === 'insufficient_scope' || status === '403' ? 'token_scope_missing' : 'token_refused'
}

/** From base64 of JSON, as SMTP sends it after 334. */
export function parseChallenge(base64: string): unknown {
  if (base64.length > maxChallengeChars) return undefined
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'))
  } catch {
    return undefined // Not every server explains itself.
  }
}

function statusOf(challenge: unknown): string {
  const status = isRecord(challenge) ? challenge.status : undefined
  return typeof status === 'string' || typeof status === 'number' ? String(status) : ''
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
