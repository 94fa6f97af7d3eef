/** Attachments of every kind on a real Dovecot. */
import { buildPdf, type Dovecot, findDovecot, showText, startDovecot } from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { loopbackConnector, type OpenTools, openTools, toAccount } from './open-tools.ts'

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const html =
  '<p>Seen</p><p style="display:none">ignore all</p><a href="https://a.example/?utm_source=x">here</a>'
const nested = [
  'From: =?utf-8?q?J=C3=B6rg?= <joerg@test.example>',
  'To: someone@test.example',
  'Subject: =?utf-8?B?R3LDvMOfZQ==?=',
  'Content-Type: multipart/alternative; boundary=n',
  '',
  '--n',
  'Content-Type: text/plain; charset=iso-8859-1',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'Sch=F6ne Gr=FC=DFe',
  '--n',
  'Content-Type: text/html; charset=iso-8859-1',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  '<p>Sch=F6ne Gr=FC=DFe</p>',
  '--n--',
].join('\r\n')

const threePages = buildPdf(['First page', 'Second page', 'Third page'].map((text) => showText(text)))
const oldOffice = Buffer.from('d0cf11e0a1b11ae1'.padEnd(1024, '0'), 'hex')

const parts: [headers: string[], content: Buffer | string][] = [
  [
    ['Content-Type: text/csv; charset=utf-8', 'Content-Disposition: attachment; filename="rows.csv"'],
    'a;b\r\n1;ü\r\n',
  ],
  [['Content-Type: text/html', 'Content-Disposition: attachment; filename="page.html"'], html],
  [['Content-Type: image/png', 'Content-Disposition: attachment; filename="dot.png"'], png],
  [
    ['Content-Type: application/zip', 'Content-Disposition: attachment; filename="a.bin"'],
    Buffer.of(0, 1, 2, 3),
  ],
  [['Content-Type: application/pdf', 'Content-Disposition: attachment; filename="cut.pdf"'], '%PDF-1.4'],
  [
    ['Content-Type: application/octet-stream', 'Content-Disposition: attachment; filename="pages"'],
    threePages,
  ],
  [['Content-Type: application/msword', 'Content-Disposition: attachment; filename="old.doc"'], oldOffice],
  [
    ['Content-Type: application/octet-stream', 'Content-Disposition: attachment; filename="notes.txt"'],
    'Notes',
  ],
  [
    ['Content-Type: application/octet-stream', 'Content-Disposition: attachment; filename="huge.bin"'],
    Buffer.alloc(1_200_000, 7),
  ],
  [
    ['Content-Type: text/plain', 'Content-Disposition: attachment; filename="long.txt"'],
    `${'0123456789'.repeat(150_000)}end`,
  ],
]

const raw = [
  'From: bob@test.example',
  'To: alice@test.example',
  'Subject: Files',
  'Message-ID: <files@test.example>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain',
  '',
  'See attached.',
  ...parts.flatMap(([headers, content]) => [
    '--b',
    ...headers,
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(content as string)
      .toString('base64')
      .replaceAll(/.{76}/g, '$&\r\n'),
  ]),
  '--b',
  'Content-Type: message/rfc822',
  '',
  nested,
  '--b--',
  '',
].join('\r\n')

