/**
 * The app in process behind an identity gate: a real authorization server in the organisation's place, where any name is
 * let in, and a browser that goes to its login and back without a screen.
 */
import type { Grant } from '@email-connector/oauth'
import {
  type IdentityProvider,
  type IdentityProviderOptions,
  parseForm,
  signInWithFetch,
  startIdentityProvider,
} from '@email-connector/testing'
import type { GateRule } from '../../src/gate-settings.ts'
import { parseLocalSettings } from '../../src/local/settings.ts'
import type { ServerSettings } from '../../src/settings.ts'
import { publicUrl, type TestAppOptions } from '../app/harness.ts'
import { type MailboxApp, startMailboxApp } from '../app/mailbox-app.ts'

const redirectUri = `${publicUrl}/oauth/provider/callback`
const clientSecret = 'secret-of-the-gate'

export interface Shown {
  readonly status: number
  readonly html: string
  /** Where an answer sends the browser. */
  readonly location?: URL
}

export interface GateBrowser {
  /** Loads a path, and goes to the login and back where it leads there. */
  get(path: string): Promise<Shown>
  post(path: string, fields: Record<string, string>): Promise<Shown>
  /** The same without following the way to the login. */
  load(path: string, init?: RequestInit): Promise<Shown>
  readonly cookies: Map<string, string>
}

export interface GateProduct extends MailboxApp {
  readonly idp: IdentityProvider
  /** What may be changed as the owner would, by a new start. */
  readonly settings: ServerSettings
  /** `name`: who signs in at the provider. */
  openBrowser(name: string): GateBrowser
  /** Everything from the first request to the code, and the tokens. */
  connectAs(name: string, address?: string): Promise<Tokens>
  refresh(tokens: Pick<Tokens, 'refresh_token' | 'client_id'>): Promise<Response>
  /** The rules in force. */
  readonly allow: GateRule[]
  /** What somebody has made of the rows of grants, by their id. */
  readonly storedGrants: Map<string, Grant>
  stop(): Promise<void>
}

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
  readonly client_id: string
}

export async function startGateProvider(
  claimsOf: NonNullable<IdentityProviderOptions['claimsOf']>,
  options: Partial<IdentityProviderOptions> = {},
): Promise<IdentityProvider> {
  return await startIdentityProvider({
    ...{ clientId: 'gate', clientSecret, redirectUris: [redirectUri], scopes: [] },
    ...{ accessTokenSeconds: 600, rotates: true, claimsOf, ...options },
  })
}

export async function startGateProduct(
  idp: IdentityProvider,
  variables: Readonly<Record<string, string>>,
  options: TestAppOptions = {},
): Promise<GateProduct> {
  const { server } = parseLocalSettings(gateEnvironment(idp, variables), '.')
  const { gate, lifetimes } = server
  const allow = [...(gate?.allow ?? [])]
  const storedGrants = new Map<string, Grant>()
  const app = await startMailboxApp({
    ...options,
    settings: { ...(gate && { gate: { ...gate, allow } }), lifetimes, ...options.settings },
    wrapStores: (level) => {
      const stores = options.wrapStores?.(level) ?? level
      const getGrant = async (id: string) => storedGrants.get(id) ?? (await stores.authorization.getGrant(id))
      return { ...stores, authorization: { ...stores.authorization, getGrant } }
    },
  })
  const { test } = app

  function openBrowser(name: string): GateBrowser {
    const cookies = new Map<string, string>()
    async function load(path: string, init: RequestInit = {}): Promise<Shown> {
      const cookie = [...cookies].map(([one, value]) => `${one}=${value}`).join('; ')
      const response = await test.fetch(path, { ...init, headers: { ...init.headers, Cookie: cookie } })
      for (const line of response.headers.getSetCookie()) {
        const [, one = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        if (/max-age=0/i.test(line)) cookies.delete(one)
        else cookies.set(one, value)
      }
      const location = response.headers.get('location')
      const shown = { status: response.status, html: await response.text() }
      return location === null ? shown : { ...shown, location: new URL(location) }
    }
    async function follow(shown: Shown): Promise<Shown> {
      const login = loginIn(shown)
      if (login === undefined) return shown
      const back = await signInWithFetch(login, { name, redirectUri })
      return await load(`${back.pathname}${back.search}`)
    }
    return {
      cookies,
      load,
      get: async (path) => await follow(await load(path)),
      post: async (path, fields) =>
        await follow(await load(path, { method: 'POST', body: new URLSearchParams(fields) })),
    }
  }

  async function token(fields: Record<string, string>): Promise<Response> {
    return await test.fetch('/oauth/token', { method: 'POST', body: new URLSearchParams(fields) })
  }

  return {
    ...{ ...app, idp, openBrowser, allow, storedGrants },
    settings: server,
    async connectAs(name, address = `${name}@test.example`) {
      const authorizeUrl = new URL(await test.authorizeUrl())
      const browser = openBrowser(name)
      const page = await browser.get(`${authorizeUrl.pathname}${authorizeUrl.search}`)
      const { hidden } = parseForm(page.html)
      const fields = { ...hidden, ...app.mailbox(address), permission: 'read', action: 'connect' }
      const { location, html } = await browser.post('/oauth/connect', fields)
      if (location === undefined) throw new Error(html)
      const client_id = authorizeUrl.searchParams.get('client_id') ?? ''
      const answer = await token({
        ...{ grant_type: 'authorization_code', client_id, code_verifier: test.verifier },
        code: location.searchParams.get('code') ?? '',
        redirect_uri: authorizeUrl.searchParams.get('redirect_uri') ?? '',
      })
      return { ...((await answer.json()) as Omit<Tokens, 'client_id'>), client_id }
    },
    refresh: ({ refresh_token, client_id }) =>
      token({ grant_type: 'refresh_token', refresh_token, client_id }),
    stop: () => app.close(),
  }
}

function gateEnvironment(idp: Pick<IdentityProvider, 'issuer'>, variables: Readonly<Record<string, string>>) {
  return {
    ...{ OIDC_GATE_NAME: 'Example Works', OIDC_GATE_ISSUER: idp.issuer, OIDC_GATE_CLIENT_ID: 'gate' },
    ...{ OIDC_GATE_CLIENT_SECRET: clientSecret, ...variables },
  }
}

/** Where a page leads by itself. */
export function loginIn({ html }: Pick<Shown, 'html'>): string | undefined {
  return /http-equiv="refresh" content="0;url=([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&')
}
