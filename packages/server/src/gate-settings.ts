/**
 * The identity gate as the owner of a deployment sets it up: at whose OpenID provider people sign in before a mailbox is
 * offered, and which signed claims let them in. An email address, or the domain of one, is no such claim: people and
 * administrators change both. The client's secret is apart, since on AWS it lies in a secret.
 */
import * as z from 'zod'
import { daySeconds } from './clock.ts'
import { isIssuer, providerParts } from './provider-settings.ts'

/** The claim of an ID token that has to hold a value. */
export interface GateRule {
  readonly claim: 'tid' | 'hd' | 'groups' | 'sub'
  readonly value: string
}

export interface GateSettings {
  /** What people read: the name of the organisation, or the host of its provider. */
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  /** Absent where the secret that should hold it does not: then nobody is let in. */
  readonly clientSecret?: string
  /** One of them is enough. */
  readonly allow: readonly GateRule[]
  /** Beyond `openid` and `offline_access`. */
  readonly scopes: readonly string[]
  /** How long the login counts: then the provider is asked again, or the person signs in again. */
  readonly wordSeconds: number
}

const claims: Readonly<Record<string, { claim: GateRule['claim']; value: RegExp }>> = {
  tid: { claim: 'tid', value: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ },
  hd: { claim: 'hd', value: /^(?=.{1,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)+$/ },
  group: { claim: 'groups', value: /^[\x21-\x2b\x2d-\x7e]{1,200}$/ },
  sub: { claim: 'sub', value: /^[\x21-\x2b\x2d-\x7e]{1,255}$/ },
}

const { text, nameOfProvider, entriesOf, areScopes } = providerParts

export const gateVariables = {
  OIDC_GATE_NAME: nameOfProvider,
  OIDC_GATE_ISSUER: z
    .string()
    .refine(isIssuer, 'must be https://… without a query or a fragment, exactly as the provider writes it')
    .optional(),
  OIDC_GATE_CLIENT_ID: text,
  OIDC_GATE_ALLOW: z
    .string()
    .transform(entriesOf)
    .refine(
      (list) => list.length > 0 && list.every((entry) => toRule(entry) !== undefined),
      'must list tid:<id of a tenant>, hd:<domain of a Google organisation>, group:<id> or sub:<subject>',
    )
    .transform((list) => list.flatMap((entry) => toRule(entry) ?? []))
    .optional(),
  OIDC_GATE_SCOPES: z.string().transform(entriesOf).refine(areScopes, 'must list scopes').optional(),
  OIDC_GATE_DAYS: z
    .string()
    .regex(/^(?:[1-9]|[12]\d|30)$/, 'must be a whole number from 1 to 30')
    .optional(),
}

/** Beside the others in the environment of the local runner, and in the providers' secret on AWS. */
export const gateSecretVariable = { OIDC_GATE_CLIENT_SECRET: text }

type GateVariables = z.output<z.ZodObject<typeof gateVariables & typeof gateSecretVariable>>

const needed = ['OIDC_GATE_ISSUER', 'OIDC_GATE_CLIENT_ID', 'OIDC_GATE_ALLOW'] as const

/** What one variable alone cannot tell. `present`: those that are set; `known`: those that could be. */
export function listGateFaults(
  present: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): string[] {
  if (!Object.keys(present).some((name) => name.startsWith('OIDC_GATE_'))) return []
  const secret = 'OIDC_GATE_CLIENT_SECRET'
  const names = known.includes(secret) ? [...needed, secret] : needed
  const missing = names.filter((name) => present[name] === undefined).map((name) => `${name} is missing`)
  // Another tenant names its groups, and at some providers its people, as it likes.
  const isOfMany = /^https:\/\/login\.microsoftonline\.com\/(?:common|organizations|consumers)\//i
  const isTenants = entriesOf(present.OIDC_GATE_ALLOW ?? '').every((entry) => entry.startsWith('tid:'))
  return isOfMany.test(present.OIDC_GATE_ISSUER ?? '') && !isTenants
    ? [...missing, 'OIDC_GATE_ALLOW must list tid:… only, unless OIDC_GATE_ISSUER is that of one tenant']
    : missing
}

export function toGate(variables: Partial<GateVariables>): GateSettings | undefined {
  const { OIDC_GATE_ISSUER: issuer, OIDC_GATE_CLIENT_ID: clientId, OIDC_GATE_ALLOW: allow } = variables
  if (issuer === undefined || clientId === undefined || allow === undefined) return undefined
  const { OIDC_GATE_CLIENT_SECRET: clientSecret } = variables
  return {
    ...{ issuer, clientId, allow },
    ...(clientSecret !== undefined && { clientSecret }),
    name: variables.OIDC_GATE_NAME ?? new URL(issuer).hostname,
    scopes: variables.OIDC_GATE_SCOPES ?? [],
    wordSeconds: Number(variables.OIDC_GATE_DAYS ?? 1) * daySeconds,
  }
}

export function toRuleText({ claim, value }: GateRule): string {
  return `${claim === 'groups' ? 'group' : claim}:${value}`
}

function toRule(entry: string): GateRule | undefined {
  const [, kind = '', given = ''] = /^(tid|hd|group|sub):(.*)$/.exec(entry) ?? []
  const known = claims[kind]
  if (known === undefined) return undefined
  const value = known.claim === 'tid' || known.claim === 'hd' ? given.toLowerCase() : given
  return known.value.test(value) ? { claim: known.claim, value } : undefined
}
