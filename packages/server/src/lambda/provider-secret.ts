/**
 * The providers that a stage signs in with, from the secret that its owner fills by hand (docs/providers.md): read, and all
 * that reads it loaded, when a provider is first needed, and again after five minutes. A stage without the secret does
 * neither. A secret that makes no sense counts as none and rings the alarm of bugs: passwords and tokens that last go on.
 */
import { createHostPolicy } from '@email-connector/mail'
import type { EpochSeconds } from '@email-connector/oauth'
import { gateSecretVariable } from '../gate-settings.ts'
import { describeBug, type Log } from '../log.ts'
import { providerVariables, toSignInProviders } from '../provider-settings.ts'
import type { ProviderClient, ProviderClients } from '../provider-tokens/provider-client.ts'
import { ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import { parseSettings, SettingsError } from '../settings.ts'
import type { SignInProvider } from '../sign-in-provider.ts'

/** Until a changed secret counts for functions that run. */
export const secretLifeSeconds = 300

/** The clients throw ProviderRefusedError `misconfigured`, and StoreUnavailableError. */
export function createSecretProviders(options: {
  readonly region: string
  readonly providersSecret?: string
  readonly now: () => EpochSeconds
  readonly log: Log
}): ProviderClients {
  const { region, providersSecret, now, log } = options
  if (providersSecret === undefined) return async () => []
  let kept: { readonly until: EpochSeconds; readonly clients: Promise<readonly ProviderClient[]> } | undefined

  async function open(secret: string): Promise<readonly ProviderClient[]> {
    const [{ readSecretTexts }, { createProviderClient }, { createProviderFetch }] = await Promise.all([
      import('./secrets-manager.ts'),
      import('../provider-tokens/provider-client.ts'),
      import('../provider-tokens/provider-fetch.ts'),
    ])
    const [text = ''] = await readSecretTexts(region, [secret])
    const fetch = createProviderFetch(createHostPolicy())
    return readProviders(text).map((provider) => createProviderClient({ provider, now, fetch }))
  }

  function readProviders(text: string): readonly SignInProvider[] {
    try {
      return parseProvidersSecret(text)
    } catch (cause) {
      log({ event: 'bug', outcome: 'failed', code: 'misconfigured', ...describeBug(cause) })
      throw new ProviderRefusedError('misconfigured', { cause })
    }
  }

  return async () => {
    if (kept === undefined || kept.until <= now())
      kept = { until: now() + secretLifeSeconds, clients: open(providersSecret) }
    const { clients } = kept
    try {
      return await clients
    } catch (error) {
      if (kept?.clients === clients) kept = undefined
      throw error
    }
  }
}

/** JSON of the local runner's variables. Throws SettingsError with every fault, each with its variable and no value. */
export function parseProvidersSecret(text: string): readonly SignInProvider[] {
  return toSignInProviders(parseVariables(text))
}

/** Of the client that the identity gate signs in with. Throws as above. */
export function parseGateSecret(text: string): string | undefined {
  return parseVariables(text).OIDC_GATE_CLIENT_SECRET
}

const known = { ...providerVariables, ...gateSecretVariable }

function parseVariables(text: string) {
  const variables = parseSettings(known, toVariables(text))
  const { OIDC_MAIL_ISSUER: issuer } = variables
  if (issuer !== undefined && (!issuer.startsWith('https:') || new URL(issuer).port !== ''))
    throw new SettingsError(['OIDC_MAIL_ISSUER must be https://… on port 443'])
  return variables
}

function toVariables(text: string): Readonly<Record<string, string>> {
  const names = Object.keys(known)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new SettingsError(['the secret is not JSON']) // Without the parser's message: it quotes the secret.
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SettingsError(['the secret must be {"NAME": "value", …}'])
  const entries = Object.entries(value)
  const faults = entries.flatMap(([name, given]) => {
    // A name that nobody knows may be a value that was pasted into the wrong place.
    if (!names.includes(name)) return [`the secret has a name that is none of ${names.join(', ')}`]
    return typeof given === 'string' ? [] : [`${name} must be text`]
  })
  if (faults.length > 0) throw new SettingsError([...new Set(faults)])
  return value as Record<string, string>
}
