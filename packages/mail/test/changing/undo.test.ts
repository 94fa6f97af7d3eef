/** Changes and their way back on every kind of server we can have; what is there is seen by a connection that is not ours. */
import {
  findCourier,
  findCyrus,
  findDovecot,
  type RealImapServer,
  startCourier,
  startCyrus,
  startDovecot,
} from '@email-connector/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createMailbox,
  type ImapSession,
  type MessageRef,
  moveMessages,
  planUndo,
  type RefOutcome,
  renameMailbox,
  type ServerMemory,
  setFlags,
  type UndoStep,
  undoChanges,
  verifyImapLogin,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'

interface ServerKind {
  readonly name: string
  readonly isThere: boolean
  readonly start: () => Promise<RealImapServer>
  readonly prefix: string
  readonly delimiter: string
  /** false: it does not say where it moved a message. */
  readonly tellsUids: boolean
}

const below = { prefix: 'INBOX.', delimiter: '.' }
const kinds: ServerKind[] = [
  {
    name: 'Dovecot',
    isThere: findDovecot() !== undefined,
    start: startDovecot,
    prefix: '',
    delimiter: '/',
    tellsUids: true,
  },
  { ...below, name: 'Cyrus', isThere: findCyrus() !== undefined, start: startCyrus, tellsUids: true },
  { ...below, name: 'Courier', isThere: findCourier() !== undefined, start: startCourier, tellsUids: true },
  {
    ...below,
    name: 'Courier without UIDPLUS',
    isThere: findCourier() !== undefined,
    start: () => startCourier({ uidPlus: false }),
    tellsUids: false,
  },
]

const mail = (n: number) =>
  `From: ann@example.org\nSubject: Number ${n}\nMessage-ID: <n${n}@example.org>\n\nBody ${n}\n`
const flags = ['\\Seen', 'flagged', '\\Answered', 'Work', '$Later']
const destinations = ['archive', 'trash', 'junk', 'INBOX']

const change = fc.record({
  /** Which of the messages, by place. */
  of: fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 8 }),
  made: fc.oneof(
    fc
      .record({
        add: fc.subarray(flags, { maxLength: 2 }),
        remove: fc.subarray(flags, { maxLength: 2 }),
      })
      .map(({ add, remove }) => ({ add, remove: remove.filter((one) => !add.includes(one)) }))
      .filter(({ add, remove }) => add.length + remove.length > 0),
    fc.constantFrom(...destinations),
  ),
})

for (const kind of kinds) {
  describe.skipIf(!kind.isThere)(`changes and undo on ${kind.name}`, () => describeUndo(kind))
}

