/**
 * The authorization endpoint (RFC 6749 §3.1): what a request opens, and how an approved or denied sign-in returns to
 * the client. The page between them, the proof of who the owner is, the mailbox records and the limits belong to the
 * caller. Nothing approves itself: only `approve` makes a code.
 */
import { redirect } from './answer.ts'
import { AuthorizationError, parseAuthorizationRequest } from './authorization-request.ts'
import { hostOfClient } from './clients.ts'
import { sha256 } from './digest.ts'
import { isStoreUnavailable, OAuthError, retryAfter, storeUnavailable } from './errors.ts'
import { revokeGrant } from './grant-revocation.ts'
import { makeLeash } from './leash.ts'
import { isLoopback } from './loopback-uri.ts'
import { intersectScope } from './scope.ts'
import { pendingSeconds, type Settings } from './settings.ts'
import type { AuthorizationCodeRow, Grant, Transaction } from './store.ts'
import { createAuthorizationCode, tokenId, wrapSecret } from './token-wrap.ts'
import { createTransaction, expireCookie, openTransaction, type TransactionRefusal } from './transaction.ts'

const maxAttempts = 5

/** What the consent page must show of who is asking. Names come from the client: escape them. */
export interface ConsentSubject {
  readonly client: {
    readonly clientId: string
    readonly name: string
    /** The host that vouches for the client; absent: nobody does. */
    readonly host?: string
    /** The code goes to a program on the owner's computer, and any program could have asked. */
    readonly loopbackOnly: boolean
  }
  /** Where the code goes: a host, or an application's scheme and name. */
  readonly redirectHost: string
  readonly requestedScope: string
}

/** A response to send as it is, or what the consent page must show and carry. */
export type AuthorizeOutcome =
  | { readonly kind: 'response'; readonly response: Response }
  | ({
      readonly kind: 'page'
      readonly transaction: Transaction
      /** For the form's `state` field. */
      readonly handle: string
      /** A Set-Cookie value. */
      readonly cookie: string
    } & ConsentSubject)

/** The sign-in that a form belongs to, or why it counts for none. */
export type OpenTransactionOutcome =
  | ({ readonly kind: 'open'; readonly transaction: Transaction } & ConsentSubject)
  | { readonly kind: 'refused'; readonly reason: TransactionRefusal }

/** What the owner agreed to, with what the caller has stored for it already. */
export interface Approval {
  readonly grantId: string
  /** S: 32 random bytes. The caller zeroes it afterwards. */
  readonly secret: Uint8Array
  readonly permission: string
  /** Cut down to what the client asked for. */
  readonly scope: string
  readonly ownerIndexes: readonly string[]
  readonly accountIds: readonly string[]
  readonly sealedHint: string
  readonly ownerRoom?: string
  readonly sealedGate?: string
  /** Epoch seconds: `now + lifetimes.refreshAbsoluteSeconds`, and what the records were sealed for. */
  readonly absoluteExpiresAt: number
}

/** RFC 6749 §3.1 in steps, with the page of the caller between them. Every method throws StoreUnavailableError. */
export interface AuthorizationEndpoint {
  authorize(request: Request): Promise<AuthorizeOutcome>
  openTransaction(request: Request, handle: string): Promise<OpenTransactionOutcome>
  countAttempt(transaction: Transaction): Promise<'counted' | 'exhausted' | 'gone'>
  approve(transaction: Transaction, approval: Approval): Promise<Response>
  deny(transaction: Transaction): Promise<Response>
}

