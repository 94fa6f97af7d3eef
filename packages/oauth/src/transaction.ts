/**
 * One sign-in between the page and its form. Three things must come together: the handle (in the page), the cookie
 * (in the browser that loaded it) and our own origin. The store has only hashes of the first two. A cookie belongs
 * to one sign-in, so that two tabs do not end each other. Our `no-referrer` makes browsers send `Origin: null`.
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { AuthorizationRequest } from './authorization-request.ts'
import { readCookie, toSetCookie } from './browser-cookie.ts'
import { isEqualText, sha256 } from './digest.ts'
import type { AuthorizationStore, EpochSeconds, Transaction } from './store.ts'

/** Why a form belongs to no sign-in. For the log; the person sees one page for all. */
export type TransactionRefusal =
  | 'unknown_handle'
  | 'expired'
  | 'wrong_cookie'
  | 'foreign_origin'
  | 'changed_row'

export interface TransactionSettings {
  readonly issuer: string
  readonly store: AuthorizationStore
  readonly lifetimeSeconds: number
  readonly now: () => EpochSeconds
}

/** Opens a sign-in: the handle for the page, the Set-Cookie value for the browser. */
export async function createTransaction(
  settings: TransactionSettings,
  { client, redirectUri, state, codeChallenge, scope, resource }: AuthorizationRequest,
): Promise<{ transaction: Transaction; handle: string; cookie: string }> {
  const handle = randomBytes(32).toString('base64url')
  const cookieValue = randomBytes(32).toString('base64url')
  const fields: Omit<Transaction, 'mac'> = {
    v: 1,
    id: sha256(handle),
    cookieHash: sha256(cookieValue),
    clientId: client.clientId,
    clientName: client.name,
    redirectUri,
    clientState: state,
    codeChallenge,
    scope,
    resource,
    attempts: 0,
    expiresAt: settings.now() + settings.lifetimeSeconds,
  }
  const transaction: Transaction = { ...fields, mac: macOf(handle, fields) }
  await settings.store.createTransaction(transaction)
  return {
    transaction,
    handle,
    cookie: toSetCookie(settings.issuer, {
      name: cookieName(transaction.id),
      value: cookieValue,
      maxAgeSeconds: settings.lifetimeSeconds,
    }),
  }
}

/** The sign-in a form belongs to. Changes nothing. */
export async function openTransaction(
  { issuer, store, now }: TransactionSettings,
  request: Request,
  handle: string,
): Promise<{ kind: 'open'; transaction: Transaction } | { kind: 'refused'; reason: TransactionRefusal }> {
  if (!isSameOrigin(request, issuer)) return { kind: 'refused', reason: 'foreign_origin' }
  if (!/^[A-Za-z0-9_-]{43}$/.test(handle)) return { kind: 'refused', reason: 'unknown_handle' }
  const transaction = await store.findTransaction(sha256(handle))
  if (transaction === undefined) return { kind: 'refused', reason: 'unknown_handle' }
  if (!isEqualText(macOf(handle, transaction), transaction.mac))
    return { kind: 'refused', reason: 'changed_row' }
  const cookie = readCookie(request, issuer, cookieName(transaction.id))
  if (cookie === undefined || !isEqualText(sha256(cookie), transaction.cookieHash)) {
    return { kind: 'refused', reason: 'wrong_cookie' }
  }
  if (transaction.expiresAt <= now()) return { kind: 'refused', reason: 'expired' }
  return { kind: 'open', transaction }
}

/**
 * Who writes to the table must not be able to send the code elsewhere: only the page and its server know the handle.
 * A JSON array in a fixed order.
 */
function macOf(handle: string, row: Omit<Transaction, 'mac'>): string {
  const text = JSON.stringify([
    ...['transaction', row.v, row.id, row.cookieHash, row.clientId, row.clientName, row.redirectUri],
    ...[row.clientState, row.codeChallenge, row.scope, row.resource, row.expiresAt],
  ])
  return createHmac('sha256', handle).update(text, 'utf8').digest('hex')
}

/** The Set-Cookie value that ends it. */
export function expireCookie(settings: TransactionSettings, transaction: Transaction): string {
  return toSetCookie(settings.issuer, { name: cookieName(transaction.id), value: '', maxAgeSeconds: 0 })
}

/**
 * Whether one of our own pages sent this form. `Origin` is compared with the configured issuer, not with `Host`, so
 * a name that was rebound to this machine is foreign too. `null` says nothing: then Sec-Fetch-Site must speak for it.
 */
export function isSameOrigin(request: Request, issuer: string): boolean {
  const origin = request.headers.get('origin')
  const site = request.headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin') return false
  if (origin === null) return true
  return origin === new URL(issuer).origin || (origin === 'null' && site === 'same-origin')
}

function cookieName(transactionId: string): string {
  return `sign-in-${transactionId.slice(0, 16)}`
}
