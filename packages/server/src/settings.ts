/**
 * What the owner of a deployment decides, parsed once at the edge. The entry points add their own settings to
 * `serverVariables` and call `parseSettings`, which reports every fault at once and never repeats a value: a secret
 * in the wrong variable must not end in a terminal or a log.
 */
import { X509Certificate } from 'node:crypto'
import type { ProviderId } from '@email-connector/mail'
import { providers } from '@email-connector/mail/providers'
import {
  isAcceptableRedirectUri,
  type KnownClientId,
  knownClients,
  type PreRegisteredClient,
} from '@email-connector/oauth'
import * as z from 'zod'
import { type Admission, toEntry } from './admission.ts'
import { daySeconds } from './clock.ts'
import { type GateSettings, listGateFaults } from './gate-settings.ts'
import { isLoopback } from './loopback.ts'
import { listProviderFaults } from './provider-settings.ts'
import type { SignInProvider } from './sign-in-provider.ts'

export interface ServerSettings extends Admission {
  /** Origin of the deployment without a trailing slash; the issuer. */
  readonly publicUrl: string
  /** RFC 8707 resource of this deployment: `publicUrl` + `/mcp`. */
  readonly resource: string
  /** Pre-registered confidential clients. */
  readonly clients: readonly PreRegisteredClient[]
  /** Origins beyond Claude's and our own whose pages may call us. */
  readonly corsOrigins: readonly string[]
  readonly extraRedirectUris: readonly string[]
  /** Known clients the owner has switched off. */
  readonly disabledClients: readonly KnownClientId[]
  /** Providers the owner has switched off: not offered, and refused when asked for all the same. */
  readonly disabledProviders: readonly ProviderId[]
  /** Whose own sign-in replaces a password. */
  readonly signInProviders: readonly SignInProvider[]
  /** Where people sign in before a mailbox is offered; absent: nowhere. */
  readonly gate?: GateSettings
  readonly lifetimes: {
    readonly accessTokenSeconds: number
    readonly refreshIdleSeconds: number
    readonly refreshAbsoluteSeconds: number
  }
  /** Shows the embedded mailbox; the local runner only. */
  readonly demo: boolean
}

/** The one setting that a refusal names to the person who reads it. */
export const extraRedirectUris = 'EXTRA_REDIRECT_URIS'

const clientIds = knownClients.map(({ id }) => id)
const providerIds = providers.map(({ id }) => id)

export class SettingsError extends Error {
  override readonly name = 'SettingsError'
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(
      `The settings have ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}:\n- ${faults.join('\n- ')}`,
    )
    this.faults = faults
  }
}

/** `https`, or `http` on a loopback name; nothing after the port. */
function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false
  const url = new URL(value)
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
  return secure && url.origin === value
}

/** Comma- or space-separated, empty entries dropped. */
function listOf(isValid: (entry: string) => boolean, message: string) {
  return z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== ''))
    .refine((entries) => entries.every(isValid), message)
}

export function wholeNumber(fallback: number, minimum: number, maximum: number) {
  const message = `must be a whole number from ${minimum} to ${maximum}`
  return z
    .string()
    .default(String(fallback))
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= minimum && Number(text) <= maximum, message)
    .transform(Number)
}

export function onOff(fallback: boolean) {
  return z
    .enum(['on', 'off'], 'must be on or off')
    .default(fallback ? 'on' : 'off')
    .transform((word) => word === 'on')
}

export const publicUrlVariable = z
  .string('is missing')
  .refine(isOrigin, 'must be https://host (or http://localhost:port) without a path or a trailing slash')

const accountList = listOf(
  (entry) => toEntry(entry) !== undefined,
  'must list addresses (ann@example.com), domains (example.com) and subdomains of a domain (*.example.com)',
)

/** Who may connect and go on: also for the function that only goes on. */
export const admissionVariables = { ALLOWED_ACCOUNTS: accountList, DENIED_ACCOUNTS: accountList }

/**
 * Mail servers in an organisation's own network, and the certificates that vouch for them: of a deployment on AWS, which
 * lets a stage set them only with its own network.
 */
export const internalMailVariables = {
  INTERNAL_MAIL_HOSTS: listOf(
    (entry) =>
      /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/.test(entry),
    'must list names of hosts in lower case, such as imap.corp.example.com',
  ),
  INTERNAL_MAIL_CA: listOf(isCertificate, 'must list certificates, each the base64 inside its PEM file'),
}

function isCertificate(base64: string): boolean {
  try {
    return new X509Certificate(toPem(base64)).ca
  } catch {
    return false // Not even a certificate.
  }
}

