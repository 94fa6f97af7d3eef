/** R94, R104: what a connection did, as calls write it and its owner reads it; and nobody else. */
import { StoreUnavailableError } from '@email-connector/oauth'
import { changeCharacter } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { type AuditEnd, createCallAudit, openAudit } from '../../src/accounts/audit.ts'
import { addAccount } from '../../src/accounts/connect-account.ts'
import { createOwnersAudit, type OwnersAudit } from '../../src/accounts/owners-audit.ts'
import { deriveOwnerKey } from '../../src/keys/owner-keys.ts'
import type { AuditRow } from '../../src/store/audit-store.ts'
import { isZeroed, spyOnCrypto } from '../keys/crypto-spy.ts'
import { now } from '../store/builders.ts'
import { buildMailAccount, type ConnectedGrant, connectGrant, secrets } from './connected-grant.ts'
import { keyWrapper, second, stores } from './deployment.ts'

const day = new Date(now * 1000).toISOString().split('T')[0] ?? ''
const ann = { imapHost: buildMailAccount().imap.host, login: buildMailAccount().login }
const bob = { imapHost: second.imap.host, login: second.login }
const inTime = () => false
const asked = { day, most: 2_000 }
/** The stores are opened by a hook, after this file was read. */
const ownersAudit: OwnersAudit = {
  list: (...asked) => pagesAudit().list(...asked),
  erase: (...asked) => pagesAudit().erase(...asked),
}
const pagesAudit = (audit = stores.audit) => createOwnersAudit({ store: stores.accounts, audit, secrets })

const callOf = ({ caller }: ConnectedGrant, tool: string, changes: boolean, store = stores.audit) =>
  createCallAudit({ store, caller, tool, changes, now: () => now })

async function note(connected: ConnectedGrant, tool: string, changes: boolean, end: AuditEnd, at = 0) {
  const audit = callOf(connected, tool, changes)
  await audit.opened(connected.grant.accountIds[at] ?? '')
  expect(await audit.ended(end)).toBeUndefined()
}

const rowsOf = ({ grant }: ConnectedGrant) => stores.audit.listAudit(grant.grantId, '', 99)

async function ownerRow({ grant }: ConnectedGrant, index = 0) {
  const rows = await stores.accounts.listOwners(grant.ownerIndexes[index] ?? '')
  const row = rows.find(({ grantId }) => grantId === grant.grantId)
  if (row === undefined) throw new Error('no owner row')
  return row
}

async function connectTwo(): Promise<ConnectedGrant> {
  const connected = await connectGrant(stores, keyWrapper)
  await addAccount({ ...connected.connect, ...connected, account: second, store: stores.accounts })
  const grant = await stores.authorization.getGrant(connected.grant.grantId)
  if (grant === undefined) throw new Error('no grant')
  return { ...connected, grant }
}

describe('what is written', () => {
  test('one row for a reading, when it is over; a change before it is made, and its end', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    await note(connected, 'get_recent_emails', false, { outcome: 'ok', count: 7 })
    const audit = callOf(connected, 'move_email', true)
    const [accountId = ''] = connected.grant.accountIds
    for (let time = 0; time < 2; time++) await audit.opened(accountId)
    expect((await rowsOf(connected)).filter(({ begun }) => begun !== undefined)).toHaveLength(1)
    await audit.ended({ outcome: 'failed', code: 'message_not_found' })
    const listed = await ownersAudit.list(await ownerRow(connected), ann, asked)
    expect(listed?.unreadable).toBe(0)
    expect(listed?.entries.map(({ at: _, ...entry }) => entry)).toEqual(
      expect.arrayContaining([
        { tool: 'get_recent_emails', outcome: 'ok', count: 7 },
        { tool: 'move_email', outcome: 'failed', code: 'message_not_found' },
      ]),
    )
    expect(
      await ownersAudit.list(await ownerRow(connected), ann, { ...asked, day: '2001-01-01' }),
    ).toMatchObject({
      entries: [],
    })
  })

  test('R94: the row says mailbox and hour, and every entry is as long as the other', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    await note(connected, 'undo', true, { outcome: 'ok' })
    await note(connected, 'get_attachment', false, { outcome: 'failed', code: 'temporarily_unavailable' })
    await note(connected, 'send_email', true, { outcome: 'ok', count: 100_000 })
    const rows = await rowsOf(connected)
    const sealed = rows.flatMap(({ begun, ended }) => [begun ?? [], ended ?? []].flat())
    expect(new Set(sealed.map((text) => text.length)).size).toBe(1)
    expect(sealed).toHaveLength(5)
    const hour = new RegExp(`^${connected.grant.accountIds[0]}#${day}T\\d\\d#[\\w-]{12}$`)
    for (const { name, expiresAt } of rows) {
      expect(name).toMatch(hour)
      expect(expiresAt).toBe(now + 90 * 86_400)
    }
    for (const word of ['undo', 'send_email', 'canary']) expect(JSON.stringify(rows)).not.toContain(word)
  })

  test('R63: a change that cannot be noted is not made, and a process that ends leaves it without an end', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const down = { ...stores.audit, createAudit: () => Promise.reject(new StoreUnavailableError('down')) }
    const refused = callOf(connected, 'move_email', true, down)
    const [accountId = ''] = connected.grant.accountIds
    await expect(refused.opened(accountId)).rejects.toMatchObject({ name: 'StoreUnavailableError' })
    expect(await refused.ended({ outcome: 'failed' })).toBeUndefined()
    expect(await rowsOf(connected)).toEqual([])
    await callOf(connected, 'move_email', true).opened(accountId)
    const listed = await ownersAudit.list(await ownerRow(connected), ann, asked)
    expect(listed?.entries).toEqual([{ at: now, tool: 'move_email' }])
  })

  test('a store that fails or hangs at the end is told of, holds nobody up, and every key is zeroed', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const [accountId = ''] = connected.grant.accountIds
    const spy = spyOnCrypto()
    try {
      const failing = {
        ...stores.audit,
        createAudit: () => Promise.reject(new StoreUnavailableError('down')),
      }
      const failed = callOf(connected, 'get_email', false, failing)
      await failed.opened(accountId)
      expect(await failed.ended({ outcome: 'ok' })).toMatchObject({ name: 'StoreUnavailableError' })
      const hanging = { ...stores.audit, createAudit: () => new Promise<void>(() => {}) }
      const late = callOf(connected, 'get_email', false, hanging)
      await late.opened(accountId)
      expect(await late.ended({ outcome: 'ok' })).toMatchObject({
        message: expect.stringContaining('in time'),
      })
      expect(spy.buffers.length).toBeGreaterThan(0)
      for (const buffer of spy.buffers) expect(isZeroed(buffer)).toBe(true)
    } finally {
      spy.restore()
    }
  })

  test('the end is sealed although the secret was zeroed when the client went away', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const secret = Uint8Array.from(connected.caller.secret)
    const audit = createCallAudit({
      ...{ store: stores.audit, caller: { ...connected.caller, secret }, tool: 'send_email', changes: true },
      now: () => now,
    })
    await audit.opened(connected.grant.accountIds[0] ?? '')
    secret.fill(0)
    expect(await audit.ended({ outcome: 'ok' })).toBeUndefined()
    const listed = await ownersAudit.list(await ownerRow(connected), ann, asked)
    expect(listed?.entries).toEqual([{ at: now, tool: 'send_email', outcome: 'ok' }])
  })
})

