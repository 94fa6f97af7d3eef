/**
 * The providers whose own sign-in replaces a password, as the owner of a deployment set them up: where they are, what is
 * asked of them, and which mail servers take their tokens. Facts of Google and Microsoft were read in their documents,
 * not tried live. Speaking to a provider is provider-client.ts.
 */
import type { MailServer, ProviderId, TokenMechanism } from '@email-connector/mail'
import { providers } from '@email-connector/mail/providers'
import type { Permission } from './caller.ts'

export interface SignInProvider {
  readonly id: ProviderId
  /** As it stands on the button: "Sign in with …". */
  readonly name: string
  /** What its metadata is found by (OpenID Connect Discovery §4). */
  readonly issuer: string
  /** What its metadata says, where that is known: no request is made for it. */
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly clientId: string
  /** Absent: a public client without a redirect. People sign in by device code (RFC 8628), on the local runner only. */
  readonly clientSecret?: string
  /** Scopes for mail, by what the owner grants. */
  readonly mailScopes: (permission: Permission) => readonly string[]
  /** Asked for besides, where access is to last. */
  readonly lastingScopes: readonly string[]
  readonly authorizationParameters: Readonly<Record<string, string>>
  readonly mechanism: TokenMechanism
  readonly imap: MailServer
  readonly smtp: MailServer
}

export interface ClientCredentials {
  readonly clientId: string
  readonly clientSecret?: string
}

export const googleIssuer = 'https://accounts.google.com'

export function googleSignIn(client: ClientCredentials): SignInProvider {
  return {
    ...serversOf('gmail'),
    ...client,
    name: 'Google',
    issuer: googleIssuer,
    metadata: {
      issuer: googleIssuer,
      authorization_endpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
      token_endpoint: 'https://oauth2.googleapis.com/token',
      device_authorization_endpoint: 'https://oauth2.googleapis.com/device/code',
      jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
      id_token_signing_alg_values_supported: ['RS256'],
    },
    // One scope for reading and sending; there is no narrower one for IMAP.
    mailScopes: () => ['https://mail.google.com/'],
    lastingScopes: [],
    // Google gives a refresh token only to who asks for both.
    authorizationParameters: { access_type: 'offline', prompt: 'consent' },
    mechanism: 'XOAUTH2',
  }
}

/** `tenant`: `common`, `organizations`, `consumers`, or an organisation's own id or domain. */
export function microsoftSignIn(client: ClientCredentials & { readonly tenant: string }): SignInProvider {
  const { tenant, ...credentials } = client
  const base = `https://login.microsoftonline.com/${tenant}`
  return {
    ...serversOf('outlook'),
    ...credentials,
    name: 'Microsoft',
    issuer: `${base}/v2.0`,
    metadata: {
      issuer: issuerOfTenant(tenant),
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
      id_token_signing_alg_values_supported: ['RS256'],
    },
    mailScopes: (permission) => [
      'https://outlook.office.com/IMAP.AccessAsUser.All',
      ...(permission === 'send' ? ['https://outlook.office.com/SMTP.Send'] : []),
    ],
    lastingScopes: ['offline_access'],
    authorizationParameters: { prompt: 'select_account' },
    mechanism: 'XOAUTH2',
  }
}

/** What stands in every id token of the tenant; the library puts the token's own tenant in for `{tenantid}`. */
function issuerOfTenant(tenant: string): string {
  const isOne = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(tenant)
  const personal = '9188040d-6c67-4c5b-b112-36a304b66dad'
  const id = tenant === 'consumers' ? personal : isOne ? tenant.toLowerCase() : '{tenantid}'
  return `https://login.microsoftonline.com/${id}/v2.0`
}

export interface OrganisationSettings extends ClientCredentials {
  readonly name: string
  readonly issuer: string
  readonly scopes: readonly string[]
  readonly mechanism: TokenMechanism
  readonly imap: MailServer
  readonly smtp: MailServer
}

export function organisationSignIn({ scopes, ...settings }: OrganisationSettings): SignInProvider {
  return {
    ...settings,
    id: 'organisation',
    mailScopes: () => scopes.filter((scope) => scope !== 'offline_access'),
    lastingScopes: scopes.filter((scope) => scope === 'offline_access'),
    // OpenID Connect Core §11: a refresh token is given only after the person was asked.
    authorizationParameters: scopes.includes('offline_access') ? { prompt: 'consent' } : {},
  }
}

function serversOf(id: 'gmail' | 'outlook') {
  const { imap, smtp } = providers.find((provider) => provider.id === id) ?? {}
  if (imap === undefined || smtp === undefined) throw new Error(`The servers of ${id} are not known`)
  return { id, imap, smtp }
}
