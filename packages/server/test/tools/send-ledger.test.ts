/** At most once, whatever fails: over the real local store and a clock of the test's own. */
import { randomBytes } from 'node:crypto'
import { MailError, type SubmissionOutcome } from '@email-connector/mail'
import { createTempFolder } from '@email-connector/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Caller } from '../../src/caller.ts'
import { createLevelStores } from '../../src/store/level/stores.ts'
import type { OnceStore } from '../../src/store/once-store.ts'
import { createSendLedger, type SendRequest } from '../../src/tools/send-ledger.ts'

const sent: SubmissionOutcome = {
  state: 'sent',
  accepted: ['bob@test.example'],
  rejected: [],
  responseCode: 250,
}
const request: SendRequest = {
  accountId: 'a',
  domain: 'test.example',
  content: ['bob@test.example', 'Subject', 'Body'],
}

let now = 1_800_000_000
let once: OnceStore
let close: () => Promise<void>
let caller: Caller
/** How often a message left. */
let left = 0

beforeEach(async () => {
  now = 1_800_000_000
  left = 0
  const folder = createTempFolder('ledger')
  const stores = await createLevelStores({ dir: folder.path, now: () => now })
  once = stores.once
  close = async () => {
    await stores.close()
    await folder.remove()
  }
  const secret = Buffer.from(randomBytes(32))
  caller = {
    grantId: 'grant',
    clientId: 'client',
    scopes: [],
    permission: 'send',
    resource: '',
    expiresAt: now + 9999,
    secret,
  }
})
afterEach(() => close())

const ledger = (changes: Partial<SendRequest> = {}, store = once) =>
  createSendLedger({ once: store, caller, now: () => now }, { ...request, ...changes })

/** What submitMessage does: asks, then sends or withholds. */
function submit(outcome: SubmissionOutcome | Error = sent) {
  return async (enterData: () => Promise<boolean>): Promise<SubmissionOutcome> => {
    if (!(await enterData())) return { state: 'withheld' }
    left += 1
    if (outcome instanceof Error) throw outcome
    return outcome
  }
}

test('R55: the outcome is kept sealed, an hour for content and a day for a key', async () => {
  const rows: string[] = []
  const watched = {
    ...once,
    settleSend: (...args: Parameters<OnceStore['settleSend']>) => {
      rows.push(JSON.stringify(args))
      return once.settleSend(...args)
    },
  }
  const first = await ledger({}, watched).sendOnce(submit())
  expect(rows).toHaveLength(1)
  expect(rows.join()).not.toMatch(/bob|test\.example|Subject|Body/)
  await ledger({ idempotencyKey: 'k' }).sendOnce(submit())
  now += 3599
  expect(await ledger().sendOnce(submit())).toEqual({ ...first, repeated: true })
  expect(left).toBe(2)
  now += 2
  expect((await ledger().sendOnce(submit())).repeated).toBe(false)
  expect((await ledger({ idempotencyKey: 'k' }).sendOnce(submit())).repeated).toBe(true)
  expect(left).toBe(3)
})

test('R55: another account, other words or another key is another email', async () => {
  await ledger().sendOnce(submit())
  for (const other of [
    { accountId: 'b' },
    { content: ['x'] },
    { idempotencyKey: 'k' },
    { idempotencyKey: 'l' },
  ]) {
    expect((await ledger(other).sendOnce(submit())).repeated).toBe(false)
  }
  expect(left).toBe(5)
})

test('R55: of 20 parallel calls one sends', async () => {
  const answers = await Promise.allSettled(Array.from({ length: 20 }, () => ledger().sendOnce(submit())))
  expect(left).toBe(1)
  for (const answer of answers) {
    if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'send_in_progress' })
    else expect(answer.value.state).toBe('sent')
  }
})

test('R63: a process killed after DATA leaves `unknown`, with the Message-ID that Sent can be asked for', async () => {
  const killed = ledger()
  // It never comes back from the server.
  const forever = killed.sendOnce(async (enterData) => {
    await enterData()
    left += 1
    entered()
    return await new Promise<SubmissionOutcome>(() => {})
  })
  void forever
  await hasEntered
  await expect(ledger().sendOnce(submit())).rejects.toMatchObject({ code: 'send_in_progress' })
  now += 61
  expect(await ledger().sendOnce(submit())).toMatchObject({
    state: 'unknown',
    repeated: true,
    messageId: killed.messageId,
  })
  expect(left).toBe(1)
})
let entered: () => void = () => {}
const hasEntered = new Promise<void>((resolve) => {
  entered = resolve
})

test('R63: a process killed before DATA is overtaken after its deadline, and sends nothing if it comes back', async () => {
  let comesBack: () => void = () => {}
  const late = ledger().sendOnce(async (enterData) => {
    await new Promise<void>((resolve) => {
      comesBack = resolve
    })
    return submit()(enterData)
  })
  await expect(ledger().sendOnce(submit())).rejects.toMatchObject({ code: 'send_in_progress' })
  now += 61
  expect((await ledger().sendOnce(submit())).state).toBe('sent')
  comesBack()
  await expect(late).rejects.toMatchObject({ code: 'send_in_progress' })
  expect(left).toBe(1)
})

test('R63: a store that fails before DATA sends nothing; one that fails after it does not unsend', async () => {
  const down = async () => {
    throw new Error('down')
  }
  await expect(ledger({}, { ...once, enterData: down }).sendOnce(submit())).rejects.toThrow('down')
  expect(left).toBe(0)
  const answer = await ledger({}, { ...once, settleSend: down }).sendOnce(submit())
  expect(answer).toMatchObject({ state: 'sent', repeated: false })
  now += 61
  expect(await ledger().sendOnce(submit())).toMatchObject({ state: 'unknown', repeated: true })
  expect(left).toBe(1)
})

test('an error before DATA frees the key; after DATA a bug is `unknown` and a MailError is `rejected`', async () => {
  const refuse = async () => {
    throw new MailError('login_refused')
  }
  await expect(ledger().sendOnce(refuse)).rejects.toMatchObject({ code: 'login_refused' })
  expect((await ledger().sendOnce(submit(new Error('a bug')))).state).toBe('unknown')
  const late = await ledger({ idempotencyKey: 'late' }).sendOnce(submit(new MailError('timeout')))
  expect(late).toMatchObject({ state: 'rejected', reason: 'timeout' })
})

test('what nobody got may be sent again after a minute, unless the attempt was named', async () => {
  const rejected: SubmissionOutcome = { state: 'rejected', rejected: [], reason: 'over_quota' }
  expect((await ledger().sendOnce(submit(rejected))).state).toBe('rejected')
  expect((await ledger({ idempotencyKey: 'k' }).sendOnce(submit(rejected))).state).toBe('rejected')
  now += 61
  expect((await ledger().sendOnce(submit())).state).toBe('sent')
  expect(await ledger({ idempotencyKey: 'k' }).sendOnce(submit())).toMatchObject({
    state: 'rejected',
    repeated: true,
  })
})

test('R56: what is unknown stays so for a day, also without a key', async () => {
  await ledger().sendOnce(submit({ state: 'unknown' }))
  now += 23 * 3600
  expect(await ledger().sendOnce(submit())).toMatchObject({ state: 'unknown', repeated: true })
  expect(left).toBe(1)
})

test('every attempt has a Message-ID of its own: the same words an hour later are another email to every reader', () => {
  expect(ledger().messageId).not.toBe(ledger().messageId)
  expect(ledger().messageId).toMatch(/^<[0-9a-f-]{36}@test\.example>$/)
})
