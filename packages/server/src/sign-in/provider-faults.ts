/** What a person reads when a provider's sign-in brought no mailbox: one fixed sentence for each reason. */
import type { ProviderRefusal } from '../provider-tokens/provider-refusal.ts'
import type { SignInProvider } from '../sign-in-provider.ts'
import type { Fault } from './form.ts'

export function providerFault(refusal: ProviderRefusal, { name }: SignInProvider): Fault {
  return { field: 'provider', message: sentenceOf(refusal, name) }
}

function sentenceOf(refusal: ProviderRefusal, name: string): string {
  switch (refusal) {
    case 'declined':
      return `You did not allow access at ${name}, or left out the box for mail. Sign in again and allow it, or choose another mailbox.`
    case 'admin_consent_needed':
      return `At ${name}, an administrator of your organisation has to approve this server first. Ask your administrator, then sign in again.`
    case 'consent_withdrawn':
      return `${name} asks for your consent again. Sign in again and allow access to your mail.`
    case 'interaction_required':
      return `${name} needs you to finish something there first, such as a second factor or a new password. Sign in again.`
    case 'blocked':
      return `A rule of your organisation at ${name} (conditional access) does not let this server in. Ask your administrator to allow it.`
    case 'account_unusable':
      return `${name} says that this account cannot be used here: it is disabled, or not of this organisation. Sign in with another account.`
    case 'expired':
    case 'revoked':
    case 'ended':
      return `The sign-in at ${name} took too long or was used already. Sign in again.`
    case 'misconfigured':
      return `${name} does not accept how this server is registered there. The operator of this server has to correct it.`
    case 'not_genuine':
      return `The answer of ${name} did not belong to this sign-in, so nothing was connected. Sign in again.`
    case 'unavailable':
    case 'unanswered':
      return `${name} did not answer. Try again in a minute.`
  }
}
