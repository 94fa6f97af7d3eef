/** The mailbox that a provider's sign-in makes of a form; the mail server has yet to confirm its address. */
import type { EpochSeconds } from '@email-connector/oauth'
import { toStoredAccount } from '../accounts/stored-account.ts'
import type { ProviderTokens } from '../provider-tokens/provider-client.ts'
import { ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import type { SignInProvider } from '../sign-in-provider.ts'
import type { ParsedMailbox } from './form.ts'

/** `address`: the one that was typed goes before what the provider says. Throws ProviderRefusedError. */
export function toMailbox(
  provider: SignInProvider,
  { address, lasting }: { readonly address?: string; readonly lasting: boolean },
  answer: { readonly tokens: ProviderTokens; readonly address?: string },
  now: EpochSeconds,
): ParsedMailbox {
  const known = address ?? answer.address
  if (known === undefined) return { faults: [{ field: 'address', message: 'Enter your email address.' }] }
  if (lasting && answer.tokens.refreshToken === undefined) throw new ProviderRefusedError('misconfigured')
  const { refreshToken: _unneeded, ...passing } = answer.tokens
  return { parsed: toStoredAccount(provider, known, lasting ? answer.tokens : passing, now) }
}

/** The owner has changed the settings meanwhile. */
export const providerGone: ParsedMailbox = {
  faults: [
    { field: 'provider', message: 'This server no longer offers that way to sign in. Choose another.' },
  ],
}
