/**
 * Where a person is sent to sign in, what a code and a refresh token become. This file, device-client.ts and
 * gate/gate-client.ts are the only ones that use openid-client (openid-library.ts loads it). It checks state, `iss`
 * (RFC 9207), nonce, issuer and audience. Nothing is asked twice here, and no token stays. What the provider says of the
 * person is a suggestion only: an address counts once the mail server has taken a token for it.
 */
import { assertAddress, MailError } from '@email-connector/mail'
import type { EpochSeconds } from '@email-connector/oauth'
import type { ClientError, Configuration, IDToken, TokenEndpointResponse } from 'openid-client'
import type { Permission } from '../caller.ts'
import type { SignInProvider } from '../sign-in-provider.ts'
import { library, type PendingRedirect, startRedirect } from './openid-library.ts'
import { createProviderFetch, type ProviderFetch } from './provider-fetch.ts'
import { type ProviderRefusal, ProviderRefusedError, readErrorAnswer } from './provider-refusal.ts'

/** What a provider gave. */
export interface ProviderTokens {
  readonly accessToken: string
  readonly refreshToken?: string
  readonly expiresAt: EpochSeconds
}

export interface ProviderClient {
  readonly provider: SignInProvider
  /** Where the browser goes. `lasting`: with a refresh token. Throws ProviderRefusedError. */
  begin(options: {
    readonly redirectUri: string
    readonly permission: Permission
    readonly lasting: boolean
    readonly address?: string
  }): Promise<{ readonly url: URL; readonly pending: PendingRedirect }>
  /** `callback`: the redirect URI with the query it came with. Throws ProviderRefusedError. */
  redeem(
    callback: URL,
    pending: PendingRedirect,
    permission: Permission,
  ): Promise<{ readonly tokens: ProviderTokens; readonly address?: string }>
  /** Throws ProviderRefusedError: after `unanswered` the token must not be used again. */
  refresh(refreshToken: string, permission: Permission): Promise<ProviderTokens>
}

/** Of the providers that the deployment signs in with. Where they lie in a secret, it is read when they are asked for. */
export type ProviderClients = () => Promise<readonly ProviderClient[]>

/** A provider that does not say how long a token lives. */
const defaultLifeSeconds = 600

export function createProviderClient(options: {
  readonly provider: SignInProvider
  readonly now: () => EpochSeconds
  readonly fetch?: ProviderFetch
}): ProviderClient {
  const { provider, now, fetch = createProviderFetch() } = options
  const configuration = createConfiguration(provider, fetch)

  return {
    provider,

    async begin({ redirectUri, permission, lasting, address }) {
      const client = await library()
      const config = await configuration()
      const { pending, asked } = await startRedirect(redirectUri)
      const url = client.buildAuthorizationUrl(config, {
        ...asked,
        scope: scopesOf(provider, permission, lasting),
        ...provider.authorizationParameters,
        ...(address !== undefined && { login_hint: address }),
      })
      return { url, pending }
    },

    async redeem(callback, pending, permission) {
      const client = await library()
      const config = await configuration()
      try {
        const answer = await client.authorizationCodeGrant(config, callback, {
          expectedState: pending.state,
          expectedNonce: pending.nonce,
          pkceCodeVerifier: pending.verifier,
          idTokenExpected: true,
        })
        assertMailScopes(answer.scope, provider.mailScopes(permission))
        const address = suggestedAddress(answer.claims())
        return { tokens: toTokens(answer, now()), ...(address !== undefined && { address }) }
      } catch (error) {
        throw refusedBy(error, 'not_genuine')
      }
    },

    async refresh(refreshToken, permission) {
      const client = await library()
      const config = await configuration()
      try {
        // Without `openid`: the answer then has no id token to be judged, and nobody needs one.
        const scope = [...provider.mailScopes(permission), ...provider.lastingScopes].join(' ')
        return toTokens(await client.refreshTokenGrant(config, refreshToken, { scope }), now())
      } catch (error) {
        throw refusedBy(error, 'unanswered')
      }
    },
  }
}

/** Of a sign-in. */
export function scopesOf(provider: SignInProvider, permission: Permission, lasting: boolean): string {
  const { mailScopes, lastingScopes } = provider
  return ['openid', 'email', ...mailScopes(permission), ...(lasting ? lastingScopes : [])].join(' ')
}

