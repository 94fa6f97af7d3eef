/**
 * R85: one mailbox, several connections: what one of them sent, the others do not send again. Across the day on which a
 * connection of 0.1.0 learns the name its mailbox has for an email, and across a rotated seed.
 */
import { randomBytes } from 'node:crypto'
import type { SubmissionOutcome } from '@email-connector/mail'
import { StoreUnavailableError } from '@email-connector/oauth'
import { createTempFolder } from '@email-connector/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Caller } from '../../src/caller.ts'
import { type SendKeys, sealSendKeys } from '../../src/keys/owner-keys.ts'
import { findSendOutcome } from '../../src/sending/earlier-send.ts'
import { createSendLedger } from '../../src/sending/send-ledger.ts'
import { createLevelStores, type LevelStores } from '../../src/store/level/stores.ts'
import type { OnceStore } from '../../src/store/once-store.ts'
import { newId } from '../store/builders.ts'

const folder = createTempFolder('mailbox-ledger')
const day = 86_400
const content = ['bob@test.example', 'Subject', 'Body']
const key = () => new Uint8Array(randomBytes(32))
let stores: LevelStores
let now: number
/** How often a message left. */
let left: number
/** The mailbox's; another for each test. */
let sendKey: Uint8Array

beforeAll(async () => {
  stores = await createLevelStores({ dir: folder.path, now: () => 1_800_000_000 })
})
afterAll(async () => {
  await stores.close()
  await folder.remove()
})
beforeEach(() => {
  now = 1_800_000_000
  left = 0
  sendKey = key()
})

/** One connection of the mailbox, with account ids and a secret of its own. */
function connect() {
  const accountId = newId()
  const caller: Caller = {
    ...{ grantId: newId(), clientId: 'client', scopes: [], resource: '' },
    ...{ permission: 'send', expiresAt: now + 9999, secret: key() },
  }
  let sealedOwner: string | undefined
  const learn = (keys: Partial<SendKeys> = {}) => {
    const whole = { kid: '1', sendKey, former: [], ...keys }
    sealedOwner = sealSendKeys(caller.secret, { grantId: caller.grantId, accountId }, whole)
  }
  const request = (more: object) => ({ accountId, sealedOwner, domain: 'test.example', content, ...more })
  const around = (once: OnceStore) => ({ once, caller, now: () => now })
  return {
    learn,
    send: (more: object = {}, outcome: SubmissionOutcome | Error = sent, once: OnceStore = stores.once) =>
      createSendLedger(around(once), request(more)).sendOnce(async (enterData) => {
        if (!(await enterData())) return { state: 'withheld' }
        left += 1
        if (outcome instanceof Error) throw outcome
        return outcome
      }),
    find: (more: object) => findSendOutcome(around(stores.once), request(more)),
  }
}

const sent: SubmissionOutcome = {
  state: 'sent',
  accepted: ['bob@test.example'],
  rejected: [],
  responseCode: 250,
}

function connectTwo() {
  const pair = [connect(), connect()] as const
  for (const one of pair) one.learn()
  return pair
}

describe('R85: what one connection sent', () => {
  test('another knows, whatever the keys', async () => {
    const [one, two] = connectTwo()
    const first = await one.send({ idempotencyKey: 'k' })
    for (const idempotencyKey of [undefined, 'k', 'l'])
      expect(await two.send({ idempotencyKey })).toMatchObject({ repeated: true, messageId: first.messageId })
    expect(left).toBe(1)
  })

  test('and what it does not know was sent, another sends neither, for a day', async () => {
    const [one, two] = connectTwo()
    await one.send({}, { state: 'unknown' })
    now += day - 1
    expect(await two.send({ idempotencyKey: 'k' })).toMatchObject({ state: 'unknown', repeated: true })
    expect(left).toBe(1)
  })

  test('of 50 calls of five connections at the same time one sends', async () => {
    const all = Array.from({ length: 5 }, () => connect())
    for (const one of all) one.learn()
    await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => all[index % 5]?.send({ idempotencyKey: `${index % 7}` })),
    )
    expect(left).toBe(1)
  })

  test('a key is one connection’s own: the same for another email of another connection is no reuse', async () => {
    const [one, two] = connectTwo()
    await one.send({ idempotencyKey: 'k' })
    expect((await two.send({ idempotencyKey: 'k', content: ['other'] })).repeated).toBe(false)
    expect(left).toBe(2)
  })

  test('a draft is the same by its place, whatever each connection calls it', async () => {
    const [one, two] = connectTwo()
    const shared = ['["Drafts","7",9]']
    const first = await one.send({ content: { draftId: 'one' }, shared })
    const draft = { content: { draftId: 'two' }, shared }
    expect(await two.find(draft)).toMatchObject({ state: 'sent', messageId: first.messageId })
    expect((await two.send(draft)).repeated).toBe(true)
    expect(left).toBe(1)
  })

  test('a draft that one was refused, another tries again at once when it was changed, and not when it was not', async () => {
    const [one, two] = connectTwo()
    const draft = (draftId: string, text: string) => ({
      content: { draftId, revision: [text] },
      shared: ['draft 0a'],
    })
    await one.send(draft('one', 'first'), { state: 'rejected', rejected: [], reason: 'over_quota' })
    expect(await two.send(draft('two', 'first'))).toMatchObject({ state: 'rejected', repeated: true })
    expect(await two.send(draft('two', 'second'))).toMatchObject({ state: 'sent', repeated: false })
    expect(left).toBe(2)
  })

  test('another mailbox does not know', async () => {
    const [one, two] = connectTwo()
    two.learn({ sendKey: key() })
    await one.send()
    expect((await two.send()).repeated).toBe(false)
    expect(left).toBe(2)
  })
})

