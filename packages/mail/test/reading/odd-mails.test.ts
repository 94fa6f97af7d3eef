/** R62: mails from the world and mails made to hurt, served by a real Dovecot and read by every operation. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Dovecot, findDovecot, findUnpacked, startDovecot } from '@email-connector/testing'
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  fetchAttachment,
  getMessage,
  type ImapSession,
  listRecent,
  MailError,
  type MessageSummary,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'
import { type NastyMail, nastyMails } from './nasty-mails.ts'

/** Of our own processor time: the machine may be busy with other things. */
const maxCpuMs = 1000

describe.skipIf(!findDovecot())('R62: odd mails', () => {
  let dovecot: Dovecot
  beforeAll(async () => {
    dovecot = await startDovecot()
  })
  afterAll(() => dovecot?.stop())

  const run = <T>(use: (session: ImapSession) => Promise<T>) =>
    withImapSession(
      accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice),
      { ...depsFor(dovecot.ca), deadlineMs: 280_000 },
      use,
    )

  async function readAll(mailbox: string, mails: readonly NastyMail[]) {
    const reader = dovecot.reader(dovecot.alice)
    await reader.createMailbox(mailbox)
    const uids = await reader.append(
      mailbox,
      mails.map(({ raw }) => raw),
    )
    const nameOf = new Map(uids.map((uid, at) => [uid, mails[at]?.name]))
    const slow: string[] = []
    const timed = async <T>(name: string, work: () => Promise<T>): Promise<T | undefined> => {
      let answer: T | undefined
      const ms = await leastCpuMs(maxCpuMs, async () => {
        answer = await work().catch((error: unknown) => {
          // one of our errors is an answer; anything else is a bug
          if (error instanceof MailError && error.code !== 'connection_lost' && error.code !== 'timeout')
            return undefined
          throw new Error(name, { cause: error })
        })
      })
      if (ms > maxCpuMs) slow.push(`${name}: ${ms} ms`)
      return answer
    }

    await run(async (session) => {
      const rows: MessageSummary[] = []
      for (let next: string | undefined, first = true; first || next; first = false) {
        const page = await listRecent(session, {
          ...{ mailbox, limit: 20, unreadOnly: false },
          ...(next ? { cursor: next } : {}),
        })
        rows.push(...page.items)
        next = page.next
      }
      expect(rows).toHaveLength(mails.length)
      for (const { ref } of rows) {
        const name = nameOf.get(ref.uid) ?? ''
        for (const format of ['text', 'html'] as const) {
          const detail = await timed(`${name} as ${format}`, () =>
            getMessage(session, ref, { format, offset: 0, maxChars: 20_000 }),
          )
          if (!detail) continue
          expect(detail.body.text.length, name).toBeLessThanOrEqual(20_000)
          expect(JSON.stringify(detail), name).not.toMatch(/\\u0000|[\u202A-\u202E\u2066-\u2069]/)
          for (const { partId } of format === 'text' ? detail.attachments.slice(0, 3) : [])
            await timed(`${name}, attachment ${partId}`, () =>
              fetchAttachment(session, ref, partId, { maxBytes: 5_000_000 }),
            )
        }
      }
    })
    expect(slow).toEqual([])
  }

  test('made here: every charset, broken names, boundaries, ten thousand parts', () =>
    readAll('Made', nastyMails()))

  describe.skipIf(!findUnpacked('odd-mails'))('from the test suites of other mail software', () => {
    test.each([
      ['enmime', /\.raw$/],
      ['test_email/data', /msg_\d+\.txt$/],
      ['flufl/bounce', /tests\/data\/.*\.txt$/],
    ])('%s', (folder, name) => readAll(folder.replaceAll('/', '-'), collect(folder, name)))
  })
})

function collect(folder: string, name: RegExp): NastyMail[] {
  const root = findUnpacked('odd-mails') ?? ''
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' })
  const mails = paths.filter((path) => path.includes(folder) && name.test(path)).sort()
  expect(mails.length).toBeGreaterThan(30)
  return mails
    .map((path) => ({ name: path, raw: readFileSync(join(root, path)) }))
    .filter(({ raw }) => raw.length > 0)
}
