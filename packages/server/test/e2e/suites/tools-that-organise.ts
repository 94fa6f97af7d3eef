/** The tools that put emails and mailboxes in order: what they say is where the message is afterwards, and nowhere else. */
import { describe, expect, test } from 'vitest'
import type { ToolSession } from './tool-session.ts'

export function describeOrganising(session: () => ToolSession, { prefix }: { prefix: string }) {
  describe('emails and mailboxes in order', () => {
    test('set_flags sets and clears a star on the server', async () => {
      const { receive, succeed, stored, mark } = session()
      const subject = `Starred row ${mark}`
      const ids = [await receive(subject, `Prune the third row, code ${mark}-star.`)]
      await succeed('set_flags', { ids, add: ['\\Flagged'] })
      expect((await stored('INBOX', subject))[0]?.flags).toContain('\\Flagged')
      await succeed('set_flags', { ids, remove: ['\\Flagged'] })
      const flagged = await succeed('set_flags', { ids, add: ['flagged'] })
      await succeed('undo', { undo: flagged.structured.undo })
      await succeed('organize_emails', { query: 'subject:"nothing has this subject"', action: 'flag' })
      await succeed('find_people', {})
      expect((await stored('INBOX', subject))[0]?.flags).not.toContain('\\Flagged')
    })

    test.each([
      ['archive_email', {}, 'Archive'],
      ['delete_email', {}, 'Trash'],
      ['mark_as_spam', {}, 'Junk'],
      ['move_email', { destination: 'archive' }, 'Archive'],
    ])(
      '%s %o puts the message into the other mailbox and nowhere else; its new id works',
      async (tool, more, name) => {
        const { receive, succeed, call, stored, mark } = session()
        const subject = `To ${tool} ${mark}`
        const body = `The barn is full, code ${mark}-${tool}.`
        const id = await receive(subject, body)
        const { structured } = await succeed(tool, { ids: [id], ...more })
        const [result] = structured.results as { ok: boolean; new_id: string }[]
        expect(result?.ok).toBe(true)
        expect(await stored('INBOX', subject)).toHaveLength(0)
        expect(await stored(`${prefix}${name}`, subject)).toHaveLength(1)
        expect((await succeed('get_email', { id: result?.new_id })).text).toContain(body)
        expect(await call('get_email', { id })).toMatchObject({
          isError: true,
          structured: { code: 'message_not_found' },
        })
        if (tool === 'mark_as_spam') {
          await succeed(tool, { ids: [result?.new_id], spam: false })
          expect(await stored('INBOX', subject)).toHaveLength(1)
        }
      },
    )

    test('create_mailbox, rename_mailbox and delete_mailbox change the tree; one that holds an email stays', async () => {
      const { receive, succeed, call, stored, mailboxPaths, mark } = session()
      const before = await mailboxPaths()
      const made = `${prefix}Orchard-${mark}`
      const renamed = `${prefix}Meadow-${mark}`
      // A name as a person says it; the answer has the path of the server.
      expect((await succeed('create_mailbox', { name: `Orchard-${mark}` })).structured.mailbox).toBe(made)
      expect(await mailboxPaths()).toEqual([...before, made].sort())
      const change = { name: made, new_name: `Meadow-${mark}` }
      expect((await succeed('rename_mailbox', change)).structured.mailbox).toBe(renamed)
      expect(await mailboxPaths()).toEqual([...before, renamed].sort())

      const subject = `Kept in the meadow ${mark}`
      const id = await receive(subject, `Cows come on Monday, code ${mark}-meadow.`)
      const { structured } = await succeed('move_email', { ids: [id], destination: renamed })
      expect(await call('delete_mailbox', { name: renamed })).toMatchObject({ isError: true })
      expect(await stored(renamed, subject)).toHaveLength(1)
      const [moved] = structured.results as { new_id: string }[]
      await succeed('delete_email', { ids: [moved?.new_id] })
      await succeed('delete_mailbox', { name: renamed })
      expect(await mailboxPaths()).toEqual(before)
    })
  })
}
