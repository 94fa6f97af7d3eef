/** The servers that cannot be installed beside Dovecot: each starts, keeps mail, and leaves nothing behind. */
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findCourier, startCourier } from '../src/courier.ts'
import { findCyrus, startCyrus } from '../src/cyrus.ts'
import type { RealImapServer } from '../src/imap-server.ts'

describe.each([
  { name: 'Cyrus', isHere: findCyrus(), start: startCyrus, specialUse: '\\Trash' },
  // Told by its name: the server says nothing.
  { name: 'Courier', isHere: findCourier(), start: startCourier, specialUse: '\\Trash' },
])('$name', ({ isHere, start }) => {
  describe.skipIf(!isHere)('unpacked beside Dovecot', () => {
    let server: RealImapServer
    beforeAll(async () => {
      server = await start()
    })
    afterAll(() => server?.stop())

    test('keeps a message byte for byte, with its flags, in a folder below INBOX.', async () => {
      const raw = 'Subject: kept\r\n\r\n\xe4 body\r\n'
      const uid = await server.appendRaw(server.alice, 'Archive', Buffer.from(raw, 'latin1'), ['\\Flagged'])
      const [message] = await server.reader(server.alice).messages('Archive')
      expect(message).toMatchObject({ uid, subject: 'kept' })
      expect(message?.raw.toString('latin1')).toBe(raw)
      expect(message?.flags).toContain('\\Flagged')
      const listed = await server.reader(server.alice).mailboxes()
      expect(listed.map(({ path }) => path).sort()).toEqual([
        'INBOX',
        'INBOX.Archive',
        'INBOX.Drafts',
        'INBOX.Junk',
        'INBOX.Sent',
        'INBOX.Trash',
      ])
      expect(await server.reader(server.bob).messages('Archive')).toEqual([])
    })

    test('refuses a wrong password', async () => {
      const reader = server.reader({ ...server.alice, password: 'wrong' })
      await expect(reader.messages('INBOX')).rejects.toMatchObject({ authenticationFailed: true })
    })

    test('leaves no process and no folder', async () => {
      const { pid, caPath } = server
      await server.stop()
      expect(existsSync(caPath)).toBe(false)
      expect(() => process.kill(pid, 0)).toThrow()
    })
  })
})
