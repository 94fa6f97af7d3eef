/** R81: a list shows what a reader sees first, also of an email whose first kilobytes are styles; nobody else pays for it. */
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { previewBytes } from '../../src/imap/fetch-items.ts'
import {
  getMessages,
  type ImapSession,
  listRecent,
  type MessageSummary,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, createWire, depsFor } from '../imap/imap-account.ts'
import { searchFor } from '../imap/search-for.ts'
import { readRealMails } from './real-mails.ts'

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
  html('nothing', `<p>${' '.repeat(5_000)}</p>`),
]

/** Pictures, tags and quotes in front of the words: two kilobytes of each, and of the last nothing else. */
const logo = '<a href="https://a.example/x"><img src="https://cdn.example/a.gif" alt=""></a> | '
const fronts = [
  html('logos first', `${logo.repeat(4)}<p>Words behind logos.</p>`),
  html('many logos first', `${logo.repeat(60)}<p>Words behind many logos.</p>`),
  html('one word, then tags', `<p>Hi,</p>${'<br class="x">'.repeat(300)}<p>words behind tags.</p>`),
  html('cut in a tag', `${`<p>${'Words up to a tag. '.repeat(4)}`.padEnd(previewBytes - 2)}</p><p>More.</p>`),
  html('only logos', logo),
  html('quote first', `${'> as I said\r\n'.repeat(200)}My answer is below.`).replace(
    'text/html',
    'text/plain',
  ),
  html('short and whole', `<p>Yes.</p>`),
]

const part = (type: string, content: string, more = '') =>
  `Content-Type: ${type}\r\n${more === '' ? '' : `${more}\r\n`}\r\n${content}\r\n`
const several = (kind: string, parts: readonly string[], mark = kind.replace(/\W.*/, '')) =>
  `Content-Type: multipart/${kind}; boundary=${mark}\r\n\r\n${parts.map((one) => `--${mark}\r\n${one}`).join('')}--${mark}--\r\n`
const plain = (text: string) => part('text/plain; charset=utf-8', text, 'Content-Transfer-Encoding: 8bit')
const rich = (text: string) => part('text/html; charset=utf-8', `<p>${text}</p>`)
const both = (text: string, shown: string) => several('alternative', [plain(text), rich(shown)])
const pdf = part('application/pdf', 'JVBERi0xLjQ=', 'Content-Transfer-Encoding: base64')
const png = part('image/png', 'iVBORw0KGgo=', 'Content-Transfer-Encoding: base64')
const event =
  'BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Dock\r\nEND:VEVENT\r\nEND:VCALENDAR'

/** Each kind of mail, and what its reader sees first. */
const kinds: readonly [name: string, entity: string, preview: string][] = [
  ['stub in HTML', both('This message is in HTML.', 'Your contract ends.'), 'Your contract ends.'],
  ['stub with a link', both('View online: https://a.example/x?y', 'Order 88 left.'), 'Order 88 left.'],
  ['stub in Russian', both('Откройте письмо в браузере', 'Счёт.'), 'Счёт.'],
  ['a short answer', both('Sounds good to me.', '<b>Sounds good to me.</b>'), 'Sounds good to me.'],
  ['blank text', both(' \u200b ', 'Only here.'), 'Only here.'],
  ['empty first', several('mixed', [plain(''), plain('Behind an empty part.')]), 'Behind an empty part.'],
  ['file first', several('mixed', [pdf, plain('Behind a file.')]), 'Behind a file.'],
  ['picture first', several('mixed', [png, rich('Behind a picture.')]), 'Behind a picture.'],
  [
    'nested',
    several('signed', [
      several('mixed', [both('Signed words.', 'Signed words.'), pdf]),
      part('application/pgp-signature', 'x'),
    ]),
    'Signed words.',
  ],
  ['table first', rich('<table><tr><td>Rope</td><td>18.00</td></tr></table>'), 'Rope | 18.00'],
  ['enriched', part('text/enriched', '<bold>Now</bold> is the time'), 'Now is the time'],
  ['calendar only', part('text/calendar; method=REQUEST', event), '[Invitation] Event: Dock'],
  ['picture only', png, '[This email has no text, but pictures or sound: attachment 1.]'],
  ['file only', pdf, '[This email has no text, but files: attachment 1.]'],
  [
    'encrypted',
    several('encrypted; protocol="application/pgp-encrypted"', [
      part('application/pgp-encrypted', 'Version: 1'),
      part('application/octet-stream', '-----BEGIN PGP MESSAGE-----'),
    ]),
    "[This email is encrypted with PGP: it cannot be read here, the owner's own mail program can.]",
  ],
  [
    'forward only',
    part('message/rfc822', `From: mia@reef.example\r\nSubject: Valve\r\n${plain('It leaks.')}`),
    '[Email 1 inside this one] From: mia@reef.example Subject: Valve',
  ],
  ['no text at all', plain(''), ''],
]

/** Of the words of a text without its quotes and the pictures in front; forty characters of a long one are some. */
function isBeginning(preview: string, text: string): boolean {
  const words = text
    .replaceAll(/^>.*$/gm, '')
    .replaceAll(/\s+/g, ' ')
    .replace(/^(?:\[image: \S+\]|\(\S+\)|[ |\u00b7]|-{3,})+/, '')
  if (words.trim() === '') return true
  return words.startsWith(preview) && preview.length >= Math.min(40, words.trim().length)
}

