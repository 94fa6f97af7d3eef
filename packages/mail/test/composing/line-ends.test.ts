/** Ends of lines, against the composer's own way to write them. */
import MailComposer from 'nodemailer/lib/mail-composer'
import { expect, test } from 'vitest'
import { composeAttachment, composeText, toBytes } from '../../src/composing/entity.ts'
import { withLineEnds } from '../../src/composing/line-ends.ts'

const html = '<p>a</p>\n\n<p>ä</p>\r\n'
const text = 'a\n\nä = b\r\n\n.\nend'
const innerMail = 'Subject: x\n\nwords\r\nand more\n'

test('a message is the same bytes as with the ends of lines of the composer', async () => {
  const mail = {
    ...{ from: 'a@test.example', to: 'b@test.example', subject: 'ä '.repeat(90) },
    ...{ text, html, messageId: '<1@test.example>', date: new Date(0), baseBoundary: 'b' },
    attachments: [
      { filename: 'a.eml', contentType: 'message/rfc822', content: innerMail },
      { filename: 'a.txt', contentType: 'text/plain', content: Buffer.from(innerMail) },
    ],
  }
  const built = withLineEnds(await new MailComposer(mail).compile().build())
  expect(built.toString()).toBe(
    (await new MailComposer({ ...mail, newline: 'win' }).compile().build()).toString(),
  )
})

test('a part that takes the place of another has whole ends of lines', async () => {
  const parts = [
    await composeText({ text, flowed: false, html }),
    await composeAttachment({
      ...{ filename: 'a.eml', contentType: 'message/rfc822', content: Buffer.from(innerMail) },
    }),
  ]
  for (const part of parts) expect(toBytes(part).toString()).not.toMatch(/(?<!\r)\n/)
})

test('what is whole is not copied, and a lone CR stays', () => {
  const whole = Buffer.from('a\r\nb\rc\r\n')
  expect(withLineEnds(whole)).toBe(whole)
  expect(withLineEnds(Buffer.from('\na\rb\r\n\n')).toString()).toBe('\r\na\rb\r\n\r\n')
})
