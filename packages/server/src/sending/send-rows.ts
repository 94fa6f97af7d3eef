/**
 * Which rows of the store an email has: one for its content, or two while its name changes, and one for its idempotency
 * key. Their keys are HMACs (ledger-keys.ts), so that the store says nothing of who writes what to whom.
 */
import { createHmac } from 'node:crypto'
import { canonical, deriveKey, zero } from '../keys/seal.ts'
import type { SendRow } from '../store/once-store.ts'
import type { LedgerAccount, LedgerKeys, Under } from './ledger-keys.ts'

export interface SendRequest extends LedgerAccount {
  readonly idempotencyKey?: string | undefined
  /** Everything that makes this message this message, in a fixed order; of a stored draft what it is known by. */
  readonly content: readonly string[] | StoredContent
  /** The same in the words of every grant of the mailbox, where `content` has an id of this grant's. */
  readonly shared?: readonly string[]
}

export interface StoredContent {
  readonly draftId: string
  /** What is in it: a draft that was refused and changed since is tried again at once. */
  readonly revision?: readonly string[]
}

export interface RowName {
  readonly key: string
  /** Names the message without telling anything of it. */
  readonly mac: string
  /** Of a stored draft: names what is in it. */
  readonly revision?: string | undefined
  readonly under: Under
}

export interface Rows {
  /** In the order in which they are taken; each must be, before anything leaves. */
  readonly contents: readonly RowName[]
  readonly named: RowName | undefined
  readonly isDraft: boolean
}

export function toRows(keys: LedgerKeys, request: SendRequest): Rows {
  const { accountId, idempotencyKey, content } = request
  const isDraft = 'draftId' in content
  const own = isDraft ? ['draft', content.draftId] : content
  const shared = isDraft ? ['draft', ...(request.shared ?? [content.draftId])] : (request.shared ?? content)
  const toRevision = (under: Under) =>
    isDraft && content.revision && keys.toMac(under, ['content', ...content.revision])
  const nameContent = (under: Under): RowName => {
    const mac = keys.toMac(under, ['content', ...(under === 'grant' ? own : shared)])
    // A sendKey is one mailbox's; an account id would be one grant's.
    const place = under === 'grant' ? ['key', accountId, 'content', mac] : ['key', 'content', mac]
    return { key: keys.toMac(under, place), mac, under, revision: toRevision(under) || undefined }
  }
  const contents = keys.contentUnder.map(nameContent)
  return { contents, named: nameKey(), isDraft }

  function nameKey(): RowName | undefined {
    if (idempotencyKey === undefined) return undefined
    const mac = keys.toMac('grant', ['content', ...own])
    const key = keys.toMac('grant', ['key', accountId, 'named', idempotencyKey])
    return { key, mac, under: 'grant', revision: toRevision('grant') || undefined }
  }
}

/** A row that names no content is the content's own, was given up, or is of 0.1.0, whose seal says whose it is. */
export function isOfContent(row: SendRow, { contents }: Rows): boolean {
  return row.content === undefined || contents.some(({ key }) => key === row.content)
}

/** Names a message within a grant without telling anything of it. */
export function toContentMac(secret: Uint8Array, content: readonly string[]): string {
  const key = deriveKey(secret, new Uint8Array(0), 'send-key')
  const mac = createHmac('sha256', key)
    .update(canonical(['content', ...content]))
    .digest('hex')
  zero(key)
  return mac
}
