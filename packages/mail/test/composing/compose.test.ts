import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAddressList } from '../../src/composing/address-list.ts'
import { composeMessage, type OutgoingDraft } from '../../src/composing/compose.ts'
import { MailError } from '../../src/mail-error.ts'

const draft = (changes: Partial<OutgoingDraft> = {}): OutgoingDraft => ({
  from: { name: 'Alice', address: 'alice@test.example' },
  to: [{ address: 'bob@test.example' }],
  cc: [],
  bcc: [],
  subject: 'Hello',
  body: 'Plain words.',
  attachments: [],
  date: new Date('2026-11-21T10:00:00Z'),
  ...changes,
})
const headersOf = (raw: Buffer) =>
  raw
    .subarray(0, raw.indexOf('\r\n\r\n'))
    .toString()
    .replace(/\r\n(?=[ \t])/g, '')
    .split('\r\n')
const header = (raw: Buffer, name: string) => headersOf(raw).find((line) => line.startsWith(`${name}: `))

describe('a composed message', () => {
  test('is text alone when its Markdown shows nothing more', async () => {
    const { raw } = await composeMessage(draft({ body: 'Hi Bob,\n\n2 * 3 * 4 and snake_case_name\nBye' }))
    expect(header(raw, 'Content-Type')).toBe('Content-Type: text/plain; charset=utf-8')
    expect(raw.toString().split('\r\n\r\n').slice(1).join('\r\n\r\n')).toBe(
      'Hi Bob,\r\n\r\n2 * 3 * 4 and snake_case_name\r\nBye\r\n',
    )
  })

  test('has a text that people like to read, and an HTML alternative where there is markup', async () => {
    const { raw } = await composeMessage(draft({ body: 'See **this**' }))
    expect(header(raw, 'Content-Type')).toMatch(/^Content-Type: multipart\/alternative;/)
    expect(raw.toString()).toContain('\r\n\r\nSee *this*\r\n')
    expect(raw.toString()).toContain('<strong>this</strong>')
  })

  test('threads, and has a Message-ID of the sender’s domain', async () => {
    const { raw, messageId } = await composeMessage(
      draft({ inReplyTo: '<2@x.example>', references: ['<1@x.example>', '<2@x.example>'] }),
    )
    expect(messageId).toMatch(/^<[0-9a-f-]{36}@test\.example>$/)
    expect(header(raw, 'Message-ID')).toBe(`Message-ID: ${messageId}`)
    expect(header(raw, 'In-Reply-To')).toBe('In-Reply-To: <2@x.example>')
    expect(header(raw, 'References')).toBe('References: <1@x.example> <2@x.example>')
  })

  test('keeps the Message-ID it was given, or refuses it', async () => {
    const { raw, messageId } = await composeMessage(draft({ messageId: '<one@test.example>' }))
    expect(messageId).toBe('<one@test.example>')
    expect(header(raw, 'Message-ID')).toBe('Message-ID: <one@test.example>')
    for (const bad of [
      '',
      'one@test.example',
      '<a b@c>',
      '<a@b>\r\nBcc: x@evil.example',
      '<a@bücher.example>',
    ]) {
      await expect(composeMessage(draft({ messageId: bad }))).rejects.toMatchObject({ field: 'message_id' })
    }
  })

  test('drops foreign message ids that are none, and keeps the ends of a long thread', async () => {
    const ids = Array.from({ length: 100 }, (_, n) => `<${n}@x.example>`)
    const { raw } = await composeMessage(
      draft({ inReplyTo: '<a@b>\r\nBcc: x@evil.example', references: ['<a b@c>', 'plain', ...ids] }),
    )
    expect(header(raw, 'In-Reply-To')).toBeUndefined()
    const references = header(raw, 'References')?.slice('References: '.length).split(' ')
    expect(references).toHaveLength(30)
    expect(references?.[0]).toBe('<0@x.example>')
    expect(references?.at(-1)).toBe('<99@x.example>')
  })

  test('carries names and subjects beyond ASCII', async () => {
    const { raw } = await composeMessage(
      draft({ from: { name: 'Jörg, "der" X', address: 'j@test.example' }, subject: 'Grüße 🎉' }),
    )
    expect(header(raw, 'From')).toMatch(/^From: =\?UTF-8\?[QB]\?[^?]+\?= <j@test\.example>$/)
    expect(header(raw, 'Subject')).toMatch(/^Subject: =\?UTF-8\?[QB]\?/)
    expect(headersOf(raw).every((line) => /^[\x20-\x7e]*$/.test(line))).toBe(true)
  })

  test('R39: has Bcc in the envelope and in the draft, never in what is sent', async () => {
    const { raw, rawWithBcc, envelope } = await composeMessage(
      draft({ bcc: [{ address: 'carol@test.example' }] }),
    )
    expect(raw.toString()).not.toMatch(/carol/i)
    expect(header(rawWithBcc, 'Bcc')).toBe('Bcc: carol@test.example')
    expect(envelope).toEqual({ from: 'alice@test.example', to: ['bob@test.example', 'carol@test.example'] })
    expect(rawWithBcc.toString().replace('Bcc: carol@test.example\r\n', '')).toBe(raw.toString())
  })

  test('keeps an attachment as it was, whatever it calls itself', async () => {
    const content = Buffer.from([0, 255, 13, 10, 46, 13, 10])
    for (const contentType of ['image/png', 'multipart/mixed', 'message/partial', 'nonsense', 'text/html']) {
      const { raw } = await composeMessage(
        draft({ attachments: [{ filename: 'ä "x".bin', contentType, content }] }),
      )
      expect(raw.toString()).toContain(`\r\n\r\n${content.toString('base64')}\r\n`)
      expect(raw.toString().match(/Content-Type: multipart/g)).toHaveLength(1)
    }
  })

  test('is complete without a body, and sendable to nobody only as a draft', async () => {
    const attachments = [{ filename: 'a.txt', contentType: 'text/plain', content: Buffer.from('x') }]
    const { raw, envelope } = await composeMessage(draft({ to: [], body: '', attachments }))
    expect(header(raw, 'Content-Type')).toMatch(/multipart\/mixed/)
    expect(envelope.to).toEqual([])
  })
})