describe.skipIf(!findDovecot())('R81: previews', () => {
  let dovecot: Dovecot
  beforeAll(async () => {
    dovecot = await startDovecot()
    await dovecot.reader(dovecot.alice).createMailbox('Ordinary')
    for (const raw of mails) await dovecot.appendRaw(dovecot.alice, 'INBOX', raw)
    await dovecot.appendRaw(dovecot.alice, 'Ordinary', mails[0] ?? '')
  })
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

  test('of styles and hidden text in front the words behind are shown, in one more flight for all', async () => {
    const { result, fetches } = await run((session) =>
      listRecent(session, { mailbox: 'INBOX', limit: 10, unreadOnly: false }),
    )
    expect(previewsOf(result.items)).toEqual(expected)
    expect(fetches).toHaveLength(2)
    // The three that the first octets say nothing of, and the one that has no words at all.
    expect(fetches[1]).toMatch(/UID FETCH 2:5 \(UID BODY\.PEEK\[1\]<0\.16384>\)/)
  })

  test('R75: every kind of mail shows what its reader sees first, in one more flight for all', async () => {
    const head = (name: string) => html(name, '').split('\r\nContent-Type')[0]
    await dovecot.reader(dovecot.alice).createMailbox('Kinds')
    for (const [name, entity] of kinds)
      await dovecot.appendRaw(dovecot.alice, 'Kinds', `${head(name)}\r\n${entity}`)
    const { result, fetches } = await run((session) =>
      listRecent(session, { mailbox: 'Kinds', limit: 50, unreadOnly: false }),
    )
    expect(previewsOf(result.items)).toEqual(
      Object.fromEntries(kinds.map(([name, , preview]) => [name, preview])),
    )
    // The stubs and the blank one, and those whose text is the second part.
    expect(fetches.slice(1)).toEqual([expect.stringMatching(/BODY\.PEEK\[2\]<0\.16384>/)])
    const found = await run((session) => searchFor(session, { mailbox: 'Kinds', limit: 50, from: 'bob' }))
    expect(previewsOf(found.result.items)).toEqual(previewsOf(result.items))
  })

  test('R74: what has no words is passed by, and what says little is read further', async () => {
    await dovecot.reader(dovecot.alice).createMailbox('Fronts')
    for (const raw of fronts) await dovecot.appendRaw(dovecot.alice, 'Fronts', raw)
    const { result, fetches } = await run((session) =>
      listRecent(session, { mailbox: 'Fronts', limit: 50, unreadOnly: false }),
    )
    expect(previewsOf(result.items)).toEqual({
      'logos first': 'Words behind logos.',
      'many logos first': 'Words behind many logos.',
      'one word, then tags': 'Hi, words behind tags.',
      'cut in a tag': 'Words up to a tag. Words up to a tag. Words up to a tag. Words up to a tag.',
      'only logos': '[image: cdn.example] (a.example) |',
      'quote first': 'My answer is below.',
      'short and whole': 'Yes.',
    })
    expect(fetches[1]).toMatch(/UID FETCH 2:3,6 \(UID BODY\.PEEK\[1\]<0\.16384>\)/)
  })

  test('R74: mails of real people are previewed by the beginning of what is read of them', async () => {
    const real = readRealMails(45)
    const reader = dovecot.reader(dovecot.alice)
    await reader.createMailbox('Real')
    await reader.append('Real', [...real.plain, ...real.html])
    const { result } = await run(async (session) => {
      const rows: MessageSummary[] = []
      let cursor: string | undefined
      do {
        const more = cursor === undefined ? {} : { cursor }
        const page = await listRecent(session, { mailbox: 'Real', limit: 50, unreadOnly: false, ...more })
        rows.push(...page.items)
        cursor = page.next
      } while (cursor !== undefined)
      const refs = rows.map(({ ref }) => ref)
      const read = await getMessages(session, refs, { format: 'text', offset: 0, maxChars: 2_000 })
      return rows.map(({ ref, preview }, at) => {
        const detail = read[at]
        const text = detail !== undefined && 'body' in detail ? detail.body.text : ''
        return { isPlain: ref.uid <= real.plain.length, isBeginning: isBeginning(preview, text) }
      })
    })
    const shareOf = (isPlain: boolean) => {
      const rows = result.filter((row) => row.isPlain === isPlain)
      expect(rows.length).toBeGreaterThanOrEqual(40)
      return rows.filter((row) => row.isBeginning).length / rows.length
    }
    expect(shareOf(true)).toBeGreaterThanOrEqual(0.97)
    // The rest is mostly alternatives whose plain text says the same in other words.
    expect(shareOf(false)).toBeGreaterThanOrEqual(0.8)
  })

  test('so does a search', async () => {
    const { result } = await run((session) =>
      searchFor(session, { mailbox: 'INBOX', limit: 10, subject: 'first' }),
    )
    expect(previewsOf(result.items)).toEqual({
      'styles first': expected['styles first'],
      'hidden first': expected['hidden first'],
    })
  })

  test('a list of ordinary mail stays one FETCH', async () => {
    const { result, fetches } = await run((session) =>
      listRecent(session, { mailbox: 'Ordinary', limit: 10, unreadOnly: false }),
    )
    expect(previewsOf(result.items)).toEqual({ 'plain start': 'Words at once.' })
    expect(fetches).toHaveLength(1)
  })
})