function describeUndo({ start, prefix, delimiter, tellsUids }: ServerKind): void {
  /** Of what only a server that tells new ids can show. */
  const testWithUids: typeof test | (() => void) = tellsUids ? test : () => undefined

  let server: RealImapServer
  let memory: ServerMemory
  let made = 0

  beforeAll(async () => {
    server = await start()
    memory = await verifyImapLogin(account(), depsFor(server.ca))
  })
  afterAll(() => server?.stop())

  const account = () => accountOn({ host: server.host, port: server.imapsPort }, server.alice)
  const reader = () => server.reader(server.alice)
  const at = (name: string) => (name === 'INBOX' ? name : prefix + name)
  const run = <T>(use: (session: ImapSession) => Promise<T>) =>
    withImapSession(account(), { ...depsFor(server.ca), memory }, use)
  const put = async (
    mailbox: string,
    count: number,
    given: readonly string[] = [],
  ): Promise<MessageRef[]> => {
    const raws = Array.from({ length: count }, () => mail(++made))
    const uids = await reader().append(at(mailbox), raws, given)
    const uidValidity = String(await reader().uidValidity(at(mailbox)))
    return uids.map((uid) => ({ mailbox: at(mailbox), uidValidity, uid }))
  }
  /** Where each message is, and its flags. */
  const snapshot = async () => {
    const rows: string[] = []
    for (const mailbox of ['INBOX', 'Archive', 'Trash', 'Junk']) {
      for (const { messageId, flags: set } of await reader().messages(at(mailbox))) {
        const shown = set.filter((flag) => flag !== '\\Recent').map((flag) => flag.toLowerCase())
        rows.push(`${mailbox} ${messageId} ${shown.sort().join(' ')}`)
      }
    }
    return rows.sort()
  }
  const stepsOf = (session: ImapSession, outcomes: readonly RefOutcome[]): readonly UndoStep[] =>
    planUndo(session, outcomes).steps

  testWithUids(
    'R89: random changes one after the other, undone, leave every message where and as it was; undone again, they are back',
    async () => {
      const check = async (changes: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[]) => {
        const messages = [...(await put('INBOX', 5)), ...(await put('INBOX', 3, ['\\Seen', '\\Flagged']))]
        const before = await snapshot()
        const steps: UndoStep[] = []
        await run(async (session) => {
          for (const { of, made: what } of changes) {
            const refs = of.flatMap((place) => messages[place] ?? [])
            const outcomes =
              typeof what === 'string'
                ? await moveMessages(session, refs, what)
                : await setFlags(session, refs, what)
            expect(outcomes.every(({ ok }) => ok)).toBe(true)
            for (const { ref, newRef } of outcomes) {
              const place = messages.indexOf(ref)
              if (newRef !== undefined) messages[place] = newRef
            }
            // The newest change is undone first.
            steps.unshift(...stepsOf(session, outcomes))
          }
        })
        const after = await snapshot()
        const again = await run(async (session) => stepsOf(session, await undoChanges(session, steps)))
        expect(await snapshot()).toEqual(before)
        await run((session) => undoChanges(session, again))
        expect(await snapshot()).toEqual(after)
      }
      await fc.assert(fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), check), {
        // A message that was moved, marked and named in a second move: its way back has an order of its own.
        examples: [
          [
            [
              { of: [2], made: 'junk' },
              { of: [2, 1], made: { add: ['\\Seen'], remove: [] } },
              { of: [1, 2], made: 'junk' },
            ],
          ],
        ],
        numRuns: 4,
        endOnFailure: true,
      })
    },
  )

  test('R89: a flag is put back only where the change set it, and a second undo changes nothing', async () => {
    const refs = [...(await put('INBOX', 2)), ...(await put('INBOX', 1, ['\\Seen']))]
    const before = await snapshot()
    const steps = await run(async (session) =>
      stepsOf(session, await setFlags(session, refs, { add: ['\\Seen', 'Work'], remove: ['flagged'] })),
    )
    expect(await snapshot()).not.toEqual(before)
    const undone = await run((session) => undoChanges(session, steps))
    expect(undone.every(({ ok }) => ok)).toBe(true)
    expect(await snapshot()).toEqual(before)
    const again = await run(async (session) => stepsOf(session, await undoChanges(session, steps)))
    expect(again).toEqual([])
    expect(await snapshot()).toEqual(before)
  })

  testWithUids(
    'R89: what another client moved, deleted or renumbered meanwhile is told, and the rest is put back',
    async () => {
      const refs = await put('INBOX', 3)
      const moved = await run(async (session) => {
        const outcomes = await moveMessages(session, refs, 'archive')
        return { outcomes, steps: stepsOf(session, outcomes) }
      })
      const [taken] = moved.outcomes.flatMap(({ newRef }) => newRef ?? [])
      if (taken === undefined) throw new Error('It was moved')
      await run((session) => moveMessages(session, [taken], 'trash'))
      const undone = await run((session) => undoChanges(session, moved.steps))
      expect(undone.map(({ ok, code }) => [ok, code])).toEqual([
        [false, 'message_not_found'],
        [true, undefined],
        [true, undefined],
      ])
      const stale = moved.steps.map((step) => ({ ...step, uidValidity: '1' }))
      const before = await snapshot()
      const refused = await run((session) => undoChanges(session, stale))
      expect(refused.map(({ code }) => code)).toEqual(['stale_id', 'stale_id', 'stale_id'])
      expect(await snapshot()).toEqual(before)
    },
  )

  testWithUids('R89: a mailbox that is gone is told, and what came from others returns', async () => {
    await run((session) => createMailbox(session, 'Passing'))
    const refs = [...(await put('Passing', 1)), ...(await put('INBOX', 1))]
    const steps = await run(async (session) => stepsOf(session, await moveMessages(session, refs, 'archive')))
    await run((session) => renameMailbox(session, 'Passing', 'Past'))
    const undone = await run((session) => undoChanges(session, steps))
    expect(undone.map(({ code }) => code).sort()).toEqual(['mailbox_not_found', undefined])
    await run((session) => renameMailbox(session, 'Past', 'Passed on'))
  })

  test('R89: what cannot be undone is said when it is changed', async () => {
    const [inSent] = await put('Sent', 1)
    const [inInbox] = await put('INBOX', 1)
    if (inSent === undefined || inInbox === undefined) throw new Error('They were put there')
    const plan = await run(async (session) =>
      planUndo(session, await moveMessages(session, [inSent, inInbox], 'trash')),
    )
    if (tellsUids)
      expect(plan).toMatchObject({ steps: [{ kind: 'move', to: 'INBOX' }], lost: { mailbox_protected: 1 } })
    else expect(plan).toEqual({ steps: [], lost: { not_told: 2 } })
  })

  test.each(['sent', 'drafts', 'Sent'])('nothing is moved into %s', async (destination) => {
    const refs = await put('INBOX', 1)
    const before = await snapshot()
    await expect(run((session) => moveMessages(session, refs, destination))).rejects.toMatchObject({
      code: 'mailbox_protected',
      field: 'destination',
    })
    expect(await snapshot()).toEqual(before)
  })

  test('`/` parts the levels of a mailbox on every server: made, moved into, renamed', async () => {
    const created = await run((session) => createMailbox(session, 'Projects/2026'))
    const path = at(`Projects${delimiter}2026`)
    expect(created.path).toBe(path)
    memory = await verifyImapLogin(account(), depsFor(server.ca))
    const refs = await put('INBOX', 1)
    const [moved] = await run((session) => moveMessages(session, refs, 'projects/2026'))
    expect(moved?.ok).toBe(true)
    expect(await reader().messages(path)).toHaveLength(1)
    const renamed = await run((session) => renameMailbox(session, 'Projects/2026', 'Projects/Old/2026'))
    expect(renamed.path).toBe(at(['Projects', 'Old', '2026'].join(delimiter)))
  })
}
