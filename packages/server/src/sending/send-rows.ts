/**
 * Which rows of the store an email has: one for its content, one for its idempotency key. Their keys are HMACs under a
 * key of the grant, so that the store says nothing of who writes what to whom.
 */
import { createHmac } from 'node:crypto'
import { canonical, deriveKey, zero } from '../keys/seal.ts'
import type { SendRow } from '../store/once-store.ts'

export interface SendRequest {
  readonly accountId: string
  readonly idempotencyKey?: string | undefined
  /** Everything that makes this message this message, in a fixed order; of a stored draft what it is known by. */
  readonly content: readonly string[] | StoredContent
}

export interface StoredContent {
  readonly draftId: string
  /** Of its bytes: a draft that was refused and changed since is tried again at once. */
  readonly revision?: string
}

export interface Rows {
  /** Names the message without telling anything of it. */
  readonly mac: string
  /** Keys of the two rows. */
  readonly content: string
  readonly named: string | undefined
  readonly isDraft: boolean
  readonly revision: string | undefined
}

export function toRows(secret: Uint8Array, { accountId, idempotencyKey, content }: SendRequest): Rows {
  const isDraft = 'draftId' in content
  const mac = toContentMac(secret, isDraft ? ['draft', content.draftId] : content)
  const toKey = (space: string, value: string) => toMac(secret, ['key', accountId, space, value])
  return {
    mac,
    content: toKey('content', mac),
    named: idempotencyKey === undefined ? undefined : toKey('named', idempotencyKey),
    isDraft,
    revision: isDraft ? content.revision : undefined,
  }
}

/** A row that names no content is the content's own, was given up, or is of 0.1.0, whose seal says whose it is. */
export function isOfContent(row: SendRow, rows: Rows): boolean {
  return row.content === undefined || row.content === rows.content
}

/** Names a message without telling anything of it. */
export function toContentMac(secret: Uint8Array, content: readonly string[]): string {
  return toMac(secret, ['content', ...content])
}

function toMac(secret: Uint8Array, parts: readonly string[]): string {
  const key = deriveKey(secret, new Uint8Array(0), 'send-key')
  const mac = createHmac('sha256', key).update(canonical(parts)).digest('hex')
  zero(key)
  return mac
}
