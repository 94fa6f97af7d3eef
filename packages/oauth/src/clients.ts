/**
 * Who a client id stands for. Three kinds: pre-registered (id and secret in the settings), dynamically registered
 * (the id is its own signed registration, nothing is stored), and Client ID Metadata Documents (the id is the URL of
 * one). The token endpoint never fetches a document: what it needs is bound into the code and the tokens.
 */
import { createHmac } from 'node:crypto'
import { isEqualText } from './digest.ts'
import { type KnownClientId, knownClients } from './known-clients.ts'
import { withoutPort } from './loopback-uri.ts'
import type { NamedKey } from './repeatable-answer.ts'
import type { EpochSeconds } from './store.ts'

/** A confidential client that the owner of the deployment named. */
export interface PreRegisteredClient {
  readonly clientId: string
  readonly secret: string
  readonly name: string
  /** Absent: any redirect URI the deployment accepts. */
  readonly redirectUris?: readonly string[]
}

/** What the authorization endpoint needs to know. */
export interface Client {
  readonly clientId: string
  readonly name: string
  readonly redirectUris?: readonly string[]
}

export interface Registration {
  readonly name: string
  readonly redirectUris: readonly string[]
}

/**
 * Gets a client's document from the URL that is its id, over a connection whose address was checked. Anything thrown
 * means "not now": the built-in document of a known client is used instead, and failures are never kept.
 */
export type FetchClientMetadata = (url: string) => Promise<{
  readonly document: unknown
  /** What its server says of keeping it; absent: nothing. */
  readonly maxAgeSeconds?: number
}>

export interface ClientSettings {
  readonly preRegistered: readonly PreRegisteredClient[]
  /** The first signs, all verify. */
  readonly registrationKeys: readonly NamedKey[]
  /** Absent: only the documents of known clients. */
  readonly fetchClientMetadata?: FetchClientMetadata
  /** Known clients the owner switched off: their documents stand for nobody. */
  readonly withoutClients?: readonly KnownClientId[]
  readonly now: () => EpochSeconds
}

/** `unreadable`: its document is not to be had now; `unfit`: it is no client's, or of one this server cannot serve. */
export type ClientLookup =
  | { readonly kind: 'client'; readonly client: Client }
  | { readonly kind: 'unknown' | 'switched_off' | 'unreadable' | 'unfit' }

export interface Clients {
  /** For the authorization endpoint. */
  findClient(clientId: string): Promise<ClientLookup>
  /** For the token endpoint: the secret to compare, `public` where there is none, `unknown`. */
  findSecret(clientId: string): { kind: 'secret'; secret: string } | { kind: 'public' } | { kind: 'unknown' }
  /**
   * The client id that carries this registration; undefined when it would be too long. Loopback ports, order and
   * repetitions are left out of it: a program that listens elsewhere at every start stays the same client.
   */
  register(registration: Registration): string | undefined
}

/** An authorization request must stay under the 2 KB of query that firewalls let through. */
const maxClientIdLength = 1500
const registeredPrefix = 'dcr'
/** How long a document is kept: a day unless its server says otherwise, within bounds (RFC 9111 §4.2.1). */
const keepSeconds = { least: 5 * 60, usual: 24 * 60 * 60, most: 7 * 24 * 60 * 60 }
/** So that strangers' ids cannot fill the memory. */
const maxDocuments = 100
const maxNameLength = 80

