/** What a person reads when a sign-in by device code ended without a mailbox: where a code is the reason, of the code. */
import type { ProviderRefusal } from '../provider-tokens/provider-refusal.ts'
import type { SignInProvider } from '../sign-in-provider.ts'
import type { Fault } from './form.ts'
import { providerFault } from './provider-faults.ts'

export function deviceFault(refusal: ProviderRefusal, provider: SignInProvider): Fault {
  const { name } = provider
  const next = `Press “Sign in with ${name}” for a new one.`
  switch (refusal) {
    case 'expired':
      return { field: 'provider', message: `The code for ${name} was not entered in time. ${next}` }
    case 'ended':
    case 'revoked':
      return {
        field: 'provider',
        message: `The code for ${name} was used already, or ${name} no longer knows it. ${next}`,
      }
    default:
      return providerFault(refusal, provider)
  }
}
