/**
 * One row per call and mailbox: which tool, when, how it ended, how many emails. No content, address, folder or id. Sealed
 * under the mailbox's ownerKey and padded to one size, so that a table shows when a connection was busy, to the hour, and
 * no more. A change is noted before it is made, so that none goes unseen; what only reads is noted when it is over.
 */
import { randomBytes } from 'node:crypto'
import type { EpochSeconds } from '@email-connector/oauth'
import * as z from 'zod'
import type { MailboxSecret } from '../keys/account-secret.ts'
import { deriveOwnerKey } from '../keys/owner-keys.ts'
import { canonical, deriveKey, fromText, open, SealBrokenError, seal, toText, zero } from '../keys/seal.ts'
import { type AuditRow, type AuditStore, auditSeconds } from '../store/audit-store.ts'

/** Every entry is as long as the longest: a tool's name, two numbers, an error's code. */
const entryBytes = 256
/** A store that is slow holds an answer back no longer. */
const endMs = 1_000

const entry = z.strictObject({
  at: z.number(),
  tool: z.string(),
  outcome: z.enum(['ok', 'failed', 'asked']).optional(),
  /** Of an error. */
  code: z.string().optional(),
  /** How many emails it was about. */
  count: z.number().optional(),
})
export type AuditEntry = z.output<typeof entry>
export type AuditEnd = Pick<AuditEntry, 'outcome' | 'code' | 'count'>

export interface CallAudit {
  /** A mailbox is about to be used. Of a call that changes something this is written first. Throws StoreUnavailableError. */
  opened(accountId: string): Promise<void>
  /** Writes how the call ended, for every mailbox it used, in a second at most. Answers what went wrong, and never throws. */
  ended(end: AuditEnd): Promise<unknown>
}

/** Seals while S lives, and keeps what it needs when S is zeroed under it; zeroed at the end. */
export function createCallAudit(options: {
  store: AuditStore
  caller: { readonly grantId: string; readonly secret: MailboxSecret }
  tool: string
  changes: boolean
  now: () => EpochSeconds
}): CallAudit {
  const { store, caller, tool, changes, now } = options
  const used = new Map<
    string,
    { readonly at: EpochSeconds; readonly name: string; readonly key: Uint8Array }
  >()

  async function end(end: AuditEnd): Promise<void> {
    const writes = [...used.values()].map(({ at, name, key }) => {
      const place = { grantId: caller.grantId, name }
      const ended = sealEntry(key, place, 'ended', { at: changes ? now() : at, tool, ...end })
      return changes
        ? store.endAudit({ ...place, ended })
        : store.createAudit({ ...place, ended, expiresAt: at + auditSeconds })
    })
    await Promise.all(writes)
  }

  return {
    async opened(accountId) {
      if (used.has(accountId)) return
      const at = now()
      const place = { grantId: caller.grantId, name: toName(accountId, at) }
      const key = deriveAuditKey(deriveOwnerKey(caller.secret, accountId))
      used.set(accountId, { at, name: place.name, key })
      if (!changes) return
      const begun = sealEntry(key, place, 'begun', { at, tool })
      try {
        await store.createAudit({ ...place, begun, expiresAt: at + auditSeconds })
      } catch (error) {
        // Nothing was begun, so there is nothing to end.
        used.delete(accountId)
        zero(key)
        throw error
      }
    },

    async ended(outcome) {
      try {
        return await withinLimit(end(outcome))
      } catch (error) {
        return error
      } finally {
        for (const { key } of used.values()) zero(key)
        used.clear()
      }
    },
  }
}

async function withinLimit(work: Promise<void>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Error>((resolve) => {
    timer = setTimeout(() => resolve(new Error('The audit was not written in time')), endMs)
  })
  // Late or not, it is over: what fails after that counts for no call.
  work.catch(() => undefined)
  return await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** For the owner's page: entries in the order of their time. A row that does not open is counted, not shown. */
export function openAudit(
  ownerKey: Uint8Array,
  rows: readonly AuditRow[],
): { readonly entries: readonly AuditEntry[]; readonly unreadable: number } {
  const key = deriveKey(ownerKey, new Uint8Array(0), 'audit')
  try {
    const opened = rows.map((row) => openRow(key, row))
    const entries = opened.filter((one) => one !== undefined)
    return {
      entries: entries.sort((one, other) => one.at - other.at),
      unreadable: rows.length - entries.length,
    }
  } finally {
    zero(key)
  }
}

/** A change that has no end has no outcome: its process was stopped, or is still at it. */
function openRow(key: Uint8Array, row: AuditRow): AuditEntry | undefined {
  try {
    const begun = row.begun === undefined ? undefined : openEntry(key, row, 'begun', row.begun)
    const ended = row.ended === undefined ? undefined : openEntry(key, row, 'ended', row.ended)
    return begun === undefined ? ended : { ...ended, ...begun }
  } catch (error) {
    if (error instanceof SealBrokenError) return undefined
    throw error
  }
}

/** Names of one mailbox's rows start so; of one day's, with its date (`2026-11-27`, UTC). */
export function auditPrefix(accountId: string, day = ''): string {
  return `${accountId}#${day}`
}

function toName(accountId: string, at: EpochSeconds): string {
  const [hour = ''] = new Date(at * 1000).toISOString().split(':')
  return `${auditPrefix(accountId, hour)}#${randomBytes(9).toString('base64url')}`
}

/** Zeroes `ownerKey`. */
function deriveAuditKey(ownerKey: Uint8Array): Uint8Array {
  try {
    return deriveKey(ownerKey, new Uint8Array(0), 'audit')
  } finally {
    zero(ownerKey)
  }
}

type Place = Pick<AuditRow, 'grantId' | 'name'>

function sealEntry(key: Uint8Array, place: Place, part: 'begun' | 'ended', value: AuditEntry): string {
  const plain = Buffer.from(JSON.stringify(value).padEnd(entryBytes))
  if (plain.length > entryBytes) throw new Error('An entry of the audit is longer than its row')
  return toText(seal(key, plain, ofEntry(place, part)))
}

function openEntry(key: Uint8Array, place: Place, part: 'begun' | 'ended', sealed: string): AuditEntry {
  const plain = open(key, fromText(sealed), ofEntry(place, part))
  const parsed = entry.safeParse(JSON.parse(Buffer.from(plain).toString('utf8')))
  if (!parsed.success) throw new SealBrokenError('An entry of the audit is of another form')
  return parsed.data
}

function ofEntry({ grantId, name }: Place, part: 'begun' | 'ended'): Uint8Array {
  return canonical(['audit', 1, grantId, name, part])
}
