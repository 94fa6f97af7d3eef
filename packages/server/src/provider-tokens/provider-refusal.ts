/**
 * Why a provider gives no token, in a closed set. Read from the OAuth error and, where vendors hide the reason there, from
 * Microsoft's AADSTS number or Google's subtype. The provider's sentence goes no further than `cause`.
 */
export type ProviderRefusal =
  /** The refresh token was not used for too long, or its time is over. */
  | 'expired'
  /** The person or an administrator ended it: a new password, "sign out everywhere", access removed. */
  | 'revoked'
  /** Ended, and the provider does not say why. */
  | 'ended'
  /** What was agreed to once is not agreed to any more. */
  | 'consent_withdrawn'
  /** Only an administrator of the organisation may agree. */
  | 'admin_consent_needed'
  /** The provider wants to see the person: a second factor, a new password, terms of use. */
  | 'interaction_required'
  /** A rule of the organisation (conditional access) forbids it. */
  | 'blocked'
  /** The account is disabled, deleted or not of this organisation. */
  | 'account_unusable'
  /** The person said no. */
  | 'declined'
  /** The provider does not know this server, its secret or its address. */
  | 'misconfigured'
  /** Nothing was sent, or the provider says "not now": it may be asked again. */
  | 'unavailable'
  /** It may have been asked, and no answer arrived: it must not be asked again with the same token. */
  | 'unanswered'
  /** What came back is not what a sign-in brings: another issuer, audience, nonce or state. */
  | 'not_genuine'

/** Another call with the same tokens cannot end otherwise; the person has to sign in again. */
export type LastingRefusal = Exclude<
  ProviderRefusal,
  'declined' | 'misconfigured' | 'unavailable' | 'unanswered' | 'not_genuine'
>

export class ProviderRefusedError extends Error {
  override readonly name = 'ProviderRefusedError'
  readonly refusal: ProviderRefusal
  constructor(refusal: ProviderRefusal, options?: { cause?: unknown }) {
    super(refusal, options)
    this.refusal = refusal
  }
}

export function isLasting(refusal: ProviderRefusal): refusal is LastingRefusal {
  const passing: readonly ProviderRefusal[] = [
    'declined',
    'misconfigured',
    'unavailable',
    'unanswered',
    'not_genuine',
  ]
  return !passing.includes(refusal)
}

/** https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
const microsoft: ReadonlyMap<number, ProviderRefusal> = new Map([
  ...each('expired', 70008, 700081, 700082, 700084, 70043),
  ...each('revoked', 50173, 50133, 50132, 70000, 54005, 500133),
  ...each('consent_withdrawn', 65001, 500203),
  ...each('admin_consent_needed', 90094, 90093, 90095, 65002),
  ...each('declined', 65004),
  ...each('interaction_required', 50055, 50072, 50074, 50076, 50078, 50079, 50125, 50144, 50158, 16000),
  ...each('blocked', 53000, 53001, 53002, 53003, 53004, 53011, 530032, 530034, 530035, 50005, 50131),
  ...each('account_unusable', 50057, 50034, 50020, 50053, 50105, 51004, 90072, 500011, 500212),
  ...each('misconfigured', 7000215, 7000222, 700016, 50011, 7000218, 7000112, 70001, 90002, 700025, 650053),
  ...each('unavailable', 50196, 90033, 90006, 90055),
])

function each(refusal: ProviderRefusal, ...numbers: readonly number[]) {
  return numbers.map((number) => [number, refusal] as const)
}

/** The fields of an error answer (RFC 6749 §4.1.2.1, §5.2) that anybody may have written. */
export interface ErrorAnswer {
  readonly error: string
  readonly description: string
  /** Google `error_subtype`, Microsoft `suberror`. */
  readonly subtype: string
}

/** An expression looks at no more. */
const maxTextChars = 2_000

export function readErrorAnswer({ error, description, subtype }: ErrorAnswer): ProviderRefusal {
  const words = description.slice(0, maxTextChars)
  const [, number = ''] = /\bAADSTS(\d{4,8})\b/.exec(words) ?? []
  const known = microsoft.get(Number(number))
  if (known !== undefined) return known
  switch (error) {
    case 'invalid_grant':
      return readEndedGrant(words, subtype)
    case 'access_denied':
      return /admin/i.test(words) ? 'admin_consent_needed' : 'declined'
    case 'authorization_declined':
      return 'declined'
    case 'expired_token':
      return 'expired'
    case 'bad_verification_code':
      return 'ended'
    case 'consent_required':
      return 'consent_withdrawn'
    case 'interaction_required':
    case 'login_required':
    case 'account_selection_required':
      return 'interaction_required'
    case 'admin_policy_enforced':
      return 'admin_consent_needed'
    case 'org_internal':
      return 'blocked'
    case 'temporarily_unavailable':
    case 'slow_down':
      return 'unavailable'
    case 'invalid_client':
    case 'unauthorized_client':
    case 'invalid_scope':
    case 'invalid_request':
    case 'unsupported_grant_type':
    case 'unsupported_response_type':
    case 'redirect_uri_mismatch':
    case 'deleted_client':
    case 'disabled_client':
      return 'misconfigured'
    default:
      return 'unavailable'
  }
}

function readEndedGrant(words: string, subtype: string): ProviderRefusal {
  // Google: the organisation wants its people to sign in again after some hours.
  if (/^(?:invalid_rapt|rapt_required)$/.test(subtype)) return 'interaction_required'
  if (subtype === 'consent_required') return 'consent_withdrawn'
  if (/account (?:has been )?(?:deleted|disabled|suspended)/i.test(words)) return 'account_unusable'
  // Google says "Token has been expired or revoked." of both.
  const isExpired = /\bexpired\b/i.test(words)
  const isRevoked = /\brevoked\b/i.test(words)
  if (isExpired === isRevoked) return 'ended'
  return isExpired ? 'expired' : 'revoked'
}
