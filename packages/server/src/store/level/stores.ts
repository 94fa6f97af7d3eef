/** All stores in one folder, for the local runner: same contracts as over DynamoDB, no server, no port. */
import type { DeviceStore } from '../device-store.ts'
import type { Stores } from '../stores.ts'
import { createAuditTable } from './audit.ts'
import { createDerivedTokenTable } from './derived-tokens.ts'
import { createDeviceTable } from './device.ts'
import { createGrantTable } from './grants.ts'
import { createOnceTable, createTransactionTable } from './once.ts'
import { openRowDatabase } from './rows.ts'
import { createSessionTable } from './sessions.ts'
import { createTokenTable } from './tokens.ts'

export interface LevelStores extends Stores {
  readonly devices: DeviceStore
  /** Deletes what has expired; answers how many rows. Runs by itself every ten minutes. */
  sweep(): Promise<number>
  close(): Promise<void>
}

/** Throws when another process has the folder open. */
export async function createLevelStores(options: {
  dir: string
  /** Epoch seconds. */
  now: () => number
  sweepEveryMs?: number
}): Promise<LevelStores> {
  const database = await openRowDatabase(options)
  const grants = createGrantTable(database)
  const tokens = createTokenTable(database)
  const { createLeash, findLeash, deleteLeash } = tokens
  return {
    authorization: { ...grants, ...tokens, ...createTransactionTable(database) },
    accounts: { ...grants, createLeash, findLeash, deleteLeash },
    audit: createAuditTable(database),
    derivedTokens: createDerivedTokenTable(database),
    sessions: createSessionTable(database),
    once: createOnceTable(database),
    devices: createDeviceTable(database),
    sweep: database.sweep,
    close: database.close,
  }
}
