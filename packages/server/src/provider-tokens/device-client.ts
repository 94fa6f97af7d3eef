/**
 * Sign-in by device code (RFC 8628) at a provider that knows this server as a public client without a redirect: the codes,
 * and whether somebody has entered them. The library polls in a loop of its own; here each question is one request, and the
 * caller says when. What the provider answers is checked before a page shows it. Only the local runner imports this file.
 */
import type { EpochSeconds } from '@email-connector/oauth'
import type { DeviceAuthorizationResponse } from 'openid-client'
import type { Permission } from '../caller.ts'
import { isLoopback } from '../loopback.ts'
import type { SignInProvider } from '../sign-in-provider.ts'
import { library } from './openid-library.ts'
import {
  assertMailScopes,
  createConfiguration,
  errorNameOf,
  type ProviderTokens,
  refusedBy,
  scopesOf,
  suggestedAddress,
  toTokens,
} from './provider-client.ts'
import { createProviderFetch, type ProviderFetch } from './provider-fetch.ts'
import { ProviderRefusedError } from './provider-refusal.ts'

/** What a provider gave for one sign-in (RFC 8628 §3.2). */
export interface DeviceCodes {
  /** A secret: it is exchanged for the tokens. */
  readonly deviceCode: string
  readonly userCode: string
  /** Where the person enters the code: https, whatever the host. */
  readonly verificationUri: string
  /** The same with the code filled in, on a host of the provider's. */
  readonly filledUri?: string
  readonly lifeSeconds: number
  readonly intervalSeconds: number
}

export type DeviceAnswer =
  /** `unanswered`: the request or its answer was lost, or the provider is overloaded. */
  | { readonly kind: 'pending' | 'slow_down' | 'unanswered' }
  | { readonly kind: 'signed_in'; readonly tokens: ProviderTokens; readonly address?: string }

export interface DeviceClient {
  readonly provider: SignInProvider
  /** `lasting`: with a refresh token. Throws ProviderRefusedError. */
  begin(options: { readonly permission: Permission; readonly lasting: boolean }): Promise<DeviceCodes>
  /** One request. Throws ProviderRefusedError: the code is of no more use. */
  ask(deviceCode: string, permission: Permission): Promise<DeviceAnswer>
}

const grantType = 'urn:ietf:params:oauth:grant-type:device_code'
/** RFC 8628 §3.2: where the provider names none. */
const defaultIntervalSeconds = 5
/** RFC 8628 §6.1 has 8 characters; a page has to show it on one line or two. */
const userCodeText = /^[^\p{C}]{1,40}$/u
const maxUriChars = 500

export function createDeviceClient(options: {
  readonly provider: SignInProvider
  readonly now: () => EpochSeconds
  readonly fetch?: ProviderFetch
}): DeviceClient {
  const { provider, now, fetch = createProviderFetch() } = options
  const configuration = createConfiguration(provider, fetch)
  return {
    provider,

    async begin({ permission, lasting }) {
      const client = await library()
      const config = await configuration()
      // An organisation's provider may not know the flow at all.
      if (config.serverMetadata().device_authorization_endpoint === undefined)
        throw new ProviderRefusedError('misconfigured')
      try {
        const scope = scopesOf(provider, permission, lasting)
        return toCodes(await client.initiateDeviceAuthorization(config, { scope }), provider.issuer)
      } catch (error) {
        throw refusedBy(error, 'not_genuine')
      }
    },

    async ask(deviceCode, permission) {
      const client = await library()
      try {
        const config = await configuration()
        const answer = await client.genericGrantRequest(config, grantType, { device_code: deviceCode })
        assertMailScopes(answer.scope, provider.mailScopes(permission))
        const address = suggestedAddress(answer.claims())
        const tokens = toTokens(answer, now())
        return { kind: 'signed_in', tokens, ...(address !== undefined && { address }) }
      } catch (error) {
        return readFailure(error)
      }
    },
  }
}

/** RFC 8628 §3.5: the two that go on; any other error of the provider ends the sign-in, and a lost answer does not. */
function readFailure(error: unknown): DeviceAnswer {
  const name = errorNameOf(error)
  if (name === 'authorization_pending') return { kind: 'pending' }
  if (name === 'slow_down') return { kind: 'slow_down' }
  const refused = refusedBy(error, 'not_genuine')
  const isLost = refused.refusal === 'unanswered' || refused.refusal === 'unavailable'
  if (name === undefined && isLost) return { kind: 'unanswered' }
  throw refused
}

function toCodes(answer: DeviceAuthorizationResponse, issuer: string): DeviceCodes {
  const { device_code: deviceCode, user_code: userCode, verification_uri_complete: filled } = answer
  const page = toPage(answer.verification_uri, issuer)
  if (page === undefined || !userCodeText.test(userCode)) throw new ProviderRefusedError('not_genuine')
  const filledPage = filled === undefined ? undefined : toPage(filled, issuer)
  const isProviders = [page.origin, new URL(issuer).origin].some((origin) => origin === filledPage?.origin)
  const lifeSeconds = Math.floor(answer.expires_in)
  return {
    ...{ deviceCode, userCode, lifeSeconds },
    verificationUri: page.href,
    ...(filledPage !== undefined && isProviders && { filledUri: filledPage.href }),
    intervalSeconds: Math.ceil(answer.interval ?? defaultIntervalSeconds),
  }
}

/** A link that a person may follow; `http` where the provider itself is on this machine. */
function toPage(text: string, issuer: string): URL | undefined {
  if (text.length > maxUriChars || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const isClear = url.protocol === 'http:' && issuer.startsWith('http:') && isLoopback(url.hostname)
  return (url.protocol === 'https:' || isClear) && url.username + url.password === '' ? url : undefined
}