describe('R94, R104: who reads it', () => {
  test('each mailbox’s login its own', async () => {
    const connected = await connectTwo()
    await note(connected, 'get_email', false, { outcome: 'ok' }, 0)
    await note(connected, 'set_flags', true, { outcome: 'ok' }, 1)
    const [annsRow, bobsRow] = [await ownerRow(connected, 0), await ownerRow(connected, 1)]
    const toolsOf = async (row: typeof annsRow, owner: typeof ann) =>
      (await ownersAudit.list(row, owner, asked))?.entries.map(({ tool }) => tool)
    expect(await toolsOf(annsRow, ann)).toEqual(['get_email'])
    expect(await toolsOf(bobsRow, bob)).toEqual(['set_flags'])
    expect(await toolsOf(annsRow, bob)).toBeUndefined()
    const { page: annsPage } = annsRow
    const { page: bobsPage } = bobsRow
    if (annsPage === undefined || bobsPage === undefined) throw new Error('no wraps')
    expect(await toolsOf({ ...annsRow, page: bobsPage }, ann)).toBeUndefined()
    const asBobs = { ...annsRow, page: { ...annsPage, accountId: bobsPage.accountId } }
    expect(await toolsOf(asBobs, ann)).toBeUndefined()
  })

  test('a row that was changed, moved to another mailbox, name or grant, or whose parts were swapped', async () => {
    const connected = await connectTwo()
    await note(connected, 'move_email', true, { outcome: 'ok' })
    const [row] = await rowsOf(connected)
    if (row?.begun === undefined || row.ended === undefined) throw new Error('no row')
    const [accountId = '', other = ''] = connected.grant.accountIds
    const key = deriveOwnerKey(connected.caller.secret, accountId)
    expect(openAudit(key, [row])).toMatchObject({ entries: [{ tool: 'move_email' }], unreadable: 0 })
    const flip = (text: string) => changeCharacter(text, 9)
    const changed: AuditRow[] = [
      { ...row, grantId: 'another' },
      { ...row, name: flip(row.name) },
      { ...row, name: row.name.replace(accountId, other) },
      { ...row, begun: flip(row.begun) },
      { ...row, ended: flip(row.ended) },
      { ...row, begun: row.ended, ended: row.begun },
      { ...row, ended: row.begun },
    ]
    expect(openAudit(key, changed)).toEqual({ entries: [], unreadable: changed.length })
    expect(openAudit(deriveOwnerKey(connected.caller.secret, other), [row]).unreadable).toBe(1)
  })

  test('after the connection has ended, until its owner erases it: the wrap first, others’ rows stay', async () => {
    const connected = await connectTwo()
    await note(connected, 'get_email', false, { outcome: 'ok' }, 0)
    await note(connected, 'set_flags', true, { outcome: 'ok' }, 1)
    await stores.authorization.revokeGrant(connected.grant.grantId)
    await stores.authorization.eraseGrant(connected.grant, { at: now, cause: 'owner' })
    const row = await ownerRow(connected)
    expect((await ownersAudit.list(row, ann, asked))?.entries).toHaveLength(1)
    const killed = () => Promise.reject(new StoreUnavailableError('killed'))
    const stopped = pagesAudit({ ...stores.audit, deleteAudit: killed })
    await expect(stopped.erase(row, inTime)).rejects.toThrow('killed')
    const half = await ownerRow(connected)
    expect(await ownersAudit.list(half, ann, asked)).toBeUndefined()
    expect(await ownersAudit.erase(half, () => true)).toBe('more')
    expect(await ownersAudit.erase(await ownerRow(connected), inTime)).toBe('erased')
    const [, others = ''] = connected.grant.accountIds
    expect((await rowsOf(connected)).map(({ name }) => name.split('#')[0])).toEqual([others])
    expect((await ownersAudit.list(await ownerRow(connected, 1), bob, asked))?.entries).toHaveLength(1)
    await expect(ownerRow(connected)).rejects.toThrow('no owner row')
  })
})
