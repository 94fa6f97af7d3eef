/** Rows as the contracts want them, with only what a test cares about named. */
import { randomBytes } from 'node:crypto'
import type { Grant } from '@email-connector/oauth'
import type { AccountRow } from '../../src/store/account-store.ts'
import type { Session } from '../../src/store/session-store.ts'

export const now = 1_800_000_000
const day = 86_400

export const newId = () => randomBytes(8).toString('hex')

export function buildGrant(fields: Partial<Grant> = {}): Grant {
  return {
    v: 1,
    grantId: newId(),
    state: 'live',
    generation: 1,
    clientId: 'client',
    clientName: 'Client',
    permission: 'read',
    scope: 'email:read',
    resource: 'http://localhost:8993/mcp',
    createdAt: now,
    expiresAt: now + 365 * day,
    absoluteExpiresAt: now + 365 * day,
    codeId: newId(),
    accessTokenIds: [],
    ownerIndexes: ['owner'],
    accountIds: ['first'],
    sealedHint: 'hint',
    ...fields,
  }
}

export function buildAccount(fields: Partial<AccountRow> = {}): AccountRow {
  return {
    v: 1,
    grantId: newId(),
    accountId: 'first',
    credentialVersion: 1,
    wrappedKey: 'wrapped',
    commitment: 'commitment',
    sealed: 'sealed',
    expiresAt: now + 365 * day,
    ...fields,
  }
}

export function buildSession(fields: Partial<Session> = {}): Session {
  return {
    v: 1,
    id: newId(),
    grantId: 'grant',
    initialize: '{"method":"initialize"}',
    touchedAt: now,
    expiresAt: now + day,
    ...fields,
  }
}

/** Fifty at once; how many of each answer. */
export async function race<T>(attempt: (index: number) => Promise<T>): Promise<Map<T, number>> {
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => attempt(index)))
  const counts = new Map<T, number>()
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1)
  return counts
}
