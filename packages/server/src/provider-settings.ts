/**
 * The settings that turn on "Sign in with …": environment variables of the local runner, and on AWS the same names in one
 * secret. A client secret is in no message: faults name the variable only.
 */
import { assertHost, MailError, type MailServer } from '@email-connector/mail'
import * as z from 'zod'
import { isLoopback } from './loopback.ts'
import { googleSignIn, microsoftSignIn, organisationSignIn, type SignInProvider } from './sign-in-provider.ts'

const text = z
  .string()
  .regex(/^[\x21-\x7e]{1,500}$/, 'must be one word of printable characters')
  .optional()

/** As it stands on a button and in sentences. */
const nameOfProvider = z
  .string()
  .regex(/^[^\p{C}\p{Z}][^\p{C}]{0,39}$/u, 'must be a name of at most 40 characters')
  .optional()

/** Comma- or space-separated. */
const entriesOf = (value: string) => value.split(/[\s,]+/).filter((entry) => entry !== '')
const areScopes = (scopes: readonly string[]) =>
  scopes.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/.test(scope))

/** What the settings of every provider are made of. */
export const providerParts = { text, nameOfProvider, entriesOf, areScopes }

function serverAt(implicitPort: number, startTlsPort: number, example: string) {
  return z
    .string()
    .transform((value) => toServer(value, implicitPort, startTlsPort))
    .refine((server) => server !== undefined, `must be a host, or host:port, such as ${example}`)
    .optional()
}

export const providerVariables = {
  GOOGLE_CLIENT_ID: text,
  GOOGLE_CLIENT_SECRET: text,
  MICROSOFT_CLIENT_ID: text,
  MICROSOFT_CLIENT_SECRET: text,
  MICROSOFT_TENANT: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9.-]{0,100}$/i,
      'must be common, organizations, consumers, or the id or domain of a tenant',
    )
    .default('common'),
  OIDC_MAIL_NAME: nameOfProvider,
  OIDC_MAIL_ISSUER: z
    .string()
    .refine(
      (value) => isIssuer(value) && !value.endsWith('/'),
      'must be https://… without a final slash, a query or a fragment',
    )
    .optional(),
  OIDC_MAIL_CLIENT_ID: text,
  OIDC_MAIL_CLIENT_SECRET: text,
  OIDC_MAIL_SCOPES: z
    .string()
    .default('offline_access')
    .transform(entriesOf)
    .refine(areScopes, 'must list scopes'),
  OIDC_MAIL_MECHANISM: z
    .enum(['XOAUTH2', 'OAUTHBEARER'], 'must be XOAUTH2 or OAUTHBEARER')
    .default('XOAUTH2'),
  OIDC_MAIL_IMAP: serverAt(993, 143, 'imap.example.com'),
  OIDC_MAIL_SMTP: serverAt(465, 587, 'smtp.example.com'),
}

type Source = Readonly<Record<string, string | undefined>>
type ProviderVariables = z.output<z.ZodObject<typeof providerVariables>>

const organisationNeeds = [
  'OIDC_MAIL_NAME',
  'OIDC_MAIL_ISSUER',
  'OIDC_MAIL_CLIENT_ID',
  'OIDC_MAIL_IMAP',
  'OIDC_MAIL_SMTP',
] as const

const whatNoSecretMeans =
  'without it people sign in by device code, which only the local runner offers, with PUBLIC_URL and HOST on this machine'

/** What one variable alone cannot tell. `present`: those that are set. */
export function listProviderFaults(present: Source): string[] {
  const has = (name: keyof typeof providerVariables) => present[name] !== undefined
  const faults: string[] = []
  if (has('GOOGLE_CLIENT_ID') !== has('GOOGLE_CLIENT_SECRET'))
    faults.push('GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET must be set together')
  if (!has('MICROSOFT_CLIENT_ID') && (has('MICROSOFT_CLIENT_SECRET') || has('MICROSOFT_TENANT')))
    faults.push('MICROSOFT_CLIENT_ID is missing')
  const isOrganisation = Object.keys(present).some((name) => /^OIDC_MAIL_/.test(name))
  if (isOrganisation) {
    faults.push(...organisationNeeds.filter((name) => !has(name)).map((name) => `${name} is missing`))
  }
  if (!isReachedFromHereOnly(present)) {
    const secrets = [
      ...(has('MICROSOFT_CLIENT_ID') ? (['MICROSOFT_CLIENT_SECRET'] as const) : []),
      ...(isOrganisation ? (['OIDC_MAIL_CLIENT_SECRET'] as const) : []),
    ]
    const missing = secrets.filter((name) => !has(name))
    faults.push(...missing.map((name) => `${name} is missing: ${whatNoSecretMeans}`))
  }
  return faults
}

/** The secret of a deployment on AWS has neither variable. Strangers could pass on a device code that they got here. */
function isReachedFromHereOnly({ PUBLIC_URL: publicUrl = '', HOST: host = 'localhost' }: Source): boolean {
  const isListeningHere = isLoopback(host) || isLoopback(`[${host}]`)
  return isListeningHere && URL.canParse(publicUrl) && isLoopback(new URL(publicUrl).hostname)
}

export function toSignInProviders(variables: ProviderVariables): readonly SignInProvider[] {
  const found: SignInProvider[] = []
  const { GOOGLE_CLIENT_ID: google, MICROSOFT_CLIENT_ID: microsoft } = variables
  if (google !== undefined) found.push(googleSignIn(client(google, variables.GOOGLE_CLIENT_SECRET)))
  if (microsoft !== undefined) {
    const credentials = client(microsoft, variables.MICROSOFT_CLIENT_SECRET)
    found.push(microsoftSignIn({ ...credentials, tenant: variables.MICROSOFT_TENANT.toLowerCase() }))
  }
  const { OIDC_MAIL_NAME: name, OIDC_MAIL_ISSUER: issuer, OIDC_MAIL_CLIENT_ID: clientId } = variables
  const { OIDC_MAIL_IMAP: imap, OIDC_MAIL_SMTP: smtp } = variables
  if (name && issuer && clientId && imap && smtp) {
    const credentials = client(clientId, variables.OIDC_MAIL_CLIENT_SECRET)
    const { OIDC_MAIL_SCOPES: scopes, OIDC_MAIL_MECHANISM: mechanism } = variables
    found.push(organisationSignIn({ ...credentials, name, issuer, scopes, mechanism, imap, smtp }))
  }
  return found
}

function client(clientId: string, clientSecret: string | undefined) {
  return { clientId, ...(clientSecret !== undefined && { clientSecret }) }
}

/** `http` on this machine only, for trying it out. */
export function isIssuer(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, hostname, href, search, hash, username } = new URL(value)
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname))) return false
  return search + hash + username === '' && (href === value || href === `${value}/`)
}

/** Which ports may be reached is the mail package's to say; the port decides about TLS. */
function toServer(value: string, implicitPort: number, startTlsPort: number): MailServer | undefined {
  const [, host = '', port = String(implicitPort)] = /^([^\s:]+)(?::([1-9]\d{0,4}))?$/.exec(value) ?? []
  try {
    assertHost(host, 'host')
  } catch (error) {
    if (error instanceof MailError) return undefined
    throw error
  }
  const number = Number(port)
  return number > 65_535
    ? undefined
    : { host, port: number, tls: number === startTlsPort ? 'starttls' : 'implicit' }
}