describe('R38: nothing given to the composer makes it read a file or fetch a URL', () => {
  let requests = 0
  const server = createServer((_request, response) => {
    requests += 1
    response.end('CANARY-FROM-HTTP')
  })
  const folder = mkdtempSync(join(tmpdir(), 'canary-'))
  const file = join(folder, 'canary.txt')
  let url = ''
  beforeAll(async () => {
    writeFileSync(file, 'CANARY-FROM-FILE')
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/canary`
  })
  afterAll(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })

  test('as an object, a path, a URL or a data URI, in any place', async () => {
    const lures: unknown[] = [
      ...[{ path: file }, { href: url }, { path: url }, { content: { path: file } }, { raw: { path: file } }],
      ...[
        file,
        url,
        pathToFileURL(file).href,
        'data:text/plain;base64,Q0FOQVJZ',
        pathToFileURL(file),
        new URL(url),
      ],
    ]
    const places: ((lure: unknown) => object)[] = [
      (lure) => ({ body: lure }),
      (lure) => ({ subject: lure }),
      (lure) => ({ to: [lure] }),
      (lure) => ({ from: lure }),
      (lure) => ({ from: { name: lure, address: 'a@test.example' } }),
      (lure) => ({ messageId: lure, inReplyTo: lure, references: [lure] }),
      (lure) => ({ attachments: [lure] }),
      (lure) => ({ attachments: [{ filename: 'a', contentType: 'text/plain', content: lure }] }),
      (lure) => ({ attachments: [{ filename: lure, contentType: 'text/plain', content: Buffer.from('x') }] }),
      (lure) => ({
        attachments: [
          { filename: 'a', contentType: 'text/plain', content: Buffer.from('x'), path: lure, href: lure },
        ],
      }),
      (lure) => ({ attachments: [{ filename: 'a', contentType: lure, content: Buffer.from('x') }] }),
      (lure) => ({
        html: lure,
        raw: lure,
        watchHtml: lure,
        icalEvent: lure,
        alternatives: [lure],
        headers: lure,
      }),
    ]
    for (const place of places) {
      for (const lure of lures) {
        const outcome = await composeMessage({ ...draft(), ...place(lure) } as OutgoingDraft).then(
          ({ rawWithBcc }) => rawWithBcc.toString(),
          (error: unknown) => (error instanceof MailError ? '' : Promise.reject(error)),
        )
        expect(outcome).not.toContain('CANARY-FROM')
        expect(outcome).not.toContain(Buffer.from('CANARY-FROM').toString('base64').slice(0, 12))
      }
    }
    expect(requests).toBe(0)
  })
})

describe('R37, R39: properties', () => {
  const controls = fc.constantFrom(
    '\r',
    '\n',
    '\r\n',
    '\u0000',
    '\u0007',
    '\u001b',
    '\u007f',
    '\u0085',
    '\u2028',
  )
  const withControl = fc
    .tuple(fc.string(), controls, fc.string())
    .map(([before, control, after]) => `${before}${control}Bcc: x@evil.example${after}`)

  test.each([
    ['subject', (text: string) => ({ subject: text })],
    ['from', (text: string) => ({ from: { name: text, address: 'a@test.example' } })],
    ['from', (text: string) => ({ from: { address: `${text}@test.example` } })],
    ['to', (text: string) => ({ to: [{ name: text, address: 'a@test.example' }] })],
    ['cc', (text: string) => ({ cc: [{ address: `a@test.example${text}` }] })],
    ['bcc', (text: string) => ({ bcc: [{ address: text }] })],
    [
      'attachments',
      (text: string) => ({ attachments: [{ filename: text, contentType: 'a/b', content: Buffer.of(1) }] }),
    ],
    [
      'attachments',
      (text: string) => ({ attachments: [{ filename: 'a', contentType: text, content: Buffer.of(1) }] }),
    ],
  ])('R37: a control character in %s is refused and named', async (field, place) => {
    await fc.assert(
      fc.asyncProperty(withControl, async (text) => {
        const error = await composeMessage(draft(place(text))).catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ code: 'invalid_input', field })
      }),
      { numRuns: 200 },
    )
  })

  test('R37: a body may have lines and tabs and no other control character', async () => {
    await expect(composeMessage(draft({ body: 'a\tb\r\nc\nd\re' }))).resolves.toBeDefined()
    for (const body of ['\u0000', '\u001b[31m', '\u0008', '\u009b']) {
      await expect(composeMessage(draft({ body }))).rejects.toMatchObject({
        code: 'invalid_input',
        field: 'body',
      })
    }
  })

  test('R39: whatever is accepted has known headers only, once each, and exactly the recipients shown', async () => {
    let accepted = 0
    const word = fc.string({ unit: 'grapheme', maxLength: 30 })
    const mailbox = fc
      .tuple(
        fc.oneof(word, fc.constantFrom('a, b@evil.example', 'x: y;', '<z@evil.example>')),
        fc.emailAddress(),
      )
      .map(([name, address]) => ({ name, address }))
    await fc.assert(
      fc.asyncProperty(
        fc.array(mailbox, { maxLength: 5 }),
        fc.array(mailbox, { maxLength: 3 }),
        fc.array(mailbox, { maxLength: 3 }),
        word,
        fc.string({ unit: 'grapheme', maxLength: 400 }),
        async (to, cc, bcc, subject, body) => {
          const composed = await composeMessage(draft({ to, cc, bcc, subject, body })).catch(
            (error: unknown) => {
              if (error instanceof MailError && error.code === 'invalid_input') return undefined
              throw error
            },
          )
          if (composed === undefined) return
          accepted += 1
          const names = headersOf(composed.raw).map((line) => line.slice(0, line.indexOf(':')))
          expect(new Set(names).size).toBe(names.length)
          expect(names).not.toContain('Bcc')
          const shown = [...to, ...cc, ...bcc].map(
            ({ address }) => parseAddressList(address, 'to')[0]?.address ?? '',
          )
          const once = new Map([...shown].reverse().map((address) => [address.toLowerCase(), address]))
          expect([...composed.envelope.to].sort()).toEqual([...once.values()].sort())
        },
      ),
      { numRuns: 300 },
    )
    expect(accepted).toBeGreaterThan(30)
  })
})
