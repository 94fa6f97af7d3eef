import { ImapFlow } from 'imapflow'
import { afterEach, expect, test } from 'vitest'
import { createLargeMailbox, type LargeMailboxOptions, uidOf } from '../src/large-mailbox.ts'
import { startScriptedImap } from '../src/scripted-imap.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function open(options: LargeMailboxOptions, capabilities?: string) {
  const large = createLargeMailbox(options)
  const server = await startScriptedImap({
    mailboxes: [large.mailbox],
    handlers: large.handlers,
    ...(capabilities ? { capabilities } : {}),
  })
  const client = new ImapFlow({
    host: 'localhost',
    port: server.port,
    secure: false,
    doSTARTTLS: false,
    auth: { user: 'alice', pass: 'x' },
    logger: false,
  })
  client.on('error', () => {})
  stops.push(() => client.close(), server.stop)
  await client.connect()
  await client.mailboxOpen('INBOX', { readOnly: true })
  return { large, client }
}

test('lists the end of a million messages in a few kilobytes', async () => {
  const { large, client } = await open({ exists: 1_000_000 })
  const found = await client.fetchAll('999998:*', {
    uid: true,
    flags: true,
    envelope: true,
    bodyStructure: true,
    size: true,
    internalDate: true,
    bodyParts: [{ key: '1', start: 0, maxLength: 10 }],
  })
  expect(found.map(({ seq, uid, envelope }) => [seq, uid, envelope?.subject])).toEqual([
    [999_998, uidOf(999_998), 'Message 999998'],
    [999_999, uidOf(999_999), 'Message 999999'],
    [1_000_000, uidOf(1_000_000), 'Message 1000000'],
  ])
  expect(found.map(({ flags }) => flags?.has('\\Seen'))).toEqual([true, true, false])
  expect(found[2]?.bodyParts?.get('1')?.toString()).toBe('This is me')
  expect(found[2]?.internalDate).toEqual(found[2]?.envelope?.date)
  expect(large.bytesSent()).toBeLessThan(5_000)
})

test.each([undefined, 'IMAP4rev1'])(
  'searches a million messages (capabilities: %s)',
  async (capabilities) => {
    const { client } = await open({ exists: 1_000_000, unreadEvery: 250_000 }, capabilities)
    expect(await client.search({ seen: false }, { uid: true })).toEqual([
      500_000, 1_000_000, 1_500_000, 2_000_000,
    ])
    expect(await client.search({ seen: false, uid: '1500000:*' }, { uid: true })).toEqual([
      1_500_000, 2_000_000,
    ])
    const all = await client.search({ all: true }, { uid: true })
    expect(all).toHaveLength(1_000_000)
  },
)

test('hands out an attachment of 5 MB in parts that fit together', async () => {
  const { client } = await open({ exists: 1, attachmentBytes: 5_000_000 })
  const { content, meta } = await client.download('2', '2', { uid: true })
  if (!content || !meta) throw new Error('no attachment')
  const chunks: Buffer[] = []
  for await (const chunk of content) chunks.push(chunk)
  const whole = Buffer.concat(chunks)
  expect(meta.filename).toBe('large.bin')
  expect(whole.length).toBe(Math.ceil(5_000_000 / 57) * 57)
  expect(whole.equals(Buffer.alloc(whole.length, 'ABC'))).toBe(true)

  const message = await client.fetchOne('1', { source: true, size: true })
  if (!message) throw new Error('no message')
  expect(message.source).toHaveLength(message.size ?? 0)
})
