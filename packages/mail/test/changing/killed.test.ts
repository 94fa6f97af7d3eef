/** A process that is killed in the middle of a change, and of an undo: nothing is lost or doubled, and the rest can follow. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createMailbox,
  type ImapSession,
  type MessageRef,
  moveMessages,
  planUndo,
  undoChanges,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'

const probe = fileURLToPath(new URL('killed-probe.ts', import.meta.url))
const sources = ['INBOX', 'News', 'Lists']

describe.skipIf(!findDovecot())('a process that is killed, on a real Dovecot', () => {
  let dovecot: Dovecot
  beforeAll(async () => {
    dovecot = await startDovecot()
    await run((session) => createMailbox(session, 'News'))
    await run((session) => createMailbox(session, 'Lists'))
  })
  afterAll(() => dovecot?.stop())

  const run = <T>(use: (session: ImapSession) => Promise<T>) =>
    withImapSession(
      accountOn({ host: 'localhost', port: dovecot.imapsPort }, dovecot.alice),
      depsFor(dovecot.ca),
      use,
    )
  const reader = () => dovecot.reader(dovecot.alice)
  async function put(): Promise<MessageRef[]> {
    const refs: MessageRef[] = []
    for (const mailbox of sources) {
      const raws = [1, 2, 3].map((n) => `Message-ID: <${mailbox}-${n}@example.org>\nSubject: ${n}\n\nx\n`)
      const uids = await reader().append(mailbox, raws, ['\\Seen'])
      const uidValidity = String(await reader().uidValidity(mailbox))
      refs.push(...uids.map((uid) => ({ mailbox, uidValidity, uid })))
    }
    return refs
  }
  async function where(): Promise<string[]> {
    const rows: string[] = []
    for (const mailbox of [...sources, 'Archive'])
      for (const { messageId } of await reader().messages(mailbox)) rows.push(`${mailbox} ${messageId}`)
    return rows.sort()
  }
  async function untilKilled(work: object): Promise<void> {
    const child = spawn(process.execPath, ['--import', 'tsx', probe], {
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    child.stdin.end(JSON.stringify({ port: dovecot.imapsPort, ca: dovecot.ca, user: dovecot.alice, ...work }))
    const [, signal] = await once(child, 'exit')
    expect(signal).toBe('SIGKILL')
  }

  test('R89: a clean-up that is killed loses nothing, and an undo that is killed is finished by the same steps', async () => {
    const refs = await put()
    const before = await where()
    await untilKilled({ refs })
    const half = await where()
    // Each message is in one place, and some were moved.
    expect(half.map((row) => row.split(' ')[1]).sort()).toEqual(before.map((row) => row.split(' ')[1]).sort())
    expect(half).not.toEqual(before)

    // Those that are left are found again by another call.
    const left: MessageRef[] = []
    for (const mailbox of sources) {
      const uidValidity = String(await reader().uidValidity(mailbox))
      for (const { uid } of await reader().messages(mailbox)) left.push({ mailbox, uidValidity, uid })
    }
    expect(left.length).toBeGreaterThan(0)
    await run((session) => moveMessages(session, left, 'archive'))
    expect(await reader().messages('Archive')).toHaveLength(refs.length)

    // Everything moved back first, since the answer of the killed call never came.
    const archived = await reader().messages('Archive')
    const uidValidity = String(await reader().uidValidity('Archive'))
    const inArchive = archived.map(({ uid }) => ({ mailbox: 'Archive', uidValidity, uid }))
    await run((session) => moveMessages(session, inArchive, 'INBOX'))
    const whole = await put()
    const start = await where()
    const steps = await run(
      async (session) => planUndo(session, await moveMessages(session, whole, 'archive')).steps,
    )
    await untilKilled({ steps })
    expect(await where()).not.toEqual(start)
    const undone = await run((session) => undoChanges(session, steps))
    expect(undone.some(({ ok }) => ok)).toBe(true)
    expect(undone.some(({ code }) => code === 'message_not_found')).toBe(true)
    expect(await where()).toEqual(start)
  })
})
