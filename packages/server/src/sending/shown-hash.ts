/** By what the bytes that a person was shown are recognised: SHA-256, hex. */
import { createHash } from 'node:crypto'
import type { MessageBytes, StoredDraft } from '@email-connector/mail'

export function hashOf({ raw }: Pick<StoredDraft, 'raw'>): string {
  return createHash('sha256').update(raw).digest('hex')
}

/** Piece by piece: a message of 36 MB is never in one place. */
export function hashOfBytes(bytes: MessageBytes): string {
  const hash = createHash('sha256')
  for (const piece of bytes.pieces()) hash.update(piece)
  return hash.digest('hex')
}
