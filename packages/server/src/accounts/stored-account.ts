/** A mailbox as it is sealed: what the mail package logs in with and, of a provider's sign-in, what its tokens come from. */
import type { MailAccount } from '@email-connector/mail'
import type { EpochSeconds } from '@email-connector/oauth'
import type { ProviderTokens } from '../provider-tokens/provider-client.ts'
import type { LastingRefusal } from '../provider-tokens/provider-refusal.ts'
import type { SignInProvider } from '../sign-in-provider.ts'

export interface StoredAccount extends MailAccount {
  /** Where the access token of `credential` came from. */
  readonly tokenSource?: TokenSource
}

export interface TokenSource {
  /** Another provider or client, set up since, is never shown these tokens. */
  readonly issuer: string
  readonly clientId: string
  /** Absent once the provider has refused it. */
  readonly refreshToken?: string
  readonly obtainedAt: EpochSeconds
  readonly expiresAt: EpochSeconds
  /** Why there are no further tokens: the provider is not asked again. */
  readonly refusal?: LastingRefusal
}

/** A mailbox that somebody signed in to at `provider`; the mail server has yet to confirm the address. */
export function toStoredAccount(
  provider: SignInProvider,
  address: string,
  { accessToken, refreshToken, expiresAt }: ProviderTokens,
  now: EpochSeconds,
): StoredAccount {
  const { id, imap, smtp, mechanism, issuer, clientId } = provider
  return {
    ...{ provider: id, address, aliases: [], login: address, imap, smtp },
    credential: { type: 'oauth', accessToken, mechanism },
    tokenSource: {
      ...{ issuer, clientId, obtainedAt: now, expiresAt },
      ...(refreshToken !== undefined && { refreshToken }),
    },
  }
}

export function withTokens(
  account: StoredAccount,
  { accessToken, refreshToken, expiresAt }: ProviderTokens,
  now: EpochSeconds,
): StoredAccount {
  const { credential, tokenSource } = account
  if (credential.type !== 'oauth' || tokenSource === undefined) throw new Error('This account has a password')
  return {
    ...account,
    credential: { ...credential, accessToken },
    // A provider that does not rotate names none (RFC 6749 §6).
    tokenSource: {
      ...tokenSource,
      ...(refreshToken !== undefined && { refreshToken }),
      ...{ obtainedAt: now, expiresAt },
    },
  }
}

/** Its tokens are of no more use, so they are not kept either. */
export function withRefusal(account: StoredAccount, refusal: LastingRefusal): StoredAccount {
  const { tokenSource } = account
  if (tokenSource === undefined) throw new Error('This account has a password')
  const { refreshToken: _ended, ...source } = tokenSource
  return { ...account, tokenSource: { ...source, refusal } }
}
