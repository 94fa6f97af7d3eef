/**
 * The owner's room, made for grants of 0.1.0 at a refresh and wrapped again when the seed was rotated: stopped between any
 * two writes, run twice at once, or overtaken by a revocation, it leaves nothing half true.
 */
import { StoreUnavailableError } from '@email-connector/oauth'
import { changeCharacter } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { addAccount } from '../../src/accounts/connect-account.ts'
import { createEnsureOwnerRoom } from '../../src/accounts/owner-room.ts'
import { createOpenOwnersGrant } from '../../src/accounts/owners-grant.ts'
import { defaultAccountSettings, defaultGrantSettings } from '../../src/accounts/settings.ts'
import type { InstanceSecrets } from '../../src/keys/instance-secrets.ts'
import { openSendKeys } from '../../src/keys/owner-keys.ts'
import type { AccountStore } from '../../src/store/account-store.ts'
import { ofGrant } from '../../src/store/owner-room-store.ts'
import { rotateSeed } from '../keys/rotated-secrets.ts'
import { now } from '../store/builders.ts'
import {
  buildMailAccount,
  type ConnectedGrant,
  connectGrant,
  connectGrantOf010,
  secrets,
} from './connected-grant.ts'
import { accountsOf, ensureOwnerRoom, keyWrapper, second, stores } from './deployment.ts'

const ann = { imapHost: buildMailAccount().imap.host, login: buildMailAccount().address }
const annsLogin = { imapHost: ann.imapHost, login: buildMailAccount().login }
const bob = { imapHost: second.imap.host, login: second.login }

/** Of a grant with one mailbox: wrap, sealed keys, two rows of settings, leash, the note. */
const writes = 6

/** The same store, told of every write before it is made. */
function watched(before: (write: number) => Promise<void>): AccountStore {
  let count = 0
  const wrap = <Args extends unknown[], R>(write: (...args: Args) => Promise<R>) => {
    return async (...args: Args) => {
      await before(count++)
      return await write(...args)
    }
  }
  const { accounts } = stores
  return {
    ...accounts,
    setOwnerWrap: wrap(accounts.setOwnerWrap),
    setSealedOwner: wrap(accounts.setSealedOwner),
    putSettings: wrap(accounts.putSettings),
    deleteSettings: wrap(accounts.deleteSettings),
    createLeash: wrap(accounts.createLeash),
    deleteLeash: wrap(accounts.deleteLeash),
    setOwnerRoom: wrap(accounts.setOwnerRoom),
  }
}

const liveGrant = async ({ grant: { grantId } }: ConnectedGrant) => {
  const grant = await stores.authorization.getGrant(grantId)
  if (grant === undefined) throw new Error('The grant is gone')
  return grant
}

async function openPage(connected: ConnectedGrant, owner = ann, current = secrets) {
  const open = createOpenOwnersGrant({
    ...{ store: stores.accounts, secrets: current, now: () => now },
  })
  return await open(await liveGrant(connected), owner)
}

async function roomOf(connected: ConnectedGrant, owner = ann, current = secrets) {
  const opened = await openPage(connected, owner, current)
  if (opened.state !== 'open') throw new Error(`The room is ${opened.state}`)
  return opened.room
}

/** Wrap, keys, settings and note are there, and the call and the page agree. */
async function expectWhole(connected: ConnectedGrant): Promise<void> {
  expect((await accountsOf(connected).open()).settings.state).toBe('open')
  const room = await roomOf(connected)
  expect(room).toMatchObject({
    ...{ isFirst: true, account: defaultAccountSettings, grant: defaultGrantSettings },
  })
  expect(await room.saveGrant({ ...defaultGrantSettings, ask: 'never' })).toBe('written')
  room.close()
  const { settings } = await accountsOf(connected).open()
  expect(settings).toMatchObject({ state: 'open', grant: { ask: 'never' } })
}

