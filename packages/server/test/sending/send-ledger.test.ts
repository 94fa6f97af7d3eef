/** At most once by key and by content, whatever fails: over both stores and a clock of the test's own. */
import { createHash, randomBytes } from 'node:crypto'
import { MailError, type SubmissionOutcome } from '@email-connector/mail'
import { createTempFolder, findDynamoDb, type LocalDynamoDb, startDynamoDb } from '@email-connector/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Caller } from '../../src/caller.ts'
import { sealSendKeys } from '../../src/keys/owner-keys.ts'
import { findSendOutcome } from '../../src/sending/earlier-send.ts'
import { withLedgerKeys } from '../../src/sending/ledger-keys.ts'
import { createSendLedger } from '../../src/sending/send-ledger.ts'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import { createLevelStores } from '../../src/store/level/stores.ts'
import type { OnceStore } from '../../src/store/once-store.ts'
import { newId } from '../store/builders.ts'
import { createTables } from '../store/dynamodb-tables.ts'

type Request = Parameters<typeof createSendLedger>[1]

const sent: SubmissionOutcome = {
  state: 'sent',
  accepted: ['bob@test.example'],
  rejected: [],
  responseCode: 250,
}
const rejected: SubmissionOutcome = { state: 'rejected', rejected: [], reason: 'over_quota' }
const content = ['bob@test.example', 'Subject', 'Body']

/** How content is named: by the grant (0.1.0), by the mailbox, or by both on the day it changes. */
type Naming = 'grant' | 'mailbox' | 'both'