type Registration = Pick<SignInProvider, 'issuer' | 'metadata' | 'clientId' | 'clientSecret'>
/** Of ID tokens. Where they only suggest an address, TLS vouches for them (OpenID Connect Core §3.1.3.7, 6). */
type Checks = { readonly verifiesSignatures: boolean }

/** Metadata is asked for once; a failure is asked for again. Throws ProviderRefusedError. */
export function createConfiguration(
  registration: Registration,
  fetch: ProviderFetch,
  checks: Checks = { verifiesSignatures: false },
): () => Promise<Configuration> {
  let discovered: Promise<Configuration> | undefined
  return async () => {
    discovered ??= discover(registration, fetch, checks)
    try {
      return await discovered
    } catch (error) {
      discovered = undefined
      throw refusedBy(error, 'unavailable')
    }
  }
}

export function toTokens(answer: TokenEndpointResponse, now: EpochSeconds): ProviderTokens {
  const { access_token: accessToken, refresh_token: refreshToken, expires_in } = answer
  return {
    accessToken,
    ...(refreshToken !== undefined && { refreshToken }),
    expiresAt: now + Math.floor(expires_in ?? defaultLifeSeconds),
  }
}

/** What an id token says of the person, where it is an address. */
export function suggestedAddress(claims: IDToken | undefined): string | undefined {
  return [claims?.email, claims?.preferred_username].find(isAddress)
}

async function discover(
  { issuer, metadata, clientId, clientSecret }: Registration,
  fetch: ProviderFetch,
  { verifiesSignatures }: Checks,
): Promise<Configuration> {
  const client = await library()
  const isClear = new URL(issuer).protocol === 'http:'
  const known: ProviderFetch = async (url, options) =>
    metadata !== undefined && url === `${issuer}/.well-known/openid-configuration`
      ? Response.json(metadata)
      : await fetch(url, options)
  return await client.discovery(
    new URL(issuer),
    clientId,
    undefined,
    clientSecret === undefined ? client.None() : client.ClientSecretPost(clientSecret),
    {
      [client.customFetch]: known,
      // Seconds; our fetch has a nearer deadline of its own.
      timeout: 60,
      // A provider on this machine (local/settings.ts allows no other).
      execute: [
        ...(isClear ? [client.allowInsecureRequests] : []),
        ...(verifiesSignatures ? [client.enableNonRepudiationChecks] : []),
      ],
    },
  )
}

/** Where the answer names scopes (RFC 6749 §5.1), mail must be among them: a person may untick it. */
export function assertMailScopes(granted: string | undefined, wanted: readonly string[]): void {
  const scopes = granted?.split(' ').map((scope) => scope.toLowerCase())
  if (scopes === undefined || wanted.every((scope) => scopes.includes(scope.toLowerCase()))) return
  throw new ProviderRefusedError('declined')
}

/** `otherwise`: what it means when it is no answer of the provider that says "no". */
export function refusedBy(error: unknown, otherwise: ProviderRefusal): ProviderRefusedError {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ProviderRefusedError) return cause
    const answer = toErrorAnswer(cause)
    if (answer !== undefined) return new ProviderRefusedError(readErrorAnswer(answer), { cause: error })
  }
  return new ProviderRefusedError(otherwise, { cause: error })
}

/** The `error` of an answer that says "no" (RFC 6749 §5.2); undefined: it is none. */
export function errorNameOf(error: unknown): string | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const answer = toErrorAnswer(cause)
    if (answer !== undefined) return answer.error
  }
  return undefined
}

/** Of a token endpoint, or of the redirect; both errors of the library have `error`. */
function toErrorAnswer(error: Error & Partial<ClientError>) {
  const name = 'error' in error ? error.error : undefined
  if (typeof name !== 'string') return undefined
  const { cause } = error
  const field = (key: string) => {
    if (cause instanceof URLSearchParams) return cause.get(key) ?? ''
    const value = isRecord(cause) ? cause[key] : undefined
    return typeof value === 'string' ? value : ''
  }
  return {
    error: name,
    description: field('error_description'),
    subtype: field('error_subtype') || field('suberror'),
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isAddress(value: unknown): value is string {
  try {
    assertAddress(value, 'address')
    return true
  } catch (error) {
    if (error instanceof MailError) return false
    throw error
  }
}