describe('R63: a grant of 0.1.0 at its first refresh', () => {
  test('has no room before it, and all of it afterwards; a second refresh writes nothing', async () => {
    const connected = await connectGrantOf010(stores, keyWrapper)
    expect(await openPage(connected)).toEqual({ state: 'not_made' })
    await ensureOwnerRoom(connected)
    const grant = await liveGrant(connected)
    const none = watched(async () => {
      throw new Error('Nothing is to be written')
    })
    await ensureOwnerRoom({ ...connected, grant }, none)
    await expectWhole(connected)
    const { absoluteExpiresAt } = connected.grant
    const leash = await stores.accounts.findLeash(connected.grant.grantId)
    expect(leash).toMatchObject({ leash: expect.stringMatching(/^[\w-]{43}$/), expiresAt: absoluteExpiresAt })
  })

  test('stopped before any of its writes, calls go on, and the next refresh makes the rest', async () => {
    let made = 0
    for (let stop = 0; ; stop++) {
      const connected = await connectGrantOf010(stores, keyWrapper)
      const stopping = watched(async (write) => {
        if (write === stop) throw new StoreUnavailableError('killed')
      })
      const outcome = await ensureOwnerRoom(connected, stopping).catch((error: Error) => error.name)
      expect((await accountsOf(connected).open()).settings).toMatchObject({
        ...{ state: 'open', account: defaultAccountSettings, grant: defaultGrantSettings },
      })
      if (outcome === undefined) break
      await ensureOwnerRoom(connected)
      await expectWhole(connected)
      made++
    }
    expect(made).toBe(writes)
  })

  test('ten refreshes at the same time make one room', async () => {
    const connected = await connectGrantOf010(stores, keyWrapper)
    await Promise.all(Array.from({ length: 10 }, () => ensureOwnerRoom(connected)))
    await expectWhole(connected)
  })

  test('R103: overtaken by a revocation before any of its writes, nothing of it stays', async () => {
    for (let at = 0; at < writes; at++) {
      const connected = await connectGrantOf010(stores, keyWrapper)
      const { grantId, ownerIndexes } = connected.grant
      const overtaken = watched(async (write) => {
        if (write !== at) return
        const grant = await stores.authorization.revokeGrant(grantId)
        await stores.authorization.deleteLeash(grantId)
        if (grant !== undefined) await stores.authorization.eraseGrant(grant)
      })
      await ensureOwnerRoom(connected, overtaken)
      expect(await stores.authorization.findLeash(grantId), `before write ${at}`).toBeUndefined()
      await stores.authorization.createGrant({ ...connected.grant, state: 'revoked' })
      const left = await stores.accounts.findGrantWithAccounts(grantId)
      expect([left?.accounts, left?.settings], `before write ${at}`).toEqual([[], []])
      const owners = await stores.accounts.listOwners(ownerIndexes[0] ?? '')
      expect(owners.filter((one) => one.grantId === grantId)).toEqual([])
    }
  })

  test('a hint and an owner index that disagree make no room', async () => {
    const connected = await connectGrantOf010(stores, keyWrapper)
    const { accounts } = stores
    const store: AccountStore = {
      ...accounts,
      async findGrantWithAccounts(grantId) {
        const found = await accounts.findGrantWithAccounts(grantId)
        return found && { ...found, grant: { ...found.grant, ownerIndexes: ['another'] } }
      },
    }
    await expect(ensureOwnerRoom(connected, store)).rejects.toMatchObject({ name: 'KeyRefusedError' })
  })

  test('a mailbox added to it, or a new password, makes its room as well', async () => {
    const connected = await connectGrantOf010(stores, keyWrapper)
    const added = await addAccount({
      ...connected.connect,
      ...connected,
      account: second,
      store: stores.accounts,
    })
    expect(added.outcome).toBe('added')
    await expectWhole(connected)
    expect((await roomOf(connected, bob)).isFirst).toBe(false)
  })
})

describe('R104: whose settings a login opens', () => {
  const connectTwo = async () => {
    const connected = await connectGrant(stores, keyWrapper)
    await addAccount({ ...connected.connect, ...connected, account: second, store: stores.accounts })
    return connected
  }

  test('its own mailbox’s, and the grant’s with the first mailbox only', async () => {
    const connected = await connectTwo()
    const [annsRoom, bobsRoom] = [await roomOf(connected, annsLogin), await roomOf(connected, bob)]
    expect(annsRoom).toMatchObject({ isFirst: true, grant: defaultGrantSettings })
    expect(bobsRoom).toMatchObject({ isFirst: false, grant: undefined, account: defaultAccountSettings })
    await expect(bobsRoom.saveGrant(defaultGrantSettings)).rejects.toThrow('first mailbox')
    expect(bobsRoom.accountId).not.toBe(annsRoom.accountId)
  })

  test('nobody’s with another login, or with a wrap that was changed or swapped', async () => {
    const connected = await connectTwo()
    const other = await connectGrant(stores, keyWrapper)
    const stranger = { imapHost: 'imap.other.example', login: 'eve' }
    expect(await openPage(connected, stranger)).toEqual({ state: 'unreadable' })
    const grant = await liveGrant(connected)
    const wraps = await Promise.all(
      [...grant.ownerIndexes, ...other.grant.ownerIndexes].map(async (index) => {
        const rows = await stores.accounts.listOwners(index)
        return rows.find(({ grantId }) => [grant.grantId, other.grant.grantId].includes(grantId))?.page
      }),
    )
    const [own, bobs, foreign] = wraps
    if (!own || !bobs || !foreign) throw new Error('A wrap is missing')
    const changed = [{ ...own, kid: 'x' }, { ...own, wrap: changeCharacter(own.wrap) }, bobs, foreign]
    for (const page of changed.filter(({ wrap, kid }) => wrap !== own.wrap || kid !== own.kid)) {
      const store: AccountStore = {
        ...stores.accounts,
        listOwners: async (ownerIndex) => [
          { ownerIndex, grantId: grant.grantId, expiresAt: grant.expiresAt, page },
        ],
      }
      const open = createOpenOwnersGrant({ store, secrets, now: () => now })
      expect(await open(grant, annsLogin)).toEqual({ state: 'unreadable' })
    }
  })

  test('two pages that save at once: one is told that it was overtaken', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const rooms = [await roomOf(connected, annsLogin), await roomOf(connected, annsLogin)]
    const saved = await Promise.all(rooms.map((room) => room.saveAccount(defaultAccountSettings)))
    expect(saved.sort()).toEqual(['changed', 'written'])
  })

  test('settings that were taken away are made again by saving, above what calls have seen', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const { grantId } = connected.grant
    await stores.accounts.deleteSettings(grantId, ofGrant)
    expect((await accountsOf(connected).open()).settings.state).toBe('refused')
    const room = await roomOf(connected, annsLogin)
    expect(room.grant).toBeUndefined()
    expect(await room.saveGrant(defaultGrantSettings)).toBe('written')
    expect((await accountsOf(connected).open()).settings.state).toBe('open')
  })
})