export function createAuthorizationEndpoint(settings: Settings): AuthorizationEndpoint {
  const { issuer, store, lifetimes, now, errorPage, log } = settings
  const transactions = { issuer, store, now, lifetimeSeconds: lifetimes.transactionSeconds }

  /** RFC 6749 §4.1.2, RFC 9207 §2: `iss` and `state` in every answer, good or bad. */
  function toClient(
    uri: string,
    state: string | undefined,
    answer: Record<string, string>,
    headers: Record<string, string> = {},
  ): Response {
    return redirect(uri, { ...answer, ...(state !== undefined && { state }), iss: issuer }, headers)
  }

  function toClientOf(transaction: Transaction, answer: Record<string, string>): Response {
    const headers = { 'Set-Cookie': expireCookie(transactions, transaction) }
    return toClient(transaction.redirectUri, transaction.clientState, answer, headers)
  }

  /** Our own page, or the client's redirect URI where one was accepted. Throws what is a bug. */
  function toErrorResponse(thrown: unknown): Response {
    const error = thrown instanceof AuthorizationError ? thrown.error : thrown
    const known = isStoreUnavailable(error) ? storeUnavailable() : error
    if (!(known instanceof OAuthError)) throw thrown
    log({ kind: 'refused', endpoint: 'authorize', error: known.code, reason: known.reason })
    if (thrown instanceof AuthorizationError) {
      const answer = { error: known.code, error_description: known.message }
      return toClient(thrown.redirectUri, thrown.state, answer)
    }
    const headers = {
      ...retryAfter(known),
      ...(known.status === 405 && { Allow: 'GET, HEAD' }),
      // RFC 9110 §15.5.2: a 401 names a way to authenticate, though no browser acts on this one.
      ...(known.status === 401 && { 'WWW-Authenticate': `Bearer realm="${issuer}", error="${known.code}"` }),
    }
    return errorPage(known.status, known.message, headers, known.address)
  }

  function alreadyUsed(): Response {
    return errorPage(403, 'This sign-in was already used or has expired. Start again from your app.', {})
  }

  return {
    async authorize(request) {
      try {
        const opened = await createTransaction(
          transactions,
          await parseAuthorizationRequest(request, settings),
        )
        return { kind: 'page', ...opened, ...subjectOf(opened.transaction) }
      } catch (thrown) {
        return { kind: 'response', response: toErrorResponse(thrown) }
      }
    },

    async openTransaction(request, handle) {
      const opened = await openTransaction(transactions, request, handle)
      return opened.kind === 'open' ? { ...opened, ...subjectOf(opened.transaction) } : opened
    },

    async countAttempt(transaction) {
      const attempts = await store.countTransactionAttempt(transaction.id)
      if (attempts === undefined) return 'gone'
      return attempts > maxAttempts ? 'exhausted' : 'counted'
    },

    async approve(transaction, approval) {
      if (transaction.expiresAt <= now()) return alreadyUsed()
      const code = createAuthorizationCode()
      const { grant, row } = toRows(settings, transaction, approval, tokenId(code))
      try {
        await store.createLeash(makeLeash(grant))
        // A caller that prepared its grant over several forms may have been sent the last of them twice.
        if ((await store.createGrant(grant)) === 'exists') return alreadyUsed()
        await store.createToken({ ...row, wrap: wrapSecret(code, row, approval.secret) })
        // Last, so that a failure before it leaves the form usable. Of two forms one gets its code through.
        if (!(await store.consumeTransaction(transaction.id))) {
          await revokeGrant(settings, grant.grantId, 'orphan')
          return alreadyUsed()
        }
      } catch (thrown) {
        return toErrorResponse(thrown)
      }
      return toClientOf(transaction, { code })
    },

    async deny(transaction) {
      try {
        if (!(await store.consumeTransaction(transaction.id))) return alreadyUsed()
      } catch (thrown) {
        return toErrorResponse(thrown)
      }
      return toClientOf(transaction, {
        error: 'access_denied',
        error_description: 'The owner did not agree.',
      })
    },
  }
}

function toRows(
  { lifetimes, now }: Settings,
  transaction: Transaction,
  approval: Approval,
  codeId: string,
): { grant: Grant; row: Omit<AuthorizationCodeRow, 'wrap'> } {
  const issuedAt = now()
  const shared = {
    v: 1,
    grantId: approval.grantId,
    generation: 0,
    clientId: transaction.clientId,
    permission: approval.permission,
    scope: intersectScope(approval.scope, transaction.scope),
    resource: transaction.resource,
    accountIds: approval.accountIds,
  } as const
  return {
    grant: {
      ...shared,
      state: 'pending',
      clientName: transaction.clientName,
      codeId,
      accessTokenIds: [],
      createdAt: issuedAt,
      expiresAt: issuedAt + pendingSeconds,
      absoluteExpiresAt: approval.absoluteExpiresAt,
      ownerIndexes: approval.ownerIndexes,
      sealedHint: approval.sealedHint,
      ...(approval.ownerRoom !== undefined && { ownerRoom: approval.ownerRoom }),
      ...(approval.sealedGate !== undefined && { sealedGate: approval.sealedGate }),
    },
    row: {
      ...shared,
      type: 'code',
      id: codeId,
      redirectUriHash: sha256(transaction.redirectUri),
      codeChallenge: transaction.codeChallenge,
      issuedAt,
      expiresAt: issuedAt + lifetimes.codeSeconds,
      grantExpiresAt: approval.absoluteExpiresAt,
    },
  }
}

function subjectOf({ clientId, clientName, redirectUri, scope }: Transaction): ConsentSubject {
  const host = hostOfClient(clientId)
  const { protocol, host: redirectHost } = new URL(redirectUri)
  const isWeb = protocol === 'https:' || protocol === 'http:'
  return {
    client: {
      clientId,
      name: clientName,
      ...(host !== undefined && { host }),
      loopbackOnly: isLoopback(redirectUri),
    },
    redirectHost: isWeb ? redirectHost : `${protocol}//${redirectHost}`,
    requestedScope: scope,
  }
}
