/** Which text of a message is read, whose addresses are shown and what a preview holds, on a real Dovecot. */
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { Tokenizer } from 'parse5'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  getMessage,
  getMessages,
  getThread,
  type ImapSession,
  listRecent,
  MailError,
  type MessageDetail,
  type MessageRef,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'

const options = { format: 'text', offset: 0, maxChars: 20_000 } as const
const head = 'From: Ann <ann@example.org>\nTo: alice@test.example\nMIME-Version: 1.0\n'
const part = (type: string, content: string, more = '') => `Content-Type: ${type}\n${more}\n${content}\n`
const multipart = (kind: string, parts: readonly string[], mark = kind) =>
  `Content-Type: multipart/${kind}; boundary=${mark}\n\n${parts.map((one) => `--${mark}\n${one}`).join('')}--${mark}--\n`

describe.skipIf(!findDovecot())('reading', () => {
  let dovecot: Dovecot
  let uidValidity: string
  beforeAll(async () => {
    dovecot = await startDovecot()
    uidValidity = String(await dovecot.reader(dovecot.alice).uidValidity('INBOX'))
  })
  afterAll(() => dovecot?.stop())
  afterEach(() => vi.restoreAllMocks())

  const ref = (uid: number): MessageRef => ({ mailbox: 'INBOX', uidValidity, uid })
  const run = <T>(use: (session: ImapSession) => Promise<T>) =>
    withImapSession(
      accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice),
      depsFor(dovecot.ca),
      use,
    )
  const append = (raws: readonly string[]) => dovecot.reader(dovecot.alice).append('INBOX', [...raws])
  async function read(raw: string, format: 'text' | 'html' = 'text'): Promise<MessageDetail> {
    const [uid = 0] = await append([raw])
    return await run((session) => getMessage(session, ref(uid), { ...options, format }))
  }
  async function previewOf(raw: string): Promise<string> {
    await append([raw])
    const page = await run((session) =>
      listRecent(session, { mailbox: 'INBOX', limit: 1, unreadOnly: false }),
    )
    return page.items[0]?.preview ?? ''
  }

  describe('R79: which part is the body', () => {
    const html = (word: string) => part('text/html', `<p>${word}</p>`)
    test.each([
      [
        'the last of two HTML alternatives',
        multipart('alternative', [html('first'), html('second')]),
        'second',
        [],
      ],
      [
        'the last of two plain alternatives',
        multipart('alternative', [part('text/plain', 'first'), part('text/plain', 'second')]),
        'second',
        [],
      ],
      [
        'the last, though related pictures come with it',
        multipart('alternative', [
          html('first'),
          multipart('related', [html('second'), part('image/png', 'x', 'Content-ID: <a>\n')]),
        ]),
        'second',
        ['image/png'],
      ],
      [
        'all of what comes with one alternative',
        multipart('alternative', [multipart('mixed', [html('first'), html('after')])]),
        'first\n\nafter',
        [],
      ],
      [
        'a lone text with a name',
        part(
          'text/plain; name="message.txt"',
          'named',
          'Content-Disposition: inline; filename="message.txt"\n',
        ),
        'named',
        [],
      ],
      [
        'a named text that comes first, not the one behind it',
        multipart('mixed', [
          part('text/plain; name="a.txt"', 'named'),
          part('text/plain; name="b.txt"', 'file'),
        ]),
        'named',
        ['text/plain'],
      ],
      [
        'no text that calls itself an attachment',
        multipart('mixed', [
          part('text/plain', 'file', 'Content-Disposition: attachment; filename="a.txt"\n'),
          part('text/plain', 'body'),
        ]),
        'body',
        ['text/plain'],
      ],
      [
        'not a second text of related parts',
        multipart('related', [html('shown'), part('text/plain', 'unseen')]),
        'shown',
        ['text/plain'],
      ],
    ])('%s', async (_name, message, text, attachments) => {
      const detail = await read(`${head}Subject: x\n${message}`, 'html')
      expect(detail.body.text.replaceAll(/<[^>]*>/g, '').trim()).toBe(text)
      expect((await read(`${head}Subject: x\n${message}`)).body.text).toBe(text)
      expect(detail.attachments.map(({ contentType }) => contentType)).toEqual(attachments)
    })
  })

  test('an address that lacks a half is none, in details, rows and threads', async () => {
    const raw = [
      'From: "Nobody" <>',
      'Reply-To: root',
      'To: alice@test.example, , postmaster, Bob <>, bob@test.example',
      'Cc: <>, "Half" <half>',
      'Subject: halves',
      'Message-ID: <halves@test.example>',
      '',
      'x',
    ].join('\n')
    const detail = await read(raw)
    expect(JSON.stringify(detail)).not.toMatch(/MISSING/)
    expect(detail.from).toEqual([])
    expect(detail.replyTo).toEqual([])
    expect(detail.to.map(({ address }) => address)).toEqual(['alice@test.example', 'bob@test.example'])
    expect(detail.cc).toEqual([])
    const rows = await run(async (session) => [
      ...(await listRecent(session, { mailbox: 'INBOX', limit: 1, unreadOnly: false })).items,
      ...(await getThread(session, detail.ref, { maxChars: 5_000, quotes: 'folded' })).items,
    ])
    expect(rows).toHaveLength(2)
    expect(JSON.stringify(rows)).not.toMatch(/MISSING/)
  })

  describe('R49: a preview is judged as a body is', () => {
    const padding = '&zwnj;&nbsp;&#847;&shy; &#8199;'
    test.each([
      [
        'an image',
        part('text/plain', 'Hi ![x](https://track.example/p?who=1) you'),
        'Hi [image: track.example] you',
      ],
      [
        'an image over two lines',
        part('text/plain', 'Hi ![x\ny](https://track.example/p?who=1) you'),
        'Hi [image: track.example] you',
      ],
      [
        'a link and a URL',
        part('text/plain', '[here](https://a.example/x?t=1) https://b.example/y?t=2'),
        'here (a.example) https://b.example/y?…',
      ],
      [
        'an image that the bytes cut',
        part('text/plain', `${'> q\n'.repeat(150)}Hi ![x](https://track.example/${'p'.repeat(500)})`),
        'Hi [image: track.example]',
      ],
      [
        'signed in the text itself',
        part('text/plain', '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nMeet at nine.\n'),
        'Meet at nine.',
      ],
      ['padding of HTML', part('text/html', `<div>Sale now${padding.repeat(60)}</div>`), 'Sale now'],
      [
        'padding of text',
        part('text/plain; charset=utf-8', `Sale now${'\u200c \u034f\u00ad\u2007'.repeat(60)}`),
        'Sale now',
      ],
      ['an entity that the bytes cut', part('text/html', `<p>Go${'&nbsp;'.repeat(200)}</p>`), 'Go'],
      [
        'letters that need a joiner',
        part('text/plain; charset=utf-8', 'می\u200cخواهم 👨\u200d👩\u200d👧'),
        'می\u200cخواهم 👨\u200d👩\u200d👧',
      ],
      ['controls and tags', part('text/plain; charset=utf-8', 'a\u202eb\u{E0041}c\u0007d'), 'abcd'],
    ])('%s', async (_name, message, preview) => {
      const eightBit = message.replace('\n\n', '\nContent-Transfer-Encoding: 8bit\n\n')
      expect(await previewOf(`${head}Subject: x\n${eightBit}`)).toBe(preview)
    })
  })

  describe('R77, R102: one bad email costs one', () => {
    const count = 20
    const bad = `${head}Subject: bad\n${part('text/html', '<p>BOOM</p>')}`
    const good = (n: number) => `${head}Subject: good\n${part('text/html', `<p>Number ${n}</p>`)}`

    /** What a bug of the HTML parser would do: no mail that is known today makes it throw. */
    function breakParser(): void {
      const write = Tokenizer.prototype.write
      vi.spyOn(Tokenizer.prototype, 'write').mockImplementation(function (
        this: Tokenizer,
        chunk: string,
        isLast: boolean,
      ) {
        if (chunk.includes('BOOM')) throw new RangeError('Maximum call stack size exceeded')
        write.call(this, chunk, isLast)
      })
    }

    test.each(['text', 'html'] as const)('among twenty, as %s', async (format) => {
      const uids = await append(Array.from({ length: count }, (_, n) => (n === 7 ? bad : good(n))))
      breakParser()
      const read = await run((session) => getMessages(session, uids.map(ref), { ...options, format }))
      const bodies = read.map((one) => (one instanceof MailError ? one.code : one.body.text))
      expect(bodies[7]).toBe('[This text could not be rendered.]')
      expect(read[7]).toMatchObject({ warnings: ['body_not_rendered'] })
      expect(bodies.filter((text) => /Number \d+/.test(text))).toHaveLength(count - 1)
    })

    test('in a list', async () => {
      await append([good(1), bad, good(2)])
      breakParser()
      const page = await run((session) =>
        listRecent(session, { mailbox: 'INBOX', limit: 3, unreadOnly: false }),
      )
      expect(page.items.map(({ preview }) => preview)).toEqual([
        'Number 2',
        '[This text could not be rendered.]',
        'Number 1',
      ])
    })

    test('and the event loop runs between two emails', async () => {
      const uids = await append(Array.from({ length: count }, (_, n) => good(n)))
      const turnsAt: number[] = []
      let turns = 0
      let isOver = false
      const turn = () => {
        turns++
        if (!isOver) setImmediate(turn)
      }
      const write = Tokenizer.prototype.write
      vi.spyOn(Tokenizer.prototype, 'write').mockImplementation(function (
        this: Tokenizer,
        chunk: string,
        isLast: boolean,
      ) {
        turnsAt.push(turns)
        write.call(this, chunk, isLast)
      })
      setImmediate(turn)
      await run((session) => getMessages(session, uids.map(ref), options))
      isOver = true
      expect(new Set(turnsAt).size).toBe(count)
    })
  })
})
