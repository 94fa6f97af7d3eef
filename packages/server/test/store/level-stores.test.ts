/** The local store: every contract, and what only a store on a disk can get wrong. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeAuthorizationStore } from '@email-connector/oauth/store-contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLevelStores, type LevelStores } from '../../src/store/level/stores.ts'
import { describeAccountStore } from './account-store-contract.ts'
import { describeAuditStore } from './audit-store-contract.ts'
import { buildGrant, buildSession, now } from './builders.ts'
import { describeOnceStore } from './once-store-contract.ts'
import { describeOwnerRoomStore } from './owner-room-store-contract.ts'
import { describeSessionStore } from './session-store-contract.ts'

const name = 'LevelDB'
let folder: string
let stores: LevelStores

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'email-connector-level-'))
  stores = await createLevelStores({ dir: join(folder, 'shared'), now: () => now })
})

afterAll(async () => {
  await stores.close()
  await rm(folder, { recursive: true })
})

describeAuthorizationStore(name, () => stores.authorization)
describeAccountStore(name, () => stores)
describeOwnerRoomStore(name, () => stores)
describeAuditStore(name, () => stores)
describeSessionStore(name, () => stores)
describeOnceStore(name, () => stores)

describe(`${name}: on disk`, () => {
  test('a second process, or a second store in this one, is told to use another folder', async () => {
    await expect(createLevelStores({ dir: join(folder, 'shared'), now: () => now })).rejects.toThrow(
      'DATA_DIR',
    )
  })

  test('what was written is there after closing and opening again', async () => {
    const dir = join(folder, 'reopened')
    const grant = buildGrant()
    const first = await createLevelStores({ dir, now: () => now })
    await first.authorization.createGrant(grant)
    await first.close()
    const second = await createLevelStores({ dir, now: () => now })
    expect(await second.authorization.getGrant(grant.grantId)).toEqual(grant)
    await second.close()
  })

  test('closing waits for what is under way', async () => {
    const dir = join(folder, 'closing')
    const first = await createLevelStores({ dir, now: () => now })
    const counting = Array.from({ length: 20 }, () => first.once.count('key', 900, now))
    await first.close()
    await Promise.all(counting)
    const second = await createLevelStores({ dir, now: () => now })
    expect(await second.once.count('key', 900, now)).toBe(21)
    await second.close()
  })

  test('a closed store is unavailable, not empty', async () => {
    const closed = await createLevelStores({ dir: join(folder, 'closed'), now: () => now })
    await closed.close()
    await expect(closed.authorization.getGrant('any')).rejects.toMatchObject({
      name: 'StoreUnavailableError',
    })
  })

  test('the sweep deletes what has expired and nothing else', async () => {
    let clock = now
    const swept = await createLevelStores({ dir: join(folder, 'swept'), now: () => clock })
    const [short, long] = [buildSession({ expiresAt: now + 10 }), buildSession({ expiresAt: now + 20 })]
    await swept.sessions.createSession(short)
    await swept.sessions.createSession(long)
    clock = now + 10
    expect(await swept.sweep()).toBe(1)
    expect(await swept.sessions.findSession(short.id)).toBeUndefined()
    expect(await swept.sessions.findSession(long.id)).toEqual(long)
    await swept.close()
  })

  test('the sweep spares a row that was extended after it read it', async () => {
    let extend: (() => Promise<unknown>) | undefined
    let clock = now
    const extended = await createLevelStores({
      dir: join(folder, 'extended'),
      now: () => {
        // Asked of the row that was read, and once more under its lock.
        void extend?.()
        extend = undefined
        return clock
      },
    })
    const session = buildSession({ expiresAt: now + 10, touchedAt: now })
    await extended.sessions.createSession(session)
    clock = now + 10
    const touch = { id: session.id, asRead: now, touchedAt: clock, expiresAt: clock + 100 }
    extend = () => extended.sessions.touchSession(touch)
    expect(await extended.sweep()).toBe(0)
    expect(await extended.sessions.findSession(session.id)).toMatchObject({ expiresAt: clock + 100 })
    await extended.close()
  })
})
