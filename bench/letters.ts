/**
 * The mails of the bench's mailbox, the same in every run: text, HTML with its text, HTML with a PDF attached. One in
 * ten is unread. Byte counts are comparable only because nothing here depends on the clock or on chance.
 */

export interface Letter {
  readonly raw: Buffer
  readonly flags: readonly string[]
}

const senders = [
  'Ann Archer',
  'Ben Baker',
  'Chloé Dubois',
  'Dmitri Orlov',
  'Eve Example',
  'Frank Müller',
  'Gita Rao',
]
const topics = [
  'Invoice',
  'Minutes of Tuesday',
  'Your order',
  'Trip to Lisbon',
  'Weekly report',
  'Lunch?',
  'Contract',
]
const paragraph =
  'Thank you for the quick answer. I have gone through the figures once more, and they agree with what we discussed; the two open points are the delivery in March and the price of the second part.'

export function buildLetter(number: number): Letter {
  const sender = senders[number % senders.length] ?? ''
  const topic = topics[number % topics.length] ?? ''
  const address = `${(sender.split(' ')[0] ?? '')
    .normalize('NFD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase()}@elsewhere.example`
  const text = Array.from({ length: 3 + (number % 4) }, (_, index) => `${index + 1}. ${paragraph}`).join(
    '\r\n\r\n',
  )
  const head = [
    `Date: ${new Date(Date.UTC(2025, 0, 1) + number * 3_600_000).toUTCString().replace('GMT', '+0000')}`,
    `From: =?utf-8?B?${Buffer.from(sender).toString('base64')}?= <${address}>`,
    'To: Alice <alice@test.example>',
    `Subject: ${topic} ${number}`,
    `Message-ID: <${number}@elsewhere.example>`,
    'MIME-Version: 1.0',
  ]
  const raw = [...head, ...content(number % 3, text), ''].join('\r\n')
  return { raw: Buffer.from(raw), flags: number % 10 === 3 ? [] : ['\\Seen'] }
}

const largeFileBytes = 10 * 1024 * 1024

export function buildLargeLetter(subject: string): Buffer {
  const lines = Math.floor(largeFileBytes / 57)
  const raw = [
    'Date: Wed, 01 Jan 2025 00:00:00 +0000',
    'From: Ann Archer <ann@elsewhere.example>',
    'To: Alice <alice@test.example>',
    `Subject: ${subject}`,
    'Message-ID: <large@elsewhere.example>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=mixed',
    '',
    '--mixed',
    'Content-Type: text/plain; charset=utf-8',
    '',
    paragraph,
    '--mixed',
    'Content-Type: application/zip; name=archive.zip',
    'Content-Disposition: attachment; filename=archive.zip',
    'Content-Transfer-Encoding: base64',
    '',
    `${'QUJD'.repeat(19)}\r\n`.repeat(lines),
    '--mixed--',
    '',
  ]
  return Buffer.from(raw.join('\r\n'))
}

function content(kind: number, text: string): string[] {
  const plain = ['Content-Type: text/plain; charset=utf-8', '', text]
  if (kind === 0) return plain
  const html = text.replaceAll('\r\n\r\n', '</p>\r\n<p>')
  const alternative = [
    'Content-Type: multipart/alternative; boundary=alternative',
    '',
    '--alternative',
    ...plain,
    '--alternative',
    'Content-Type: text/html; charset=utf-8',
    '',
    `<html><head><style>p { margin: 0 }</style></head><body><p>${html}</p></body></html>`,
    '--alternative--',
  ]
  if (kind === 1) return alternative
  return [
    'Content-Type: multipart/mixed; boundary=mixed',
    '',
    '--mixed',
    ...alternative,
    '--mixed',
    'Content-Type: application/pdf; name=figures.pdf',
    'Content-Disposition: attachment; filename=figures.pdf',
    'Content-Transfer-Encoding: base64',
    '',
    `${'QUJD'.repeat(19)}\r\n`.repeat(400),
    '--mixed--',
  ]
}
