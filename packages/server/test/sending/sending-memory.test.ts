/**
 * R59: 25 MB out of the local runner, a process of its own whose peak memory the kernel knows. One runner does all of it
 * in a row, so that what one email leaves behind counts for the next.
 */
import { type Dovecot, findDovecot, peakBytes, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startLocalProduct } from '../e2e/local-runner.ts'
import { type Product, signInFields, startTestMail, type TestMail } from '../e2e/product.ts'
import { callTool, register, signIn } from '../e2e/raw-client.ts'

const megabyte = 1024 * 1024
const to = ['bob@test.example']

/** An email whose second part is as large as the lines of base64 that are its file. */
function toRaw(subject: string, lines: string): string {
  return [
    `From: bob@test.example\r\nSubject: ${subject}\r\nMIME-Version: 1.0`,
    'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b',
    'Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64',
    `Content-Disposition: attachment; filename=a.zip\r\n\r\n${lines}\r\n--b--\r\n`,
  ].join('\r\n')
}
const line = 'QUJD'.repeat(19)
/** Of 25 MB, and of an email that is 25 MB as it is. */
const [file, asItIs] = [57, 79].map((bytes) =>
  Array.from({ length: Math.floor((25 * megabyte - 1000) / bytes) }, () => line).join('\r\n'),
) as [string, string]

describe.skipIf(!findDovecot() || process.platform !== 'linux')('25 MB that are in the mailbox', () => {
  let mail: TestMail<Dovecot>
  let product: Product & { readonly pid: number }
  let call: (tool: string, args: Record<string, unknown>) => ReturnType<typeof callTool>
  const idOf = async (subject: string) =>
    (await call('search_emails', { subject, mailbox: 'inbox' })).emails[0].id as string
  const withFile = async () => {
    const attachments = [{ email_id: await idOf('With a file'), attachment_id: '2' }]
    return { to, subject: 'Again', body: 'x', attachments }
  }

  beforeAll(async () => {
    mail = await startTestMail(startDovecot)
    product = await startLocalProduct(mail, { fromSource: true })
    const { alice } = mail.imap
    const fields = signInFields(product, alice)
    const { access_token } = await signIn(product.url, await register(product.url), fields)
    call = (tool, args) => callTool(product.url, access_token, tool, args)
    await mail.imap.appendRaw(alice, 'INBOX', toRaw('With a file', file))
    await mail.imap.appendRaw(alice, 'INBOX', toRaw('As it is', asItIs))
  })
  afterAll(async () => {
    await product?.stop()
    await mail?.stop()
  })

  test.each<[string, string, () => ReturnType<typeof callTool>]>([
    ['attached by their id', file, async () => call('send_email', await withFile())],
    [
      'with a Bcc',
      file,
      async () => call('send_email', { ...(await withFile()), bcc: ['joerg@test.example'] }),
    ],
    ['forwarded', file, async () => call('forward_email', { id: await idOf('With a file'), to })],
    [
      'forwarded as they are',
      asItIs,
      async () => call('forward_email', { id: await idOf('As it is'), to, as_attachment: true }),
    ],
    [
      'in a draft',
      file,
      async () => call('send_draft', { id: (await call('draft_email', await withFile())).id }),
    ],
  ])('R59: %s they go out of a process under 300 MB', async (_, lines, send) => {
    const { state, sent_copy, message } = await send()
    expect([state, sent_copy], message).toEqual(['sent', 'filed'])
    expect(mail.submission.messages.at(-1)?.raw.includes(`\r\n\r\n${lines}\r\n`)).toBe(true)
    expect(peakBytes(product.pid) / megabyte).toBeLessThan(300)
  })
})
