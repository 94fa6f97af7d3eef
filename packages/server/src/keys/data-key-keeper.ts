/**
 * Keeps opened data keys for some minutes, so that a busy conversation costs one Decrypt and not one per call. A data
 * key opens nothing without the caller's token. Bounded in number and age; a key is zeroed when it leaves.
 */
import { createHash } from 'node:crypto'
import type { KeyContext, KeyWrapper } from './key-wrapper.ts'
import { canonical, zero } from './seal.ts'

export interface DataKeyKeeper extends KeyWrapper {
  /** Zeroes everything that is kept. */
  close(): void
}

export function createDataKeyKeeper(options: {
  keyWrapper: KeyWrapper
  /** At most 300. */
  ttlSeconds?: number
  maxKeys?: number
  /** Milliseconds, monotonic or not: only differences count. */
  nowMs?: () => number
}): DataKeyKeeper {
  const { keyWrapper, maxKeys = 64, nowMs = Date.now } = options
  const ttlMs = Math.min(options.ttlSeconds ?? 300, 300) * 1000
  const kept = new Map<string, { plain: Uint8Array; until: number }>()
  const underWay = new Map<string, Promise<void>>()
  let timer: NodeJS.Timeout | undefined

  function drop(id: string): void {
    zero(kept.get(id)?.plain)
    kept.delete(id)
  }

  function sweep(): void {
    for (const [id, entry] of kept) if (entry.until <= nowMs()) drop(id)
    clearTimeout(timer)
    // Also when no further call comes: a key must not sit in an idle process. Never keeps the process alive.
    if (kept.size > 0) timer = setTimeout(sweep, ttlMs).unref()
  }

  async function fetchKey(id: string, wrapped: Uint8Array, context: KeyContext): Promise<void> {
    const plain = await keyWrapper.unwrapDataKey(wrapped, context)
    drop(id)
    // Map keeps insertion order: the first is the oldest.
    for (const oldest of kept.keys()) {
      if (kept.size < maxKeys) break
      drop(oldest)
    }
    kept.set(id, { plain, until: nowMs() + ttlMs })
    sweep()
  }

  return {
    generateDataKey: (context) => keyWrapper.generateDataKey(context),

    async unwrapDataKey(wrapped, context) {
      const id = keptId(wrapped, context)
      sweep()
      if (!kept.has(id)) {
        // Parallel calls for one key share one Decrypt.
        const call = underWay.get(id) ?? fetchKey(id, wrapped, context).finally(() => underWay.delete(id))
        underWay.set(id, call)
        await call
      }
      const entry = kept.get(id)
      // Evicted between the two lines by a burst of other keys: ask again, keep nothing.
      if (entry === undefined) return keyWrapper.unwrapDataKey(wrapped, context)
      return Uint8Array.from(entry.plain)
    },

    close() {
      clearTimeout(timer)
      for (const id of [...kept.keys()]) drop(id)
    },
  }
}

function keptId(wrapped: Uint8Array, context: KeyContext): string {
  return createHash('sha256')
    .update(canonical([context.app, context.stage, context.grantId, context.accountId]))
    .update(wrapped)
    .digest('base64url')
}
