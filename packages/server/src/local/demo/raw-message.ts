/** Builds the RFC 5322 text of a demo mail: pure ASCII, so that the embedded IMAP server counts its bytes right. */

export interface DemoAttachment {
  readonly filename: string
  readonly contentType: string
  readonly content: string
}

export interface DemoMessage {
  /** Names the message for replies; becomes the left side of its Message-ID. */
  readonly key: string
  readonly mailbox?: 'INBOX' | 'Sent' | 'Archive' | 'Junk' | 'Drafts'
  readonly from: string
  readonly to?: string
  readonly cc?: string
  readonly subject: string
  /** Hours before the start of the runner. */
  readonly hoursAgo: number
  readonly text?: string
  readonly html?: string
  readonly attachments?: readonly DemoAttachment[]
  readonly inReplyTo?: string
  readonly references?: readonly string[]
  readonly flags?: readonly string[]
  /** Beside those of every email. */
  readonly headers?: readonly string[]
}

export const demoAddress = 'demo@mail.example'

export function toRawMessage(message: DemoMessage, date: Date): string {
  const headers = [
    `Date: ${date.toUTCString().replace('GMT', '+0000')}`,
    `From: ${encodeHeader(message.from)}`,
    `To: ${encodeHeader(message.to ?? `Sam Demo <${demoAddress}>`)}`,
    ...(message.cc === undefined ? [] : [`Cc: ${encodeHeader(message.cc)}`]),
    `Subject: ${encodeHeader(message.subject)}`,
    `Message-ID: ${messageId(message.key)}`,
    ...(message.inReplyTo === undefined ? [] : [`In-Reply-To: ${messageId(message.inReplyTo)}`]),
    ...(message.references === undefined
      ? []
      : [`References: ${message.references.map(messageId).join(' ')}`]),
    ...(message.headers ?? []),
    'MIME-Version: 1.0',
  ]
  const body = toBody(message)
  return [...headers, ...body].join('\r\n')
}

function messageId(key: string): string {
  return `<${key}@mail.example>`
}

function toBody(message: DemoMessage): string[] {
  const readable = toReadablePart(message)
  if (message.attachments === undefined) return readable
  const boundary = `mixed-${message.key}`
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    ...readable,
    ...message.attachments.flatMap((attachment) => [
      `--${boundary}`,
      `Content-Type: ${attachment.contentType}; name="${attachment.filename}"`,
      `Content-Disposition: attachment; filename="${attachment.filename}"`,
      'Content-Transfer-Encoding: base64',
      '',
      toBase64Lines(attachment.content),
    ]),
    `--${boundary}--`,
    '',
  ]
}

function toReadablePart(message: DemoMessage): string[] {
  if (message.html === undefined) return textPart('plain', message.text ?? '')
  if (message.text === undefined) return textPart('html', message.html)
  const boundary = `alternative-${message.key}`
  return [
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    ...textPart('plain', message.text),
    `--${boundary}`,
    ...textPart('html', message.html),
    `--${boundary}--`,
    '',
  ]
}

function textPart(subtype: 'plain' | 'html', text: string): string[] {
  return [
    `Content-Type: text/${subtype}; charset=utf-8`,
    'Content-Transfer-Encoding: base64',
    '',
    toBase64Lines(text),
  ]
}

function toBase64Lines(text: string): string {
  return (
    Buffer.from(text, 'utf8')
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\r\n')
}

/** RFC 2047 for the words that need it; addresses stay as they are. */
function encodeHeader(value: string): string {
  return value.replace(
    /[^\x20-\x7e]+(?:[ ][^\x20-\x7e]+)*/g,
    (run) => `=?utf-8?B?${Buffer.from(run).toString('base64')}?=`,
  )
}
