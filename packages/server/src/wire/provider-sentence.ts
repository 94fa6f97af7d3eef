/** What a provider's refusal to give a token means for a call, and what its owner can do: one fixed sentence for each. */
import type { ProviderRefusal } from '../provider-tokens/provider-refusal.ts'
import { ToolError } from './tool-error.ts'

/** `link`: one-time, for the owner, made for refusals that signing in again repairs. */
export function toProviderError(refusal: ProviderRefusal, publicUrl: string, link?: string): ToolError {
  const repair =
    link === undefined
      ? `The owner can ask for a link with list_accounts and sign in again there, or connect again after revoking this connection at ${publicUrl}/oauth/connections.`
      : `The owner can sign in again at ${link} (within 15 minutes, once); the account stays connected.`
  const { code, sentence } = answerTo(refusal, repair)
  return new ToolError(code, sentence)
}

function answerTo(refusal: ProviderRefusal, repair: string) {
  const needed = (reason: string) => ({ code: 'sign_in_needed' as const, sentence: `${reason} ${repair}` })
  switch (refusal) {
    case 'expired':
      return needed("The provider's sign-in for this mailbox has expired.")
    case 'revoked':
      return needed(
        "The provider's sign-in for this mailbox was revoked: the password was changed, or access was taken away.",
      )
    case 'ended':
      return needed("The provider's sign-in for this mailbox was ended: it expired or was revoked.")
    case 'consent_withdrawn':
      return needed('The owner or an administrator no longer agrees that this connector uses the mailbox.')
    case 'admin_consent_needed':
      return needed(
        'An administrator of the organisation has to approve this connector at the provider first.',
      )
    case 'interaction_required':
      return needed(
        'The provider wants to see the owner in person, for a second factor, a new password or new terms.',
      )
    case 'blocked':
      return needed(
        'A rule of the organisation (conditional access) forbids this sign-in: an administrator has to allow it.',
      )
    case 'account_unusable':
      return needed('The provider says that this account is disabled, deleted or not of the organisation.')
    case 'unanswered':
      return needed(
        'The provider was asked for a new token and its answer was lost, and asking twice could end the sign-in.',
      )
    case 'declined':
    case 'not_genuine':
      return needed('The provider gave no access to this mailbox.')
    case 'misconfigured':
      return {
        code: 'provider_unavailable' as const,
        sentence:
          'The provider does not accept the registration of this server, such as its client secret: the operator of the server has to renew it.',
      }
    case 'unavailable':
      return {
        code: 'provider_unavailable' as const,
        sentence: "The provider's sign-in does not answer at the moment: try again in a minute.",
      }
  }
}
