/**
 * R94, R104: the owner's settings as a call gets them. A person who writes to the tables can take them away, and then nothing is
 * changed or sent; nobody can loosen them by changing, swapping or putting back a row.
 */
import { changeCharacter } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { addAccount } from '../../src/accounts/connect-account.ts'
import { makeAccountSettings, makeGrantSettings } from '../../src/accounts/owner-room.ts'
import { openSettings, SettingsTooLargeError } from '../../src/accounts/sealed-settings.ts'
import { accountSettings, defaultAccountSettings, defaultGrantSettings } from '../../src/accounts/settings.ts'
import { derivePolicyKey } from '../../src/keys/owner-keys.ts'
import { ofGrant, type SettingsRow } from '../../src/store/owner-room-store.ts'
import { now } from '../store/builders.ts'
import { type ConnectedGrant, connectGrant, connectGrantOf010 } from './connected-grant.ts'
import { accountsOf, ensureOwnerRoom, keyWrapper, second, stores, tampered } from './deployment.ts'

const strict = { ...defaultGrantSettings, ask: 'always' } as const
const hiding = { ...defaultAccountSettings, hidden: ['Private'] }

async function rowsOf({ grant }: ConnectedGrant) {
  const found = await stores.accounts.findGrantWithAccounts(grant.grantId)
  const first = found?.grant.accountIds[0]
  const row = found?.accounts.find(({ accountId }) => accountId === first)
  if (found === undefined || row === undefined) throw new Error('nothing connected')
  return { ...found, row, of: (of: string) => found.settings.find((one) => one.of === of) }
}

const settingsOf = async (connected: ConnectedGrant, store = stores.accounts) =>
  (await accountsOf(connected, { store }).open()).settings

/** As the owner's page does. */
async function decide(connected: ConnectedGrant, version = now + 10): Promise<void> {
  const { grant, caller } = connected
  const place = { grantId: grant.grantId, version, expiresAt: grant.absoluteExpiresAt }
  const { row, of } = await rowsOf(connected)
  await stores.accounts.putSettings(makeGrantSettings(caller.secret, place, strict), of(ofGrant)?.version)
  const own = makeAccountSettings(caller.secret, row.accountId, place, hiding)
  await stores.accounts.putSettings(own, of(row.accountId)?.version)
}

describe('what a call gets', () => {
  test('a new connection has the defaults, sealed; what the owner decides holds for the next call', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    expect((await rowsOf(connected)).settings.map(({ of }) => of).sort()).toEqual(
      [...connected.grant.accountIds, ofGrant].sort(),
    )
    expect(await settingsOf(connected)).toEqual({
      ...{ state: 'open', account: defaultAccountSettings, grant: defaultGrantSettings },
    })
    await decide(connected)
    expect(await settingsOf(connected)).toEqual({ state: 'open', account: hiding, grant: strict })
  })

  test('a grant of 0.1.0 runs on the defaults until its first refresh, and on its rows afterwards', async () => {
    const connected = await connectGrantOf010(stores, keyWrapper)
    const defaults = { state: 'open', account: defaultAccountSettings, grant: defaultGrantSettings }
    expect(await settingsOf(connected)).toEqual(defaults)
    await ensureOwnerRoom(connected)
    expect(await settingsOf(connected)).toEqual(defaults)
    await decide(connected)
    expect(await settingsOf(connected)).toMatchObject({ account: hiding, grant: strict })
  })

  test('a second mailbox has settings of its own and shares the grant’s', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    await addAccount({ ...connected.connect, ...connected, account: second, store: stores.accounts })
    await decide(connected)
    const of = await accountsOf(connected).open(second.address)
    expect(of.settings).toEqual({ state: 'open', account: defaultAccountSettings, grant: strict })
  })

  test('settings out of bounds are refused before they are sealed', () => {
    const secret = new Uint8Array(32).fill(7)
    const place = { grantId: 'g', version: 1, expiresAt: 1 }
    const seal = (more: object) => () =>
      makeAccountSettings(secret, 'a', place, { ...defaultAccountSettings, ...more })
    const signatures = Array.from({ length: 16 }, () => ({ text: 'x'.repeat(4_000) }))
    expect(seal({ signatures })).toThrow(SettingsTooLargeError)
    expect(seal({ signatures: [{ text: 'x'.repeat(4_001) }] })).toThrow()
    expect(seal({ browsers: Array(9).fill({ hash: 'a'.repeat(64), pairedAt: 1, name: 'x' }) })).toThrow()
    expect(seal({ hidden: Array(201).fill('x') })).toThrow()
    expect(seal({ another: 1 })).toThrow()
  })
})