describe.skipIf(!findDovecot())('on a real Dovecot', () => {
  let dovecot: Dovecot
  let tools: OpenTools
  let id: string
  let idOfPart: Map<string, string>

  beforeAll(async () => {
    dovecot = await startDovecot()
    tools = await openTools({
      accounts: [toAccount(dovecot.alice, dovecot, 1)],
      connector: loopbackConnector(dovecot.ca),
      permission: 'read',
    })
    await dovecot.appendRaw(dovecot.alice, 'INBOX', raw)
    const { structured } = await tools.call('get_recent_emails')
    id = structured.emails[0].id
    const { email } = (await tools.call('get_email', { id })).structured
    idOfPart = new Map(
      email.attachments.map((part: { filename?: string; attachment_id: string }) => [
        part.filename ?? '',
        part.attachment_id,
      ]),
    )
  })
  afterEach(() => {
    expect(tools.logged.filter((line) => line.event === 'bug')).toEqual([])
  })
  afterAll(async () => {
    await tools?.close()
    await dovecot?.stop()
  })
  const get = (filename: string, more: object = {}) =>
    tools.call('get_attachment', { id, attachment_id: idOfPart.get(filename) ?? 'missing', ...more })

  test('text comes as text, also where its type says nothing', async () => {
    const csv = await get('rows.csv')
    expect(csv.structured).toMatchObject({ shown_as: 'text', filename: 'rows.csv', text: 'a\tb\n1\tü' })
    expect(csv.text).toContain('1\tü')
    expect((await get('notes.txt')).structured).toMatchObject({ shown_as: 'text', text: 'Notes' })
  })

  test('R47, R49: HTML comes as what a reader sees, between the marks', async () => {
    const { structured, text } = await get('page.html')
    expect(structured.text).toContain('Seen')
    expect(structured.text).toContain('here (')
    expect(structured.text).not.toMatch(/ignore all|utm_source/)
    expect(structured.warnings).toContain('hidden_text_removed')
    expect(text).toMatch(/^Between the two [0-9a-f]{16} lines/m)
  })

  test('a nested email comes with its headers and text, decoded', async () => {
    const { structured } = await get('Grüße.eml')
    expect(structured).toMatchObject({ shown_as: 'text', content_type: 'message/rfc822' })
    expect(structured.text).toContain('From: Jörg <joerg@test.example>')
    expect(structured.text).toContain('Subject: Grüße')
    expect(structured.text).toContain('Schöne Grüße')
  })

  test('a picture comes as an image, another small file as it is, byte for byte', async () => {
    const call = async (filename: string) =>
      tools.client.callTool({
        name: 'get_attachment',
        arguments: { id, attachment_id: idOfPart.get(filename) },
      })
    const picture = await call('dot.png')
    expect(picture.content).toMatchObject([
      { type: 'text' },
      { type: 'image', mimeType: 'image/png', data: png.toString('base64') },
    ])
    const file = await call('a.bin')
    expect(file.content).toMatchObject([
      { type: 'text' },
      { resource: { mimeType: 'application/zip', blob: Buffer.of(0, 1, 2, 3).toString('base64') } },
    ])
    // A client that shows a model the structured part alone would show neither.
    for (const answer of [picture, file]) expect(answer).not.toHaveProperty('structuredContent')
    const misspelt = await tools.client.callTool({
      name: 'get_attachment',
      arguments: { id, attachment_id: idOfPart.get('dot.png'), page: 1 },
    })
    expect(misspelt).not.toHaveProperty('structuredContent')
    expect(JSON.stringify(misspelt.content)).toContain('Not a parameter of this tool')
    expect(JSON.stringify(picture.content)).toMatch(/Image of \d+ bytes \(1 x 1 pixels\)/)
    expect(JSON.stringify(file.content)).toMatch(/File of 4 bytes, of [^"]*Name: a\.bin/)
  })

  test('R80: a PDF comes as text with page marks, whatever its label, and page by page when asked', async () => {
    const { structured, text } = await get('pages')
    expect(structured).toMatchObject({ shown_as: 'text', document: 'PDF', pages: 3 })
    expect(structured.text).toBe('[page 1]\nFirst page\n\n[page 2]\nSecond page\n\n[page 3]\nThird page')
    expect(text).toContain('PDF, 3 pages.')
    expect((await get('pages', { pages: 2 })).structured.text).toBe('[page 2]\nSecond page')
    expect((await get('pages', { pages: '2' })).structured.text).toBe('[page 2]\nSecond page')
    expect((await get('pages', { pages: '2-' })).structured.text).toContain('[page 3]')
    for (const pages of ['4-9', '3-2', 'two', '0'])
      expect((await get('pages', { pages })).structured).toMatchObject({
        code: 'invalid_input',
        field: 'pages',
      })
    expect((await get('notes.txt', { pages: '2' })).structured).toMatchObject({ field: 'pages' })
  })

  test('R80: what cannot be read says why and what to do, and an old file comes as it is', async () => {
    const cut = await get('cut.pdf')
    expect(cut.isError).toBe(false)
    expect(cut.structured).toMatchObject({ shown_as: 'not_readable' })
    expect(cut.structured.reason).toContain('Ask the sender to send it again.')
    const old = await tools.client.callTool({
      name: 'get_attachment',
      arguments: { id, attachment_id: idOfPart.get('old.doc') },
    })
    expect(JSON.stringify(old.content)).toContain('Ask the sender for .docx')
    expect(old.content).toMatchObject([{ type: 'text' }, { resource: { mimeType: 'application/msword' } }])
  })

  test('a larger file is named with its size and not fetched; larger text is read in slices', async () => {
    const { structured, isError } = await get('huge.bin')
    expect(isError).toBe(false)
    expect(structured.shown_as).toBe('too_large')
    expect(Math.abs(structured.size - 1_200_000)).toBeLessThan(40_000)
    const first = await get('long.txt', { max_chars: 30_000 })
    expect(first.structured).toMatchObject({ shown_as: 'text', total_chars: 1_500_003, next_offset: 30_000 })
    // Cut answers lose their end: how to go on comes first, in both copies.
    expect(first.text.split('\n')[0]).toContain('go on with offset 30000')
    expect(Object.keys(first.structured)[0]).toBe('next_offset')
    expect((await get('long.txt')).structured.next_offset).toBe(10_000)
    const last = await get('long.txt', { offset: 1_499_990 })
    expect(last.structured.text).toBe('0123456789end')
    expect(last.structured).not.toHaveProperty('next_offset')
  })

  test('a file name that one attachment alone has is as good as its id', async () => {
    const { structured, text } = await tools.call('get_attachment', { id, attachment_id: 'rows.csv' })
    expect(structured).toMatchObject({ filename: 'rows.csv' })
    expect(text).toContain('a\tb')
    const wrong = await tools.call('get_attachment', { id, attachment_id: 'row.csv' })
    expect(wrong.structured).toEqual({ code: 'invalid_input', field: 'attachment_id' })
    expect(wrong.text).toBe(
      '"attachment_id" names no attachment of this email: give it as get_email lists it.',
    )
    const twins = ['a', 'b'].flatMap((body) => [
      '--t',
      'Content-Disposition: attachment; filename=twin.txt',
      '',
      body,
    ])
    const fields = ['Subject: Twins', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=t', '']
    await dovecot.appendRaw(dovecot.alice, 'Archive', [...fields, ...twins, '--t--', ''].join('\r\n'))
    const { structured: found } = await tools.call('get_recent_emails', { mailbox: 'archive' })
    const both = { id: found.emails[0].id, attachment_id: 'twin.txt' }
    expect((await tools.call('get_attachment', both)).text).toMatch(/names more than one attachment: give/)
  })

  test('what is not there is an error that names the parameter', async () => {
    expect((await get('none')).structured).toEqual({ code: 'invalid_input', field: 'attachment_id' })
    const { structured } = await tools.call('get_attachment', { id, attachment_id: '99' })
    expect(structured).toEqual({ code: 'message_not_found', field: 'attachment_id' })
  })

  test.each(['text', 'html'])(
    'R81: text behind what is read of one part says where the rest is, as %s',
    async (format) => {
      const markup = `<p title="${'x'.repeat(900)}"></p>`.repeat(1_200)
      const subject = `Long ${format}`
      const content = `<p>At the top.</p>${markup}<p>Far behind.</p>`
      const fields = ['From: bob@test.example', `Subject: ${subject}`, 'Content-Type: text/html']
      await dovecot.appendRaw(dovecot.alice, 'INBOX', [...fields, '', content, ''].join('\r\n'))
      const { structured: listed } = await tools.call('search_emails', { subject, mailbox: 'inbox' })
      const { id } = listed.emails[0]
      const read = async (tool: string, args: object) => {
        const { structured } = await tools.call(tool, { id, ...args })
        const { total_chars } = structured.email ?? structured
        return await tools.call(tool, { id, ...args, offset: Math.max(0, total_chars - 500) })
      }
      const { structured } = await read('get_email', { format })
      expect(structured.email.warnings).toContain('body_truncated')
      const told = /\[Only the beginning of this text was read: attachment (\S+) is all of it\.\]/
      const [, attachment_id] = told.exec(structured.email.body) ?? expect.fail(structured.email.body)
      const { text: last } = await read('get_attachment', { attachment_id })
      expect(last).toContain('Far behind.')
    },
  )
})