export function createClients(settings: ClientSettings): Clients {
  const { withoutClients = [] } = settings
  const documents = new Map<string, { client: Client; until: EpochSeconds }>()
  const builtIn = new Map(
    knownClients.flatMap(({ id, document }) => (document ? [[document.client_id, { id, document }]] : [])),
  )

  async function findDocumentClient(url: string): Promise<ClientLookup> {
    const known = builtIn.get(url)
    if (known !== undefined && withoutClients.includes(known.id)) return { kind: 'switched_off' }
    const kept = documents.get(url)
    if (kept !== undefined && kept.until > settings.now()) return { kind: 'client', client: kept.client }
    const fetched = await fetchDocumentClient(url)
    const client = fetched.kind === 'client' ? undefined : parseClientDocument(url, known?.document)
    return client === undefined ? fetched : { kind: 'client', client }
  }

  /** Kept only when it is a client: what is missing or wrong may be put right the next minute. */
  async function fetchDocumentClient(url: string): Promise<ClientLookup> {
    if (settings.fetchClientMetadata === undefined) return { kind: 'unreadable' }
    try {
      const fetched = await settings.fetchClientMetadata(url)
      const client = parseClientDocument(url, fetched.document)
      if (client === undefined) return { kind: 'unfit' }
      const { least, usual, most } = keepSeconds
      const keptSeconds = Math.min(Math.max(fetched.maxAgeSeconds ?? usual, least), most)
      if (documents.size >= maxDocuments) documents.clear()
      documents.set(url, { client, until: settings.now() + keptSeconds })
      return { kind: 'client', client }
    } catch {
      return { kind: 'unreadable' }
    }
  }

  return {
    async findClient(clientId) {
      const known = settings.preRegistered.find((client) => client.clientId === clientId)
      if (known !== undefined) return { kind: 'client', client: known }
      if (isDocumentUrl(clientId)) return findDocumentClient(clientId)
      const registration = openRegistration(clientId, settings.registrationKeys)
      return registration === undefined
        ? { kind: 'unknown' }
        : { kind: 'client', client: { clientId, ...registration } }
    },
    findSecret(clientId) {
      const known = settings.preRegistered.find((client) => client.clientId === clientId)
      if (known !== undefined) return { kind: 'secret', secret: known.secret }
      const isPublic =
        isDocumentUrl(clientId) || openRegistration(clientId, settings.registrationKeys) !== undefined
      return { kind: isPublic ? 'public' : 'unknown' }
    },
    register(registration) {
      const key = settings.registrationKeys[0]
      if (key === undefined) throw new Error('There is no key for client registration')
      const redirectUris = [...new Set(registration.redirectUris.map(withoutPort))].sort()
      const payload = Buffer.from(JSON.stringify([registration.name, redirectUris]), 'utf8')
      const clientId = sign(key, payload.toString('base64url'))
      return clientId.length > maxClientIdLength ? undefined : clientId
    },
  }
}

/** The host that vouches for a client: only a document's URL does. */
export function hostOfClient(clientId: string): string | undefined {
  return isDocumentUrl(clientId) ? new URL(clientId).host : undefined
}

/** https, with a path, in the one spelling that URL parsers give back; no user-info, no fragment, no port games. */
export function isDocumentUrl(clientId: string): boolean {
  if (!clientId.startsWith('https://') || clientId.length > 500 || !URL.canParse(clientId)) return false
  const url = new URL(clientId)
  return (
    url.href === clientId &&
    url.pathname !== '/' &&
    url.username === '' &&
    url.password === '' &&
    !clientId.includes('#')
  )
}

/** Names come from strangers and are shown on a page: one line, no controls, nothing that reorders text. */
export function toDisplayName(name: unknown): string {
  if (typeof name !== 'string') return ''
  const line = name
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return Array.from(line).slice(0, maxNameLength).join('')
}

/** `dcr.kid.payload.mac` */
function sign({ kid, key }: NamedKey, payload: string): string {
  const signed = `${registeredPrefix}.${kid}.${payload}`
  return `${signed}.${createHmac('sha256', key).update(signed, 'utf8').digest('base64url')}`
}

function openRegistration(clientId: string, keys: readonly NamedKey[]): Registration | undefined {
  const [prefix, kid, payload, mac, ...rest] = clientId.split('.')
  if (prefix !== registeredPrefix || payload === undefined || mac === undefined || rest.length > 0)
    return undefined
  const key = keys.find((one) => one.kid === kid)
  if (key === undefined || clientId.length > maxClientIdLength) return undefined
  if (!isEqualText(sign(key, payload), clientId)) return undefined
  const [name, redirectUris] = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  return { name, redirectUris }
}

/** draft-ietf-oauth-client-id-metadata-document §4: the document must name the URL it was found at. */
function parseClientDocument(url: string, document: unknown): Client | undefined {
  if (typeof document !== 'object' || document === null) return undefined
  const { client_id, client_name, redirect_uris, token_endpoint_auth_method } = document as Record<
    string,
    unknown
  >
  if (client_id !== url || !Array.isArray(redirect_uris) || redirect_uris.length > 50) return undefined
  // A document that also asks for a secret or a key cannot be served: this server knows neither.
  if (token_endpoint_auth_method !== undefined && token_endpoint_auth_method !== 'none') return undefined
  return {
    clientId: url,
    name: toDisplayName(client_name) || new URL(url).host,
    redirectUris: redirect_uris.filter((uri) => typeof uri === 'string'),
  }
}
