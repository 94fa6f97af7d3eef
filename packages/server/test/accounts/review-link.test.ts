/** The link to one draft: what its token opens, and for which connections there is none. Over a real store. */
import { randomBytes } from 'node:crypto'
import { makeLeash, readLeash } from '@email-connector/oauth'
import { createTempFolder } from '@email-connector/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toDerivedId, unwrapDerived } from '../../src/accounts/derived-token.ts'
import { createReviewLinkMaker, reviewSubject } from '../../src/accounts/review-link.ts'
import type { Caller } from '../../src/caller.ts'
import { deriveAccountSecret } from '../../src/keys/account-secret.ts'
import { derivePolicyKey, type SendKeys, sealSendKeys } from '../../src/keys/owner-keys.ts'
import { createLevelStores, type LevelStores } from '../../src/store/level/stores.ts'
import { isZeroed, spyOnCrypto } from '../keys/crypto-spy.ts'
import { buildGrant, newId } from '../store/builders.ts'

const folder = createTempFolder('review-link')
const now = 1_800_000_000
const day = 86_400
let stores: LevelStores
const leash = makeLeash(buildGrant({ absoluteExpiresAt: now + 300 * day }))

beforeAll(async () => {
  stores = await createLevelStores({ dir: folder.path, now: () => now })
  await stores.authorization.createLeash(leash)
})
afterAll(async () => {
  await stores.close()
  await folder.remove()
})

const caller: Caller = {
  ...{ grantId: leash.grantId, clientId: 'client', scopes: [], resource: '' },
  ...{ permission: 'send', expiresAt: now + 9_999, secret: new Uint8Array(randomBytes(32)) },
}
const accountId = newId()
const draft = {
  messageId: '<a@test.example>',
  ref: { mailbox: 'Drafts', uidValidity: '1', uid: 7, draft: '0a' },
  claim: { attempt: 'one', keys: ['aa', 'bb'] },
}

function link(keys: Partial<SendKeys> = {}, given: object = {}) {
  const name = { grantId: caller.grantId, accountId, ...given }
  const whole = { kid: '1', sendKey: new Uint8Array(randomBytes(32)), former: [], ...keys }
  const opened = {
    accountId,
    isLinkable: true,
    sealedOwner: sealSendKeys(caller.secret, name, whole),
    ...given,
  }
  const { authorization: leashes, derivedTokens: store } = stores
  const make = createReviewLinkMaker({ leashes, store, publicUrl: 'https://mail.example', now: () => now })
  return make({ ...caller, ...given }, opened, draft)
}

test('R103: a link opens S_a, the draft and the grant’s own settings, for a day, with its leash alone', async () => {
  const [, page, token = ''] =
    /^https:\/\/mail\.example\/(\w+)#([0-9a-f]{64})$/.exec((await link()) ?? '') ?? []
  const row = await stores.derivedTokens.findDerivedToken('review', toDerivedId(token) ?? '')
  if (row === undefined) throw new Error('The link has a row')
  expect(page).toBe('review')
  expect(row).toMatchObject({ grantId: caller.grantId, accountId, issuedAt: now, expiresAt: now + day })
  const { own, subject } = unwrapDerived(token, row, Uint8Array.from(Buffer.from(leash.leash, 'base64url')))
  expect(own).toEqual(deriveAccountSecret(caller.secret, accountId))
  const policyKey = Buffer.from(derivePolicyKey(caller.secret)).toString('hex')
  expect(reviewSubject.parse(subject)).toEqual({ ...draft, policyKey })
  expect(() => unwrapDerived(token, row, new Uint8Array(randomBytes(32)))).toThrow()
  expect(await stores.derivedTokens.findDerivedToken('file', row.id)).toBeUndefined()
})

test('R29: no key is left behind where a link was made, opened or refused', async () => {
  const spy = spyOnCrypto()
  try {
    const token = (await link())?.split('#')[1] ?? ''
    const row = await stores.derivedTokens.findDerivedToken('review', toDerivedId(token) ?? '')
    if (row === undefined) throw new Error('The link has a row')
    const opening = Uint8Array.from(Buffer.from(leash.leash, 'base64url'))
    unwrapDerived(token, row, opening)
    expect(() => unwrapDerived(token, row, new Uint8Array(randomBytes(32)))).toThrow()
    expect(spy.buffers.length).toBeGreaterThan(4)
    expect([...spy.buffers, ...spy.cipherKeys].map(isZeroed)).not.toContain(false)
  } finally {
    spy.restore()
  }
})

test('a connection of 0.1.0 has none, before it knows its mailbox’s sendKey and for a day after', async () => {
  expect(await link({}, { sealedOwner: undefined })).toBeUndefined()
  expect(await link({ former: [{ until: now + 1 }] })).toBeUndefined()
  expect(await link({ former: [{ until: now }] })).toBeDefined()
  // A rotated seed: the former name is the mailbox's own as well.
  const key = new Uint8Array(randomBytes(32))
  expect(await link({ former: [{ until: now + 1, key }] })).toBeDefined()
  // And rotated on the day on which the connection of 0.1.0 learned its name.
  expect(await link({ former: [{ until: now + 1, key }, { until: now + 1 }] })).toBeUndefined()
})

test('none where the record is of an old form, the grant has no leash, or its row was changed', async () => {
  expect(await link({}, { isLinkable: false })).toBeUndefined()
  expect(await link({}, { grantId: newId() })).toBeUndefined()
  expect(await link({}, { sealedOwner: 'AAAA' })).toBeUndefined()
})

test('R103: a link whose call is overtaken by the revocation opens nothing, and no later leash opens it', async () => {
  const own = makeLeash(buildGrant({ absoluteExpiresAt: now + 300 * day }))
  const { authorization: leashes, derivedTokens } = stores
  await leashes.createLeash(own)
  const make = createReviewLinkMaker({
    ...{ leashes, publicUrl: 'https://mail.example', now: () => now },
    store: {
      async createDerivedToken(row) {
        await leashes.deleteLeash(own.grantId)
        await derivedTokens.createDerivedToken(row)
      },
    },
  })
  const name = { grantId: own.grantId, accountId }
  const keys: SendKeys = { kid: '1', sendKey: new Uint8Array(randomBytes(32)), former: [] }
  const opened = { accountId, isLinkable: true, sealedOwner: sealSendKeys(caller.secret, name, keys) }
  const url = await make({ ...caller, grantId: own.grantId }, opened, draft)
  const token = url?.split('#')[1] ?? ''
  const row = await derivedTokens.findDerivedToken('review', toDerivedId(token) ?? '')
  if (row === undefined) throw new Error('The link has a row')
  expect(await readLeash({ store: leashes, now: () => now }, own.grantId)).toBeUndefined()
  const later = makeLeash(buildGrant({ grantId: own.grantId, absoluteExpiresAt: now + 300 * day }))
  expect(() => unwrapDerived(token, row, Uint8Array.from(Buffer.from(later.leash, 'base64url')))).toThrow()
})