function toPem(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`
}

export interface InternalMail {
  readonly hosts: readonly string[]
  /** PEM. */
  readonly ca: readonly string[]
}

export function toInternalMail(variables: {
  readonly INTERNAL_MAIL_HOSTS: readonly string[]
  readonly INTERNAL_MAIL_CA: readonly string[]
}): InternalMail {
  return { hosts: variables.INTERNAL_MAIL_HOSTS, ca: variables.INTERNAL_MAIL_CA.map(toPem) }
}

/** The variables every entry point understands. */
export const serverVariables = {
  PUBLIC_URL: publicUrlVariable,
  ...admissionVariables,
  OAUTH_CLIENT_ID: z.string().min(1, 'must not be empty').optional(),
  OAUTH_CLIENT_SECRET: z.string().min(16, 'must have 16 characters or more').optional(),
  CORS_ORIGINS: listOf(isOrigin, 'must list origins such as https://example.com'),
  [extraRedirectUris]: listOf(
    isAcceptableRedirectUri,
    'must list complete redirect URIs without user info and fragment: https://host/path, http://localhost/path (any port), or the scheme of an app such as warp://host/path',
  ),
  DISABLED_CLIENTS: listOf(
    (entry) => clientIds.some((id) => id === entry),
    `must list some of: ${clientIds.join(', ')}`,
  ),
  DISABLED_PROVIDERS: listOf(
    (entry) => providerIds.some((id) => id === entry),
    `must list some of: ${providerIds.join(', ')}`,
  ),
  ACCESS_TOKEN_DAYS: wholeNumber(30, 1, 365),
  REFRESH_IDLE_DAYS: wholeNumber(90, 1, 365),
  GRANT_DAYS: wholeNumber(365, 1, 3650),
}

const serverSchema = z.object(serverVariables)
export type ServerVariables = z.output<typeof serverSchema>

export function toDisabledProviders(entries: readonly string[]): readonly ProviderId[] {
  return providerIds.filter((id) => entries.includes(id))
}

export function toAdmission(variables: Pick<ServerVariables, keyof typeof admissionVariables>): Admission {
  const toEntries = (texts: readonly string[]) => texts.flatMap((text) => toEntry(text) ?? [])
  return {
    allowedAccounts: toEntries(variables.ALLOWED_ACCOUNTS),
    deniedAccounts: toEntries(variables.DENIED_ACCOUNTS),
  }
}

export function withoutDisabled(
  signInProviders: readonly SignInProvider[],
  disabled: readonly string[],
): readonly SignInProvider[] {
  return signInProviders.filter(({ id }) => !disabled.includes(id))
}

/** A deployment's address in its canonical form; `demo` is the local runner's to say. */
export function toServerSettings(
  variables: ServerVariables,
  options: {
    demo: boolean
    signInProviders?: readonly SignInProvider[]
    gate?: GateSettings | undefined
  },
): ServerSettings {
  const { OAUTH_CLIENT_ID: clientId, OAUTH_CLIENT_SECRET: clientSecret } = variables
  const { gate } = options
  return {
    publicUrl: variables.PUBLIC_URL,
    resource: `${variables.PUBLIC_URL}/mcp`,
    ...toAdmission(variables),
    clients:
      clientId !== undefined && clientSecret !== undefined
        ? [{ clientId, secret: clientSecret, name: clientId }]
        : [],
    corsOrigins: variables.CORS_ORIGINS,
    extraRedirectUris: variables[extraRedirectUris],
    disabledClients: clientIds.filter((id) => variables.DISABLED_CLIENTS.includes(id)),
    disabledProviders: toDisabledProviders(variables.DISABLED_PROVIDERS),
    signInProviders: withoutDisabled(options.signInProviders ?? [], variables.DISABLED_PROVIDERS),
    ...(gate !== undefined && { gate }),
    lifetimes: {
      // With a gate a client has to come back, so that the gate is asked again.
      accessTokenSeconds: Math.min(
        variables.ACCESS_TOKEN_DAYS * daySeconds,
        gate?.wordSeconds ?? Number.POSITIVE_INFINITY,
      ),
      refreshIdleSeconds: variables.REFRESH_IDLE_DAYS * daySeconds,
      refreshAbsoluteSeconds: variables.GRANT_DAYS * daySeconds,
    },
    demo: options.demo,
  }
}

/**
 * Parses environment variables by name. An empty variable counts as absent. Throws SettingsError with every fault,
 * each naming its variable.
 */
export function parseSettings<Shape extends z.ZodRawShape>(
  shape: Shape,
  source: Readonly<Record<string, string | undefined>>,
): z.output<z.ZodObject<Shape>> {
  const present = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''))
  const parsed = z.object(shape).safeParse(present)
  const faults = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`)
  if (
    'OAUTH_CLIENT_ID' in shape &&
    (present.OAUTH_CLIENT_ID === undefined) !== (present.OAUTH_CLIENT_SECRET === undefined)
  ) {
    faults.push('OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET must be set together')
  }
  if ('GOOGLE_CLIENT_ID' in shape) faults.push(...listProviderFaults(pick(present, Object.keys(shape))))
  if ('OIDC_GATE_ISSUER' in shape) faults.push(...listGateFaults(present, Object.keys(shape)))
  if (!parsed.success || faults.length > 0) throw new SettingsError(faults)
  return parsed.data
}

function pick(source: Readonly<Record<string, string | undefined>>, names: readonly string[]) {
  return Object.fromEntries(Object.entries(source).filter(([name]) => names.includes(name)))
}