function describeLedger(name: string, open: () => OnceStore, naming: Naming): void {
  describe(`${name}: the ledger of sends, named by ${naming}`, () => {
    let now = 0
    let once: OnceStore
    let caller: Caller
    /** How often a message left. */
    let left = 0

    beforeEach(() => {
      now = 1_800_000_000
      left = 0
      once = open()
      caller = {
        grantId: newId(),
        clientId: 'client',
        scopes: [],
        permission: 'send',
        resource: '',
        expiresAt: now + 9999,
        secret: Buffer.from(randomBytes(32)),
      }
    })

    const ledger = (changes: Partial<Request> = {}, store = once) =>
      createSendLedger(
        { once: store, caller, now: () => now },
        { accountId: 'a', domain: 'test.example', content, ...sealedFor(changes.accountId), ...changes },
      )
    const sealedFor = (accountId = 'a') => {
      if (naming === 'grant') return {}
      const former = naming === 'both' ? [{ until: now + 30 * 3600 }] : []
      const sendKey = new Uint8Array(createHash('sha256').update(`${caller.grantId} ${accountId}`).digest())
      const keys = { kid: '1', sendKey, former }
      return { sealedOwner: sealSendKeys(caller.secret, { grantId: caller.grantId, accountId }, keys) }
    }

    /** What submitMessage does: asks, then sends or withholds. */
    function submit(outcome: SubmissionOutcome | Error = sent) {
      return async (enterData: () => Promise<boolean>): Promise<SubmissionOutcome> => {
        if (!(await enterData())) return { state: 'withheld' }
        left += 1
        if (outcome instanceof Error) throw outcome
        return outcome
      }
    }
    const send = (idempotencyKey?: string, outcome?: SubmissionOutcome | Error) =>
      ledger({ idempotencyKey }).sendOnce(submit(outcome))
    /** A call that holds its rows and waits for its server until `arrive`. */
    async function reserved(idempotencyKey?: string) {
      let arrive: () => void = () => {}
      let slow: Promise<unknown> = Promise.resolve()
      await new Promise<void>((holds) => {
        slow = ledger({ idempotencyKey }).sendOnce(async (enterData) => {
          holds()
          await new Promise<void>((resolve) => {
            arrive = resolve
          })
          return submit()(enterData)
        })
      })
      return { slow, arrive: () => arrive() }
    }
    const untouched = async (): Promise<SubmissionOutcome> => {
      throw new MailError('login_refused')
    }

    test('R55: the outcome is kept sealed; without a key the same content is remembered for an hour', async () => {
      const rows: string[] = []
      const watched = {
        ...once,
        settleSend: (...args: Parameters<OnceStore['settleSend']>) => {
          rows.push(JSON.stringify(args))
          return once.settleSend(...args)
        },
      }
      const first = await ledger({}, watched).sendOnce(submit())
      expect(rows).toHaveLength(naming === 'both' ? 2 : 1)
      expect(rows.join()).not.toMatch(/bob|test\.example|Subject|Body/)
      now += 3599
      expect(await send()).toEqual({ ...first, repeated: true })
      expect(left).toBe(1)
      now += 1
      expect((await send()).repeated).toBe(false)
      expect(left).toBe(2)
    })

    test('R55: a key of 0.1.0, whose row names its content in the seal only, sends no other content', async () => {
      await send('k')
      const ofOldRelease: OnceStore = {
        ...once,
        async reserveSend(...args) {
          const answer = await once.reserveSend(...args)
          if (answer.outcome === 'reserved') return answer
          const { content: _, ...row } = answer.row
          return { ...answer, row }
        },
      }
      const other = ledger(
        { idempotencyKey: 'k', content: ['eve@test.example', 'Subject', 'Body'] },
        ofOldRelease,
      )
      await expect(other.sendOnce(submit())).rejects.toMatchObject({ code: 'key_reused' })
      expect(left).toBe(1)
    })

    test('R55, R85: the same content under another key, or none, is the same email for ten minutes', async () => {
      const first = await send('k')
      for (const key of ['k', 'l', undefined, 'm']) {
        expect(await send(key)).toMatchObject({ repeated: true, messageId: first.messageId })
      }
      now += 599
      expect((await send('n')).repeated).toBe(true)
      now += 1
      // Not new: these keys were told by now that the email had been sent.
      for (const key of ['k', 'l', 'm', 'n', undefined]) expect((await send(key)).repeated).toBe(true)
      expect(left).toBe(1)
      const again = await send('new')
      expect(again.repeated).toBe(false)
      expect(left).toBe(2)
      now += 23 * 3600
      expect((await send('k')).messageId).toBe(first.messageId)
      expect((await send('new')).messageId).toBe(again.messageId)
      expect(left).toBe(2)
    })

    test('R55, R85: what was sent without a key is not sent by a new one within ten minutes', async () => {
      await send()
      now += 599
      expect((await send('k')).repeated).toBe(true)
      now += 1
      expect((await send('l')).repeated).toBe(false)
      expect(left).toBe(2)
    })

    test('R56, R85: what is unknown stays so for a day, whatever the key', async () => {
      await send('k', { state: 'unknown' })
      now += 86_399
      for (const key of ['k', undefined, 'l']) {
        expect(await send(key)).toMatchObject({ state: 'unknown', repeated: true })
      }
      expect(left).toBe(1)
      now += 1
      expect((await send()).state).toBe('sent')
    })

    test('R55: what nobody got may be sent again after a minute, but not by the key that was refused', async () => {
      await send('k', rejected)
      now += 59
      for (const key of ['l', undefined]) {
        expect(await send(key)).toMatchObject({ state: 'rejected', repeated: true })
      }
      now += 1
      expect(await send('k')).toMatchObject({ state: 'rejected', repeated: true })
      expect(left).toBe(1)
      expect((await send()).state).toBe('sent')
      expect(left).toBe(2)
    })

    test.each([
      ['sent', sent, 600],
      ['rejected', rejected, 60],
      ['unknown', { state: 'unknown' } as SubmissionOutcome, 86_400],
    ] as const)(
      'a repeat of what was %s says when it was, and from when on it may go again',
      async (_, outcome, pause) => {
        const at = now
        await send('k', outcome)
        now += 30
        const again = { from: at + pause, by: 'new_key' }
        expect(await send('k')).toMatchObject({ repeated: true, settledAt: at, again })
      },
    )

    test('R55: another account, or other words, is another email; a key that was used for one sends no other', async () => {
      await send('k')
      for (const other of [{ accountId: 'b' }, { content: ['x'] }, { accountId: 'b', idempotencyKey: 'k' }]) {
        expect((await ledger(other).sendOnce(submit())).repeated, JSON.stringify(other)).toBe(
          other.idempotencyKey !== undefined,
        )
      }
      const reused = ledger({ content: ['y'], idempotencyKey: 'k' }).sendOnce(submit())
      await expect(reused).rejects.toMatchObject({ code: 'key_reused', field: 'idempotency_key' })
      expect(left).toBe(3)
    })

    test('R55: a key equal to the MAC of a content is a key all the same', async () => {
      await send()
      const mac = withLedgerKeys(caller, { accountId: 'a' }, 0, (keys) =>
        keys.toMac('grant', ['content', ...content]),
      )
      const other = ledger({ content: ['other'], idempotencyKey: mac })
      expect((await other.sendOnce(submit())).repeated).toBe(false)
      expect(left).toBe(2)
    })

    test.each([
      ['the same key', () => 'k'],
      ['no key', () => undefined],
      ['a key each', (index: number) => `k${index}`],
      ['keys of all kinds', (index: number) => ['k', undefined, `k${index}`][index % 3]],
    ] as const)('R55, R85: of 50 parallel calls with %s one sends', async (_, keyOf) => {
      const answers = await Promise.allSettled(Array.from({ length: 50 }, (__, index) => send(keyOf(index))))
      expect(left).toBe(1)
      for (const answer of answers) {
        if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'send_in_progress' })
        else expect(answer.value.state).toBe('sent')
      }
      for (let index = 0; index < 3; index += 1) expect((await send(keyOf(index))).repeated).toBe(true)
      expect(left).toBe(1)
    })

    test('R55: of 50 parallel emails with one key one is sent; the others are told that the key is taken', async () => {
      const answers = await Promise.allSettled(
        Array.from({ length: 50 }, (_, index) =>
          ledger({ content: [`email ${index}`], idempotencyKey: 'k' }).sendOnce(submit()),
        ),
      )
      expect(left).toBe(1)
      const codes = answers.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
      expect(new Set(codes)).toEqual(new Set(['key_reused']))
      expect(codes).toHaveLength(49)
    })

    test('R85: a key that met the email on its way is no new key later', async () => {
      const { slow, arrive } = await reserved('k')
      await expect(send('l')).rejects.toMatchObject({ code: 'send_in_progress' })
      arrive()
      await slow
      now += 1200
      expect((await send('l')).repeated).toBe(true)
      expect(left).toBe(1)
    })

    test('an error before DATA frees the email for every key, its own too; after it a bug is `unknown`', async () => {
      for (const key of [undefined, 'k', 'l']) {
        await expect(ledger({ idempotencyKey: key }).sendOnce(untouched)).rejects.toMatchObject({
          code: 'login_refused',
        })
      }
      // Nothing was sent under it, so it may even carry a corrected email.
      expect((await ledger({ idempotencyKey: 'l', content: ['corrected'] }).sendOnce(submit())).state).toBe(
        'sent',
      )
      expect((await send('k', new Error('a bug'))).state).toBe('unknown')
      const late = await ledger({ content: ['late'] }).sendOnce(submit(new MailError('timeout')))
      expect(late).toMatchObject({ state: 'rejected', reason: 'timeout' })
      expect(left).toBe(3)
    })

    test('R63: a process killed after DATA leaves `unknown`, with the Message-ID that Sent can be asked for', async () => {
      const killed = ledger({ idempotencyKey: 'k' })
      await new Promise<void>((resolve) => {
        // It never comes back from the server.
        void killed.sendOnce(async (enterData) => {
          await submit()(enterData)
          resolve()
          return await new Promise<SubmissionOutcome>(() => {})
        })
      })
      for (const key of ['k', 'l', undefined]) {
        await expect(send(key)).rejects.toMatchObject({ code: 'send_in_progress' })
      }
      now += 61
      const other = ledger({ content: ['other'], idempotencyKey: 'k' }).sendOnce(submit())
      await expect(other).rejects.toMatchObject({ code: 'key_reused' })
      for (const key of ['k', 'l', undefined]) {
        const answer = await send(key)
        expect(answer).toMatchObject({ state: 'unknown', repeated: true, messageId: killed.messageId })
      }
      expect(left).toBe(1)
    })

    test('R63: a process killed before DATA is overtaken after its deadline, and sends nothing if it comes back', async () => {
      const { slow, arrive } = await reserved()
      await expect(send()).rejects.toMatchObject({ code: 'send_in_progress' })
      now += 59
      await expect(send()).rejects.toMatchObject({ code: 'send_in_progress' })
      now += 2
      expect((await send()).state).toBe('sent')
      arrive()
      await expect(slow).rejects.toMatchObject({ code: 'send_in_progress' })
      expect(left).toBe(1)
    })

    /** The store of a process that ends at its nth write: before it, or after it with nobody there to hear of it. */
    function dying(nth: number, kind: 'before' | 'after' | 'error before' | 'error after') {
      let writes = 0
      let isDead = false
      const operation = <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) => {
        return async (...args: Args): Promise<Result> => {
          if (isDead) return await new Promise<Result>(() => {})
          writes += 1
          if (writes !== nth) return await work(...args)
          isDead = kind === 'before' || kind === 'after'
          if (kind.endsWith('after')) await work(...args)
          if (isDead) {
            died()
            return await new Promise<Result>(() => {})
          }
          throw new Error('the store is away')
        }
      }
      let died: () => void = () => {}
      const dead = new Promise<void>((resolve) => {
        died = resolve
      })
      const store: OnceStore = {
        ...once,
        reserveSend: operation(once.reserveSend),
        enterData: operation(once.enterData),
        settleSend: operation(once.settleSend),
        releaseSend: operation(once.releaseSend),
      }
      return { store, dead, count: () => writes }
    }

    const faults = (['before', 'after', 'error before', 'error after'] as const).flatMap((kind) =>
      [1, 2, 3, 4, 5, 6, 7, 8].flatMap((nth) => [undefined, 'k'].map((key) => ({ kind, nth, key }))),
    )
    test.each(faults)(
      'R63, R85: $kind write $nth of a send with key $key: never two DATA',
      async ({ kind, nth, key }) => {
        const { store, dead } = dying(nth, kind)
        const first = ledger({ idempotencyKey: key }, store)
          .sendOnce(submit())
          .then(
            ({ state }) => state,
            () => 'failed',
          )
        await Promise.race([first, dead])
        // At once: whatever is answered, nothing goes out a second time.
        for (const other of ['k', 'l', undefined]) await send(other).catch(() => undefined)
        expect(left).toBeLessThanOrEqual(1)
        now += 61
        const later = [await send('k'), await send('m'), await send(), await send('l')]
        // `data` was written, and the process could not know it or did not live to send: nobody can tell.
        const isInDoubt = later.every(({ state }) => state === 'unknown')
        const reservations = (naming === 'both' ? 2 : 1) + (key === undefined ? 0 : 1)
        const isHalfIn = naming === 'both' && nth === reservations + 2
        const isJustIn = nth === reservations + 1 && kind.endsWith('after')
        expect(left).toBe(isInDoubt && (isJustIn || isHalfIn) ? 0 : 1)
        if (!isInDoubt) expect(later.map(({ state }) => state)).toContain('sent')
        expect(later.every(({ repeated }, index) => repeated || index === 0)).toBe(true)
      },
    )

    test('R63: a failed send frees both rows, and where it cannot, its deadline does', async () => {
      const releases = naming === 'both' ? [4, 5, 6] : [3, 4]
      for (const nth of releases) {
        const { store } = dying(nth, 'error before')
        const changes = { idempotencyKey: `k${nth}`, content: [`email ${nth}`] }
        await expect(ledger(changes, store).sendOnce(untouched)).rejects.toMatchObject({
          code: 'login_refused',
        })
        now += 61
        expect((await ledger(changes).sendOnce(submit())).repeated).toBe(false)
      }
      expect(left).toBe(releases.length)
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
      expect(await send()).toMatchObject({ state: 'unknown', repeated: true })
      expect(left).toBe(1)
    })

    test('R29: a client that goes away in the middle zeroes its secret, and the outcome is stored all the same', async () => {
      const secret = Buffer.from(caller.secret)
      for (const key of [undefined, 'k']) {
        const changes = { idempotencyKey: key, content: [`${key}`] }
        await ledger(changes).sendOnce(async (enterData) => {
          const outcome = await submit()(enterData)
          caller.secret.fill(0)
          return outcome
        })
        caller.secret.set(secret)
        expect(await ledger(changes).sendOnce(submit())).toMatchObject({ state: 'sent', repeated: true })
      }
      expect(left).toBe(2)
      expect(secret.equals(caller.secret)).toBe(true)
    })

    describe('a stored draft', () => {
      const draft = (idempotencyKey?: string, draftId = 'd') =>
        ledger({ idempotencyKey, content: { draftId } }).sendOnce(submit())
      const find = (idempotencyKey?: string, draftId = 'd') =>
        findSendOutcome(
          { once, caller, now: () => now },
          { accountId: 'a', ...sealedFor(), idempotencyKey, content: { draftId } },
        )

      test('R55: is sent once in a day, whatever the key, and its id is enough to find the outcome', async () => {
        expect(await find()).toBeUndefined()
        const { messageId } = await draft('k')
        now += 86_000
        for (const key of ['k', undefined, 'l']) {
          expect(await find(key)).toMatchObject({ state: 'sent', repeated: true, messageId })
          expect(await draft(key)).toMatchObject({
            state: 'sent',
            repeated: true,
            messageId,
            again: undefined,
          })
        }
        await expect(find('k', 'other')).rejects.toMatchObject({ code: 'key_reused' })
        expect(await find(undefined, 'other')).toBeUndefined()
        expect((await draft(undefined, 'other')).repeated).toBe(false)
        expect(left).toBe(2)
      })

      test('R55: of 50 parallel calls with and without a key one sends', async () => {
        await Promise.allSettled(
          Array.from({ length: 50 }, (_, index) => draft([undefined, 'k', `k${index}`][index % 3])),
        )
        expect(left).toBe(1)
      })

      test('R85: that was refused is tried again at once when it was changed, and once when it was not', async () => {
        const changed = (text: string) => ({ content: { draftId: 'd', revision: [text] } })
        await ledger(changed('one')).sendOnce(submit(rejected))
        expect((await ledger(changed('one')).sendOnce(submit())).repeated).toBe(true)
        expect(await ledger(changed('two')).sendOnce(submit())).toMatchObject({
          state: 'sent',
          repeated: false,
        })
        expect(await ledger(changed('three')).sendOnce(submit())).toMatchObject({
          state: 'sent',
          repeated: true,
        })
      })

      test('that was refused is found for a minute, and then tried again', async () => {
        await ledger({ content: { draftId: 'd' } }).sendOnce(submit(rejected))
        expect(await find()).toMatchObject({ state: 'rejected', again: { from: now + 60, by: 'same_call' } })
        now += 60
        expect(await find()).toBeUndefined()
        expect((await draft()).state).toBe('sent')
      })
    })

    test('every attempt has a Message-ID of its own: the same words an hour later are another email to every reader', () => {
      expect(ledger().messageId).not.toBe(ledger().messageId)
      expect(ledger().messageId).toMatch(/^<[0-9a-f-]{36}@test\.example>$/)
    })
  })
}

describe('LevelDB', () => {
  const folder = createTempFolder('ledger')
  let stores: Awaited<ReturnType<typeof createLevelStores>>
  beforeAll(async () => {
    stores = await createLevelStores({ dir: folder.path, now: () => 1_800_000_000 })
  })
  afterAll(async () => {
    await stores.close()
    await folder.remove()
  })
  for (const naming of ['grant', 'mailbox', 'both'] as const)
    describeLedger('LevelDB', () => stores.once, naming)
})

describe.runIf(findDynamoDb() !== undefined)(
  'DynamoDB (needs the optional package @dynoxide/linux-x64)',
  () => {
    let dynamoDb: LocalDynamoDb
    let once: OnceStore
    beforeAll(async () => {
      dynamoDb = await startDynamoDb()
      once = createDynamoStores({
        ...dynamoDb.clientOptions,
        tables: await createTables(dynamoDb, 'ledger'),
      }).once
    })
    afterAll(() => dynamoDb?.stop())
    for (const naming of ['grant', 'both'] as const) describeLedger('DynamoDB', () => once, naming)
  },
)