describe('R85: a connection of 0.1.0 that learns the mailbox’s name for an email', () => {
  const former = () => ({ former: [{ until: now + day }] })

  test('knows what it sent before, tells the others, and asks under one name after a day', async () => {
    const [old, other] = [connect(), connect()]
    other.learn()
    await old.send()
    old.learn(former())
    expect((await old.send()).repeated).toBe(true)
    expect(left).toBe(1)
    await old.send({ content: ['more'] })
    expect((await other.send({ content: ['more'] })).repeated).toBe(true)
    expect(left).toBe(2)
    now += day
    expect((await old.send({ content: ['later'] })).repeated).toBe(false)
    expect((await other.send({ content: ['later'] })).repeated).toBe(true)
    expect(left).toBe(3)
  })

  test('of calls from before and after, all at once, one sends', async () => {
    const [before, other] = [connect(), connect()]
    other.learn()
    const early = before.send()
    before.learn(former())
    const settled = await Promise.allSettled([early, ...Array.from({ length: 8 }, () => before.send())])
    expect(settled.some(({ status }) => status === 'fulfilled')).toBe(true)
    expect(left).toBe(1)
  })

  test('stopped at any write, with an answer or without, neither it nor another connection sends twice', async () => {
    const kinds = ['lost before', 'lost after'] as const
    const operations = ['reserveSend', 'enterData', 'settleSend'] as const
    for (const kind of kinds) {
      for (let stop = 0; stop < 7; stop++) {
        now += 2 * day
        left = 0
        sendKey = key()
        const [one, other] = [connect(), connect()]
        one.learn(former())
        other.learn()
        let write = 0
        const once = { ...stores.once }
        for (const name of operations) {
          const real = stores.once[name] as (...args: unknown[]) => Promise<unknown>
          Object.assign(once, {
            [name]: async (...args: unknown[]) => {
              const isStop = write++ >= stop
              if (isStop && kind === 'lost before') throw new StoreUnavailableError('down')
              const answer = await real(...args)
              if (isStop) throw new StoreUnavailableError('down')
              return answer
            },
          })
        }
        await one.send({ idempotencyKey: 'k' }, sent, once).catch(() => undefined)
        for (const passed of [0, 120, 120]) {
          now += passed
          await one.send({ idempotencyKey: 'k' }).catch(() => undefined)
          await other.send().catch(() => undefined)
          await one.send({ idempotencyKey: 'new' }).catch(() => undefined)
        }
        expect(left, `${kind} ${stop}`).toBeLessThanOrEqual(1)
      }
    }
  })
})

test('R85: across a rotated seed a connection that was refreshed and one that was not know of each other for a day', async () => {
  const [refreshed, other] = connectTwo()
  const formerKey = Uint8Array.from(sendKey)
  sendKey = key()
  refreshed.learn({ kid: '2', former: [{ until: now + day, key: formerKey }] })
  await refreshed.send()
  expect((await other.send()).repeated).toBe(true)
  await other.send({ content: ['more'] })
  expect((await refreshed.send({ content: ['more'] })).repeated).toBe(true)
  expect(left).toBe(2)
})

test('R85: keys that do not open send nothing', async () => {
  const [one, two] = connectTwo()
  const { send } = one
  await expect((async () => send({ sealedOwner: 'A'.repeat(200) }))()).rejects.toMatchObject({
    name: 'KeyRefusedError',
  })
  await two.send()
  expect(left).toBe(1)
})