describe('a rotated seed', () => {
  const ensureWith = (connected: ConnectedGrant, current: InstanceSecrets) =>
    createEnsureOwnerRoom({ ...connected.connect, secrets: current, store: stores.accounts })(
      connected.grant,
      connected.caller.secret,
    )

  const sendKeysOf = async (connected: ConnectedGrant) => {
    const row = (await stores.accounts.findGrantWithAccounts(connected.grant.grantId))?.accounts[0]
    if (row?.sealedOwner === undefined) throw new Error('no sealed keys')
    return openSendKeys(connected.caller.secret, row, row.sealedOwner)
  }

  test('at every step of making the room: nothing is lost, and the page opens it', async () => {
    const rotated = rotateSeed(secrets, 'rotated')
    for (let stop = 0; stop < writes; stop++) {
      const connected = await connectGrantOf010(stores, keyWrapper)
      const stopping = watched(async (write) => {
        if (write === stop) throw new StoreUnavailableError('killed')
      })
      await expect(ensureOwnerRoom(connected, stopping)).rejects.toThrow('killed')
      await ensureWith(connected, rotated)
      expect((await roomOf(connected, ann, rotated)).grant).toEqual(defaultGrantSettings)
      expect((await accountsOf(connected).open()).settings.state).toBe('open')
    }
  })

  test('a refresh seals wraps and send keys for the newest, settings stay as they are', async () => {
    const connected = await connectGrantOf010(stores, keyWrapper)
    await ensureOwnerRoom(connected)
    const before = await sendKeysOf(connected)
    expect(before.former).toEqual([{ until: now + 86_400 }])
    const settings = (await stores.accounts.findGrantWithAccounts(connected.grant.grantId))?.settings
    const rotated = rotateSeed(secrets, 'rotated')
    await ensureWith(connected, rotated)
    const after = await sendKeysOf(connected)
    // What was sent under S before is still asked for, too.
    expect(after.former).toEqual([{ until: now + 86_400, key: before.sendKey }, { until: now + 86_400 }])
    expect(after.sendKey).not.toEqual(before.sendKey)
    const found = await stores.accounts.findGrantWithAccounts(connected.grant.grantId)
    expect(found?.settings).toEqual(settings)
    expect(found?.grant.ownerRoom).toBe('rotated')
    // The older seed may go now.
    const alone = { ...rotated, ownerRoots: rotated.ownerRoots.slice(0, 1) }
    expect((await roomOf(connected, ann, alone)).grant).toEqual(defaultGrantSettings)
  })

  test('so does the page, without S; before, the older seed opens', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const rotated = rotateSeed(secrets, 'rotated')
    expect((await roomOf(connected, annsLogin, rotated)).grant).toEqual(defaultGrantSettings)
    const alone = { ...rotated, ownerRoots: rotated.ownerRoots.slice(0, 1) }
    expect((await roomOf(connected, annsLogin, alone)).grant).toEqual(defaultGrantSettings)
  })

  test('two grants of a mailbox share the key by which its emails are known, two mailboxes do not', async () => {
    const [one, two] = [await connectGrant(stores, keyWrapper), await connectGrant(stores, keyWrapper)]
    const other = await connectGrant(stores, keyWrapper, second)
    expect((await sendKeysOf(one)).sendKey).toEqual((await sendKeysOf(two)).sendKey)
    expect((await sendKeysOf(one)).sendKey).not.toEqual((await sendKeysOf(other)).sendKey)
    expect((await sendKeysOf(one)).former).toEqual([])
  })
})
