/**
 * R102: documents made to break their reader, one after the other and two at once, in the process that serves everybody.
 * Each costs its own call; the health check is answered meanwhile, and the next ordinary document is read.
 */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { deflateRawSync, deflateSync } from 'node:zlib'
import {
  buildOffice,
  buildPdf,
  buildZip,
  findDovecot,
  pdfStream,
  showText,
  startDovecot,
  wordDocument,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConnectedClient, connectClient } from '../e2e/clients.ts'
import { startLocalProduct } from '../e2e/local-runner.ts'
import { signInFields, startTestMail } from '../e2e/product.ts'

const megabyte = 1024 * 1024

/** Each of a kind of its own; more of them are in the tests of the readers. */
function hostileFiles(): [name: string, content: Buffer][] {
  const word = (document: string) => buildOffice('word', { 'word/document.xml': document })
  const withDoctype = (doctype: string, entity: string) =>
    word(`<!DOCTYPE w [${doctype}]>${wordDocument(`<w:p><w:r><w:t>${entity}</w:t></w:r></w:p>`)}`)
  const laughs = Array.from({ length: 10 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`)
  const png = Buffer.alloc(40_000)
  png.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1')
  png.writeUInt32BE(50_000, 16)
  png.writeUInt32BE(50_000, 20)
  const form = '/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Filter /FlateDecode'
  const bomb = Buffer.alloc(100 * megabyte, '(x) Tj ')
  return [
    ['bomb.docx', word(wordDocument('<w:p/>'.repeat((100 * megabyte) / 6)))],
    ['deep.docx', word(wordDocument('<w:tbl>'.repeat(megabyte)))],
    ['laughs.docx', withDoctype(`<!ENTITY l0 "ha">${laughs.join('')}`, '&l10;')],
    ['outside.docx', withDoctype('<!ENTITY x SYSTEM "file:///etc/passwd">', '&x;')],
    ['bomb.pdf', buildPdf(['/X6 Do'], { objects: [pdfStream(deflateSync(bomb), form)] })],
    ['deep.rtf', Buffer.from(`{\\rtf1 ${'{'.repeat(200_000)}`)],
    ['huge.png', png],
    ['bomb.zip', buildZip([{ name: 'a.txt', content: '', packed: deflateRawSync(bomb), size: 10 }])],
  ]
}

describe.skipIf(!findDovecot() || process.platform !== 'linux')('hostile documents', () => {
  let mail: Awaited<ReturnType<typeof startTestMail<Awaited<ReturnType<typeof startDovecot>>>>>
  let product: Awaited<ReturnType<typeof startLocalProduct>>
  let client: ConnectedClient
  let files: ReturnType<typeof hostileFiles>
  let id: string
  beforeAll(async () => {
    files = [...hostileFiles(), ['ordinary.pdf', buildPdf([showText('An ordinary page')])]]
    mail = await startTestMail(startDovecot)
    product = await startLocalProduct(mail)
    client = await connectClient(signInFields(product, mail.imap.alice), { url: product.url })
    const parts = files.map(([name, content]) =>
      [
        'Content-Type: application/octet-stream',
        `Content-Disposition: attachment; filename="${name}"`,
        'Content-Transfer-Encoding: base64',
        '',
        content.toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
      ].join('\r\n'),
    )
    const head = 'From: bob@test.example\r\nSubject: Documents\r\nContent-Type: multipart/mixed; boundary=b'
    const raw = [head, '', ...parts.flatMap((part) => ['--b', part]), '--b--', ''].join('\r\n')
    await mail.imap.appendRaw(mail.imap.alice, 'INBOX', raw)
    const { structured } = await client.call('get_recent_emails', { limit: 1 })
    id = (structured.emails as { id: string }[])[0]?.id ?? expect.fail('no email')
  })
  afterAll(async () => {
    await client?.close()
    await product?.stop()
    await mail?.stop()
  })

  test('R102: a hostile document costs one call, never the process', async () => {
    const read = (index: number) => client.call('get_attachment', { id, attachment_id: `${index + 1}` })
    let asked = 0
    let isOver = false
    const watch = async () => {
      for (; !isOver; asked++) {
        expect((await fetch(`${product.url}/health`)).status).toBe(200)
        await sleep(20)
      }
    }
    const work = async () => {
      const ordinary = files.length - 1
      for (const [index, [name]] of files.slice(0, -1).entries()) {
        // A reader of everybody's documents that fell over would take the other call with it.
        const [hostile, other] = await Promise.all([read(index), read(ordinary)])
        expect(hostile.text, name).toMatch(/\w/)
        expect(hostile.text, name).not.toMatch(/root:|Internal error/)
        expect(other.text, name).toContain('An ordinary page')
      }
    }
    await Promise.all([
      watch(),
      work().finally(() => {
        isOver = true
      }),
    ])
    expect(asked).toBeGreaterThan(files.length)
    // The same process as at the start: nobody starts it again.
    expect(await readFile(`/proc/${product.pid}/stat`, 'utf8')).toMatch(/\) [RS] /)
    expect(product.output()).not.toMatch(/"event":"bug"|uncaught/i)
  })
})
