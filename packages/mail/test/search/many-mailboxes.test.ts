/**
 * R88: sixty mailboxes of a real server, one needle in each. Every page is answered before the deadline and says what was
 * left, and the pages together hold every needle once. In a long run there are a hundred thousand emails in all.
 */
import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { inLongRun } from '@email-connector/testing/long-run'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withImapSession } from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'
import { searchFor } from '../imap/search-for.ts'

const total = inLongRun(100_000, 1_200)
const paths = ['INBOX', ...Array.from({ length: 59 }, (_, at) => `Folder ${at}`)]
const perMailbox = Math.ceil(total / paths.length)
/** As a call has it, with room for the answer. */
const deadlineMs = 20_000

describe.skipIf(!findDovecot())(`R88: ${paths.length} mailboxes with ${total} emails`, () => {
  let dovecot: Dovecot
  beforeAll(async () => {
    dovecot = await startDovecot()
    const { login, password } = dovecot.alice
    const socket = connect({ host: 'localhost', port: dovecot.imapsPort, ca: dovecot.ca })
    await once(socket, 'secureConnect')
    await say(socket, `LOGIN "${login}" "${password}"`)
    for (const [box, path] of paths.entries()) {
      if (path !== 'INBOX') await say(socket, `CREATE "${path}"`)
      // RFC 3502 MULTIAPPEND: all of a mailbox in one command.
      const mails = Array.from({ length: perMailbox }, (_, at) => {
        const words = at === box % perMailbox ? 'a needle' : 'hay'
        const mail = `From: Bo <bo@example.net>\r\nSubject: ${words} ${box}.${at}\r\nDate: Mon, 5 Jan 2026 10:00:00 +0000\r\nMessage-ID: <${box}.${at}@example.net>\r\n\r\n${words} in the body, and ${'more of it '.repeat(30)}\r\n`
        const day = String(1 + (at % 28)).padStart(2, ' ')
        return ` () "${day}-Jan-2026 10:00:00 +0000" {${mail.length}+}\r\n${mail}`
      })
      await say(socket, `APPEND "${path}"${mails.join('')}`)
    }
    socket.destroy()
  }, 1_200_000)
  afterAll(() => dovecot?.stop())

  test.each(['subject:needle', 'body:needle', 'needle -hay'])(
    '%s is answered page by page, in time',
    async (query) => {
      const account = accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice)
      const found: string[] = []
      let cursor: string | undefined
      let pages = 0
      do {
        const asked = { mailbox: 'all', limit: 25, query, ...(cursor ? { cursor } : {}) }
        const page = await withImapSession(account, { ...depsFor(dovecot.ca), deadlineMs }, (session) =>
          searchFor(session, asked),
        )
        found.push(...page.items.map(({ subject }) => subject))
        // What the time did not reach is said, and the cursor goes there.
        if (page.left.length > 0) expect(page.next).toBeDefined()
        expect(page.failed).toEqual([])
        cursor = page.next
      } while (cursor !== undefined && ++pages < 100)
      expect(found.sort()).toEqual(paths.map((_, box) => `a needle ${box}.${box % perMailbox}`).sort())
    },
    1_200_000,
  )
})

async function say(socket: TLSSocket, command: string): Promise<void> {
  let heard = ''
  const answered = new Promise<void>((resolve, reject) => {
    const hear = (data: Buffer) => {
      heard = `${heard}${data.toString('latin1')}`.slice(-2_000)
      const [, status] = /^T (OK|NO|BAD)[^\n]*\n/m.exec(heard) ?? []
      if (status === undefined) return
      socket.off('data', hear)
      if (status === 'OK') resolve()
      else reject(new Error(heard))
    }
    socket.on('data', hear)
  })
  socket.write(`T ${command}\r\n`)
  await answered
}
