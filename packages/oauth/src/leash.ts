/**
 * The leash of a grant: made before the grant is, or at the first refresh of one that has none yet. It is random, so that
 * one that was deleted never comes back: what was made with it stays shut.
 */
import { randomBytes } from 'node:crypto'
import type { Grant, Leash, LeashStore } from './store.ts'

const leashBytes = 32

/** For as long as the grant may live. */
export function makeLeash({ grantId, absoluteExpiresAt }: Grant): Leash {
  return { grantId, leash: randomBytes(leashBytes).toString('base64url'), expiresAt: absoluteExpiresAt }
}

/** The bytes of a grant's leash. Undefined: it has none yet, or has ended. One read. */
export async function readLeash(
  { store, now }: { store: Pick<LeashStore, 'findLeash'>; now: () => number },
  grantId: string,
): Promise<Uint8Array | undefined> {
  const row = await store.findLeash(grantId)
  if (row === undefined || row.expiresAt <= now()) return undefined
  return Uint8Array.from(Buffer.from(row.leash, 'base64url'))
}
