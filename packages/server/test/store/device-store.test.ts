/** Sign-ins by device code in the only store that has them: who has the turn, and who gets the row. */
import { createTempFolder } from '@email-connector/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DeviceRow } from '../../src/store/device-store.ts'
import { createLevelStores, type LevelStores } from '../../src/store/level/stores.ts'
import { newId, now } from './builders.ts'

const folder = createTempFolder('devices')
let stores: LevelStores
const row: DeviceRow = {
  ...{ sealed: 'sealed', askAt: now + 5, intervalSeconds: 5, isSilent: false, expiresAt: now + 100 },
}
const turn = { sealed: 'next', askAt: now + 60, intervalSeconds: 10, isSilent: true }

beforeAll(async () => {
  stores = await createLevelStores({ dir: folder.path, now: () => now })
})
afterAll(async () => {
  await stores.close()
  await folder.remove()
})

async function create(): Promise<string> {
  const id = newId()
  await stores.devices.create(id, row)
  return id
}

test('is found until it expires, and made once', async () => {
  const id = await create()
  await expect(stores.devices.create(id, row)).rejects.toThrow('exists')
  expect(await stores.devices.find(id, now + 99)).toEqual(row)
  expect(await stores.devices.find(id, now + 100)).toBeUndefined()
  expect(await stores.devices.take(id, now + 100)).toBeUndefined()
  expect(await stores.devices.takeTurn(id, now + 100, { holder: 'a', until: now + 120 })).toBe(false)
})

test('gives the turn to one of 50, not before its time, and again when nothing came of it', async () => {
  const { devices } = stores
  const id = await create()
  const takeTurn = (at: number, holder = 'a') => devices.takeTurn(id, at, { holder, until: at + 20 })
  expect(await takeTurn(now + 4)).toBe(false)
  const turns = await Promise.all(Array.from({ length: 50 }, (_, index) => takeTurn(now + 5, `${index}`)))
  expect(turns.filter(Boolean)).toHaveLength(1)
  expect(await takeTurn(now + 24)).toBe(false)
  expect(await takeTurn(now + 25)).toBe(true)
  expect(await devices.takeTurn(newId(), now, { holder: 'a', until: now })).toBe(false)
})

test('takes what came of a turn from its holder alone, while the row is there', async () => {
  const { devices } = stores
  const id = await create()
  await devices.takeTurn(id, now + 5, { holder: 'late', until: now + 25 })
  await devices.takeTurn(id, now + 25, { holder: 'next', until: now + 45 })
  await devices.endTurn(id, 'late', turn)
  expect(await devices.find(id, now)).toEqual({ ...row, holder: 'next', askAt: now + 45 })
  await devices.endTurn(id, 'next', turn)
  expect(await devices.find(id, now)).toEqual({ ...row, ...turn })
  const taken = await Promise.all(Array.from({ length: 50 }, () => devices.take(id, now)))
  expect(taken.filter((one) => one !== undefined)).toEqual([{ ...row, ...turn }])
  await devices.endTurn(id, 'next', turn)
  expect(await devices.find(id, now)).toBeUndefined()
})
