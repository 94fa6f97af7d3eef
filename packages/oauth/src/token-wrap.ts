/**
 * The grant's secret S under a token: the only form in which S is ever stored. id(t) names a token's row and cannot
 * be turned back; KEK(t) needs the token itself. The associated text holds every attribute of the row that is fixed
 * when it is written, so a row that was changed in the database, or swapped with another, no longer opens.
 */
import { createHash, randomBytes } from 'node:crypto'
import { isCanonicalBase64url } from './base64url.ts'
import { deriveKey, open, seal } from './seal.ts'
import type { AccessTokenRow, AuthorizationCodeRow, LinkRow, RefreshTokenRow } from './store.ts'

/** Bytes of S. */
const secretBytes = 32

/** A row before it is wrapped, or as it was read. */
export type WrappedFields =
  | Omit<AuthorizationCodeRow, 'wrap'>
  | Omit<AccessTokenRow, 'wrap'>
  | Omit<RefreshTokenRow, 'wrap'>
  | Omit<LinkRow, 'wrap'>

/** 32 random bytes, lower-case hex: access, refresh and link tokens. */
export function createOpaqueToken(): string {
  return randomBytes(32).toString('hex')
}

/** The one accepted form; anything else is not even hashed. */
export function isOpaqueToken(token: string): boolean {
  return /^[0-9a-f]{64}$/.test(token)
}

/** 36 random bytes: 48 characters. */
export function createAuthorizationCode(): string {
  return randomBytes(36).toString('base64url')
}

export function isAuthorizationCode(code: string): boolean {
  return /^[A-Za-z0-9_-]{48}$/.test(code)
}

/** id(t) = SHA-256("tid" 0x00 t), lower-case hex. */
export function tokenId(token: string): string {
  return createHash('sha256').update(`tid\0${token}`, 'utf8').digest('hex')
}

/**
 * Seals S under KEK(token) for this row. base64url. Throws when `secret` is not 32 bytes or was zeroed. `leash`: of the
 * grant, for a link; with its row deleted the wrap opens no more.
 */
export function wrapSecret(
  token: string,
  row: WrappedFields,
  secret: Uint8Array,
  leash?: Uint8Array,
): string {
  if (secret.length !== secretBytes || secret.every((byte) => byte === 0)) {
    throw new Error('The secret of a grant is missing or was already zeroed')
  }
  return withKek(token, leash, (kek) => seal(kek, secret, associatedText(row)))
}

/** S, or undefined when the row does not open with this token. The caller zeroes it. */
export function unwrapSecret(
  token: string,
  row: WrappedFields & { wrap?: string },
  leash?: Uint8Array,
): Uint8Array | undefined {
  const { wrap } = row
  if (wrap === undefined || row.id !== tokenId(token) || !isCanonicalBase64url(wrap)) return undefined
  return withKek(token, leash, (kek) => open(kek, wrap, associatedText(row)))
}

/** Hands S to `use` and zeroes it, whatever happens (undefined: the row does not open). */
export async function withSecret<T>(
  token: string,
  row: WrappedFields & { wrap?: string },
  use: (secret: Uint8Array | undefined) => Promise<T>,
): Promise<T> {
  const secret = unwrapSecret(token, row)
  try {
    return await use(secret)
  } finally {
    secret?.fill(0)
  }
}

function withKek<T>(token: string, leash: Uint8Array | undefined, use: (kek: Uint8Array) => T): T {
  const material = Buffer.from(token, 'utf8')
  const kek = deriveKey(material, 'token-kek', leash)
  try {
    return use(kek)
  } finally {
    kek.fill(0)
    material.fill(0)
  }
}

/** Canonical: a JSON array in a fixed order, each value at its place. */
function associatedText(row: WrappedFields): string {
  return JSON.stringify([
    ...['token-wrap', row.v, row.type, row.id, row.grantId, row.generation, row.clientId, row.scope],
    ...[row.permission, row.resource, row.issuedAt, row.expiresAt],
    fixedFields(row),
  ])
}

/** What a type has of its own. Not `redeemedAt`, `retiresAt`, `boundTo`: they change while the row lives. */
function fixedFields(row: WrappedFields): unknown[] {
  switch (row.type) {
    case 'code':
      return [row.redirectUriHash, row.codeChallenge, row.grantExpiresAt, row.accountIds]
    case 'refresh':
      return [row.grantExpiresAt, row.accessTokenId]
    case 'access':
    case 'link':
      return []
  }
}
