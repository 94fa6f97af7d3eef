/** R81: a list shows what a reader sees first, also of an email whose first kilobytes are styles; nobody else pays for it. */
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ImapSession, listRecent, withImapSession } from '../../src/index.ts'
import { accountOn, createWire, depsFor } from '../imap/imap-account.ts'
import { searchFor } from '../imap/search-for.ts'

const html = (name: string, content: string) =>
  [
    'From: Bob <bob@test.example>',
    'To: alice@test.example',
    `Subject: ${name}`,
    'Date: Fri, 20 Nov 2026 10:00:00 +0100',
    'MIME-Version: 1.0',
    'Content-Type: text/html; charset=utf-8',
    '',
    content,
    '',
  ].join('\r\n')

const styles = (bytes: number) =>
  `<style>${'.m { color: #123456; padding: 0 }\r\n'.repeat(Math.ceil(bytes / 35))}</style>`
const preheader = '<div style="display:none">A line for lists only</div>'
const mails = [
  html('plain start', '<p>Words at once.</p>'),
  html('styles first', `${styles(6_000)}${preheader}<p>Words behind styles.</p>`),
  html(
    'hidden first',
    `<div style="display:none">${'hidden words '.repeat(200)}</div><p>Words behind hidden ones.</p>`,
  ),
  html('far behind', `${styles(40_000)}<p>Words far behind.</p>`),
  html('nothing', `<p>${' '.repeat(2_000)}</p>`),
]

describe.skipIf(!findDovecot())('R81: previews', () => {
  let dovecot: Dovecot
  beforeAll(async () => {
    dovecot = await startDovecot()
    await dovecot.reader(dovecot.alice).createMailbox('Ordinary')
    for (const raw of mails) await dovecot.appendRaw(dovecot.alice, 'INBOX', raw)
    await dovecot.appendRaw(dovecot.alice, 'Ordinary', mails[0] ?? '')
  }, 60_000)
  afterAll(() => dovecot?.stop())

  const run = async <T>(use: (session: ImapSession) => Promise<T>) => {
    const deps = depsFor(dovecot.ca)
    const wire = createWire(deps.connector)
    const result = await withImapSession(
      accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice),
      { ...deps, connector: wire.connector },
      use,
    )
    return { result, fetches: wire.commands.filter((line) => /\bFETCH\b/.test(line)) }
  }
  const previewsOf = (items: readonly { subject: string; preview: string }[]) =>
    Object.fromEntries(items.map(({ subject, preview }) => [subject, preview]))
  const expected = {
    'plain start': 'Words at once.',
    'styles first': 'Words behind styles.',
    'hidden first': 'Words behind hidden ones.',
    'far behind': '[No preview: the text of this email begins far behind its styles.]',
    nothing: '',
  }

  it('of styles and hidden text in front the words behind are shown, in one more flight for all', async () => {
    const { result, fetches } = await run((session) =>
      listRecent(session, { mailbox: 'INBOX', limit: 10, unreadOnly: false }),
    )
    expect(previewsOf(result.items)).toEqual(expected)
    expect(fetches).toHaveLength(2)
    // The three that a kilobyte says nothing of, and the one that has no words at all.
    expect(fetches[1]).toMatch(/UID FETCH 2:5 \(UID BODY\.PEEK\[1\]<0\.16384>\)/)
  })

  it('so does a search', async () => {
    const { result } = await run((session) =>
      searchFor(session, { mailbox: 'INBOX', limit: 10, subject: 'first' }),
    )
    expect(previewsOf(result.items)).toEqual({
      'styles first': expected['styles first'],
      'hidden first': expected['hidden first'],
    })
  })

  it('a list of ordinary mail stays one FETCH', async () => {
    const { result, fetches } = await run((session) =>
      listRecent(session, { mailbox: 'Ordinary', limit: 10, unreadOnly: false }),
    )
    expect(previewsOf(result.items)).toEqual({ 'plain start': 'Words at once.' })
    expect(fetches).toHaveLength(1)
  })
})
