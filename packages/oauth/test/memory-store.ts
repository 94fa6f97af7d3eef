/**
 * An AuthorizationStore in memory, for this package's tests. Each operation is one synchronous step after a turn of
 * the event loop, so requests interleave as they do against a database. Hooks run before and after every operation:
 * one that throws stands for a store that is down, or for a process that died at that point.
 */
import type {
  AuthorizationStore,
  Grant,
  Leash,
  RefreshTokenRow,
  TokenRow,
  TokenRowOf,
  TokenType,
  Transaction,
} from '../src/store.ts'

export type Operation = keyof AuthorizationStore

export interface Hooks {
  before?: (operation: Operation) => void
  after?: (operation: Operation) => void
}

export interface MemoryStore extends AuthorizationStore {
  readonly hooks: Hooks
  readonly grants: Map<string, Grant>
  /** Keyed `type#id`. */
  readonly tokens: Map<string, TokenRow>
  readonly leashes: Map<string, Leash>
  readonly transactions: Map<string, Transaction>
  /** Account rows: id to expiry. */
  readonly accounts: Map<string, number>
}

export function createMemoryStore(hooks: Hooks = {}): MemoryStore {
  const grants = new Map<string, Grant>()
  const tokens = new Map<string, TokenRow>()
  const leashes = new Map<string, Leash>()
  const transactions = new Map<string, Transaction>()
  const accounts = new Map<string, number>()

  /** Rows go in and out as copies, as they do over a wire. */
  function put<T>(map: Map<string, T>, key: string, row: T): void {
    map.set(key, structuredClone(row))
  }
  function get<T>(map: Map<string, T>, key: string): T | undefined {
    return structuredClone(map.get(key))
  }
  function create<T>(map: Map<string, T>, key: string, row: T): void {
    if (map.has(key)) throw new Error('The row exists')
    put(map, key, row)
  }
  function token<T extends TokenType>(type: T, id: string): TokenRowOf<T> | undefined {
    const row = get(tokens, `${type}#${id}`)
    return row === undefined ? undefined : (row as TokenRowOf<T>)
  }

  const operations = {
    async createGrant(grant) {
      if (grants.has(grant.grantId)) return 'exists'
      await create(grants, grant.grantId, grant)
      return 'created'
    },
    getGrant: (grantId) => get(grants, grantId),
    extendAccounts(_grantId, accountIds, expiresAt) {
      for (const id of accountIds) if (accounts.has(id)) accounts.set(id, expiresAt)
    },
    commitRedemption({ grantId, codeId, accessTokenId, refreshTokenId, now }) {
      const grant = get(grants, grantId)
      if (grant?.state !== 'pending' || grant.codeId !== codeId || grant.expiresAt <= now) return 'refused'
      put(grants, grantId, {
        ...grant,
        state: 'live',
        generation: 1,
        expiresAt: grant.absoluteExpiresAt,
        accessTokenIds: [accessTokenId],
        refreshTokenId,
        committedAt: now,
      })
      return 'committed'
    },
    commitRefresh({ grantId, fromGeneration, toGeneration, now, ...ids }) {
      const grant = get(grants, grantId)
      if (grant?.state !== 'live' || grant.generation !== fromGeneration) return 'refused'
      put(grants, grantId, { ...grant, ...ids, generation: toGeneration, committedAt: now })
      return 'committed'
    },
    revokeGrant(grantId) {
      const grant = get(grants, grantId)
      if (grant !== undefined) put(grants, grantId, { ...grant, state: 'revoked' })
      return get(grants, grantId)
    },
    eraseGrant(grant) {
      for (const id of grant.accountIds) accounts.delete(id)
      grants.delete(grant.grantId)
    },
    setGrantLink(grantId, linkId) {
      const grant = get(grants, grantId)
      if (grant?.state !== 'live') return 'refused'
      put(grants, grantId, { ...grant, linkId })
      return 'set'
    },
    createLeash(row) {
      if (!leashes.has(row.grantId)) put(leashes, row.grantId, row)
    },
    findLeash: (grantId) => get(leashes, grantId),
    deleteLeash(grantId) {
      leashes.delete(grantId)
    },
    createToken: (row) => create(tokens, `${row.type}#${row.id}`, row),
    findToken: (type, id) => token(type, id),
    redeemCode(id, now, tombstoneExpiresAt) {
      const row = token('code', id)
      if (row === undefined) return 'gone'
      if (row.redeemedAt !== undefined) return 'already'
      put(tokens, `code#${id}`, { ...row, redeemedAt: now, expiresAt: tombstoneExpiresAt })
      return 'redeemed'
    },
    retireAccessToken(id, retiresAt) {
      const row = token('access', id)
      if (row === undefined || (row.retiresAt ?? Number.POSITIVE_INFINITY) <= retiresAt) return
      put(tokens, `access#${id}`, { ...row, retiresAt })
    },
    buryRefreshToken(id) {
      const row = token('refresh', id)
      if (row === undefined) return
      const { wrap: _wrap, sealedAnswer: _answer, ...tombstone }: RefreshTokenRow = row
      put(tokens, `refresh#${id}`, tombstone)
    },
    bindLink(id, cookieHash) {
      const row = token('link', id)
      if (row === undefined || (row.boundTo ?? cookieHash) !== cookieHash) return 'refused'
      put(tokens, `link#${id}`, { ...row, boundTo: cookieHash })
      return 'bound'
    },
    deleteToken(type, id, grantId) {
      if (token(type, id)?.grantId === grantId) tokens.delete(`${type}#${id}`)
    },
    createTransaction: (row) => create(transactions, row.id, row),
    findTransaction: (id) => get(transactions, id),
    countTransactionAttempt(id) {
      const row = get(transactions, id)
      if (row === undefined) return undefined
      put(transactions, id, { ...row, attempts: row.attempts + 1 })
      return row.attempts + 1
    },
    consumeTransaction: (id) => transactions.delete(id),
  } satisfies { [K in Operation]: (...given: Parameters<AuthorizationStore[K]>) => unknown }

  const asynchronous = Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [
      name,
      async (...given: never[]) => {
        await new Promise(setImmediate)
        hooks.before?.(name as Operation)
        const outcome = (operation as (...given: never[]) => unknown)(...given)
        hooks.after?.(name as Operation)
        return outcome
      },
    ]),
  )
  return {
    ...(asynchronous as unknown as AuthorizationStore),
    ...{ hooks, grants, tokens, leashes, transactions, accounts },
  }
}