describe('R94: somebody with the tables loosens nothing', () => {
  const refused = { state: 'refused' }

  test('every attribute of a settings row, one at a time; the row deleted; the note of what was seen', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    await decide(connected)
    await settingsOf(connected)
    const { row, settings } = await rowsOf(connected)
    const tried: string[] = []
    for (const { of: place, ...attributes } of settings) {
      for (const [name, value] of Object.entries(attributes)) {
        const other = typeof value === 'number' ? value + 1 : changeCharacter(value, 9)
        // Its life says nothing about what it allows: the grant’s own decides.
        if (name === 'expiresAt') continue
        const store = tampered({
          settings: (rows) => rows.map((one) => (one.of === place ? { ...one, [name]: other } : one)),
        })
        expect(await settingsOf(connected, store), `${place} ${name}`).toMatchObject(refused)
        tried.push(name)
      }
      const without = tampered({ settings: (rows) => rows.filter((one) => one.of !== place) })
      expect(await settingsOf(connected, without)).toMatchObject(refused)
    }
    const twice = ['grantId', 'sealed', 'v', 'version'].flatMap((name) => [name, name])
    expect(tried.sort()).toEqual(twice)
    for (const sealedSeen of [undefined, changeCharacter(row.sealedSeen ?? '', 9), row.sealedMemory]) {
      expect(await settingsOf(connected, tampered({ account: { sealedSeen } }))).toMatchObject(refused)
    }
    // The record's own seal requires them, whatever the grant says.
    const silent = tampered({ grant: { ownerRoom: undefined }, settings: () => [] })
    expect(await settingsOf(connected, silent)).toMatchObject(refused)
  })

  test('a row of another mailbox, of another grant, or the grant’s own in a mailbox’s place', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    await addAccount({ ...connected.connect, ...connected, account: second, store: stores.accounts })
    const other = await connectGrant(stores, keyWrapper)
    const foreign = await rowsOf(other)
    const [first = '', another = ''] = (await rowsOf(connected)).grant.accountIds
    const put = (of: string, from: (rows: readonly SettingsRow[]) => SettingsRow | undefined) =>
      tampered({
        settings: (rows) => rows.map((row) => (row.of === of ? { ...row, ...from(rows), of } : row)),
      })
    const sources = [
      put(first, (rows) => rows.find(({ of }) => of === another)),
      put(first, (rows) => rows.find(({ of }) => of === ofGrant)),
      put(ofGrant, (rows) => rows.find(({ of }) => of === first)),
      put(first, () => foreign.settings.find(({ of }) => of !== ofGrant)),
      put(ofGrant, () => foreign.settings.find(({ of }) => of === ofGrant)),
    ]
    for (const store of sources) expect(await settingsOf(connected, store)).toMatchObject(refused)
  })

  test('an older row put back, once a call has seen the newer; each row by itself', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const before = await rowsOf(connected)
    await decide(connected)
    await settingsOf(connected)
    for (const old of before.settings) {
      const store = tampered({ settings: (rows) => rows.map((row) => (row.of === old.of ? old : row)) })
      expect(await settingsOf(connected, store)).toMatchObject(refused)
    }
    // The account's row alone: what is newer than it says is no danger, and is seen again.
    const rolledBack = tampered({ account: { sealedSeen: before.row.sealedSeen } })
    expect(await settingsOf(connected, rolledBack)).toMatchObject({ state: 'open', grant: strict })
  })

  test('the row of form 1 put back beside a room that was made', async () => {
    const connected = await connectGrantOf010(stores, keyWrapper)
    const before = await rowsOf(connected)
    await ensureOwnerRoom(connected)
    await decide(connected)
    await settingsOf(connected)
    const rolledBack = tampered({ rows: () => [before.row] })
    expect(await settingsOf(connected, rolledBack)).toMatchObject(refused)
  })

  test('reading is refused as well where a folder was hidden, and only there', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const taken = tampered({ settings: () => [] })
    expect(await settingsOf(connected, taken)).toEqual({ state: 'refused', hides: false })
    await decide(connected)
    await settingsOf(connected)
    expect(await settingsOf(connected, taken)).toEqual({ state: 'refused', hides: true })
  })

  test('a refresh makes no settings in the place of those that a call has seen', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const { grant, row } = await rowsOf(connected)
    for (const of of [row.accountId, ofGrant]) await stores.accounts.deleteSettings(grant.grantId, of)
    await ensureOwnerRoom({ ...connected, grant: { ...grant, ownerRoom: 'older' } })
    expect((await rowsOf(connected)).settings).toEqual([])
    expect(await settingsOf(connected)).toMatchObject(refused)
  })

  test('R104: keys of one mailbox open nothing of another', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const { settings } = await rowsOf(connected)
    const own = settings.find(({ of }) => of !== ofGrant)
    if (own === undefined) throw new Error('no settings')
    const policyKey = derivePolicyKey(connected.caller.secret)
    expect(() => openSettings(policyKey, own, accountSettings)).toThrow('does not open')
  })
})

test('what remains of it: a whole room taken away is refused until a refresh makes it again, on the defaults', async () => {
  const connected = await connectGrant(stores, keyWrapper)
  await decide(connected)
  await settingsOf(connected)
  const { grant, row } = await rowsOf(connected)
  const [owner] = await stores.accounts.listOwners(grant.ownerIndexes[0] ?? '')
  if (owner === undefined) throw new Error('no owner')
  await stores.authorization.eraseGrant(grant)
  const { ownerRoom: _, ...withoutRoom } = grant
  const { sealedOwner: __, sealedSeen: ___, ...recordOnly } = row
  await stores.authorization.createGrant(withoutRoom)
  await stores.accounts.createAccount(recordOnly)
  await stores.accounts.createOwner(owner)
  expect(await settingsOf(connected)).toEqual({ state: 'refused', hides: true })
  await ensureOwnerRoom({ ...connected, grant: withoutRoom })
  expect(await settingsOf(connected)).toMatchObject({ state: 'open', grant: defaultGrantSettings })
})
