/**
 * Tokens of the owner's own pages. Such a token opens the secret of one mailbox (S_a) and what it is about, and only as
 * long as the grant has its leash: both the token and the leash are in the key. It names no S, so that its thief
 * gets no other mailbox and no client's access. The row's own attributes are associated data.
 */
import { isOpaqueToken, tokenId } from '@email-connector/oauth'
import { canonical, copyPart, deriveKey, fromText, keyBytes, open, seal, toText, zero } from '../keys/seal.ts'
import type { DerivedTokenRow } from '../store/derived-token-store.ts'

type Unwrapped = Omit<DerivedTokenRow, 'wrap' | 'boundTo'>

/** `own`: S_a, its owner's to zero. `subject`: what JSON can say; its schema bounds it. */
export function wrapDerived(
  token: string,
  row: Unwrapped,
  { leash, own, subject }: { leash: Uint8Array; own: Uint8Array; subject: unknown },
): DerivedTokenRow {
  const text = Buffer.from(JSON.stringify(subject))
  const plain = Buffer.concat([own, text])
  try {
    return { ...row, wrap: withKek(token, row, leash, (kek) => toText(seal(kek, plain, ofRow(row)))) }
  } finally {
    zero(plain)
  }
}

/** The caller zeroes `own`. Throws SealBrokenError for another token, another leash, or a changed row. */
export function unwrapDerived(
  token: string,
  row: DerivedTokenRow,
  leash: Uint8Array,
): { readonly own: Uint8Array; readonly subject: unknown } {
  const plain = withKek(token, row, leash, (kek) => open(kek, fromText(row.wrap), ofRow(row)))
  try {
    const subject: unknown = JSON.parse(Buffer.from(copyPart(plain, keyBytes)).toString('utf8'))
    return { own: copyPart(plain, 0, keyBytes), subject }
  } finally {
    zero(plain)
  }
}

/** The id of a token in its one accepted form. */
export function toDerivedId(token: string): string | undefined {
  return isOpaqueToken(token) ? tokenId(token) : undefined
}

function withKek<T>(token: string, { type }: Unwrapped, leash: Uint8Array, use: (kek: Uint8Array) => T): T {
  const material = Uint8Array.from(Buffer.from(token, 'hex'))
  const kek = deriveKey(material, leash, `derived-token/${type}`)
  try {
    return use(kek)
  } finally {
    zero(material, kek)
  }
}

function ofRow({ v, type, id, grantId, accountId, issuedAt, expiresAt }: Unwrapped): Uint8Array {
  return canonical(['derived-token', v, type, id, grantId, accountId, issuedAt, expiresAt])
}
