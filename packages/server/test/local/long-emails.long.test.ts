/**
 * R77, R102: while a megabyte of any one token is read or answered, the server answers others. Its health check is asked
 * from this process, and waits for no more than 100 ms of what the server's own thread does meanwhile. That is time on
 * the processor, so that a busy machine changes nothing; rendering on that thread takes 200 ms and more of it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConnectedClient, connectClient } from '../e2e/clients.ts'
import { startLocalProduct } from '../e2e/local-runner.ts'
import { signInFields, startTestMail } from '../e2e/product.ts'

const bytes = 1024 * 1024
const maxWaitMs = 100

/** A client may call 120 times a minute: each of these costs five calls. */
const tokens = {
  html: [
    ...['<li>x', 'x<br>', '<td>x', '<pre>x', '<font color=white>x', '<a href="//a.b/c?d">x', '&', 'a '],
    ...['<style>p{color:red}</style><p>x', '<p style="a:b">x'],
  ],
  plain: ['![](', 'https://a.b/c?d ', '> a \r\n', ' \r\n', '\u200c ', '**a', '漢'],
}
const mails = Object.entries(tokens).flatMap(([type, all]) =>
  all.map((token) => ({ type, content: token.repeat(bytes / token.length) })),
)

function toMail({ type, content }: (typeof mails)[number], number: number): string {
  const headers = `Content-Type: text/${type}; charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: base64\r\n`
  const lines = Buffer.from(content).subarray(0, bytes).toString('base64').replaceAll(/.{76}/g, '$&\r\n')
  return [
    ...['From: bob@test.example', 'To: alice@test.example', `Subject: ${number}`, 'MIME-Version: 1.0'],
    ...[`Message-ID: <${number}@test.example>`, 'References: <0@test.example>'],
    `Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n${headers}\r\n${lines}\r\n--m`,
    `${headers}Content-Disposition: attachment; filename=a.${type === 'html' ? 'html' : 'txt'}\r\n\r\n${lines}\r\n--m--\r\n`,
  ].join('\r\n')
}

const largeBytes = 24 * 1024 * 1024
const fillWith = (line: string, encodedBytes: number) =>
  `${line}\r\n`.repeat(Math.floor(encodedBytes / (line.length + 2)))
const inBase64 = (content: string) =>
  fillWith(Buffer.from(content).toString('base64'), (largeBytes * 78) / 57)
const words = 'words, of 19 octets'.repeat(3)

/** As much as an attachment may have. */
const large: readonly [type: string, encoding: string, content: string][] = [
  ['text/plain; name=a.txt', 'base64', inBase64(words)],
  ['text/csv; name=a.csv', 'quoted-printable', fillWith('=C3=A4,words=3D19,\t=', largeBytes)],
]

const toLargeMail = ([type, encoding, content]: (typeof large)[number]) =>
  [
    'From: bob@test.example\r\nTo: alice@test.example\r\nSubject: Large\r\nMIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nSee the file.\r\n--m',
    `Content-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}`,
    `Content-Disposition: attachment\r\n\r\n${content}--m--\r\n`,
  ].join('\r\n')

/** Of one thread (Linux, proc(5)): nanoseconds on the processor are the first number. */
const cpuMsOf = (thread: number) =>
  Number(readFileSync(`/proc/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6
const hasCpuTimes = existsSync('/proc/self/schedstat') && cpuMsOf(process.pid) > 0

describe.skipIf(!findDovecot() || !hasCpuTimes)('R77: a megabyte of one token', { timeout: 600_000 }, () => {
  let mail: Awaited<ReturnType<typeof startTestMail<Awaited<ReturnType<typeof startDovecot>>>>>
  let product: Awaited<ReturnType<typeof startLocalProduct>>
  let client: ConnectedClient
  let ids: string[]
  beforeAll(async () => {
    mail = await startTestMail(startDovecot)
    product = await startLocalProduct(mail)
    client = await connectClient(signInFields(product, mail.imap.alice), { url: product.url })
    await mail.imap.reader(mail.imap.alice).createMailbox('Large')
    for (const [number, one] of mails.entries())
      await mail.imap.appendRaw(mail.imap.alice, 'INBOX', toMail(one, number))
    const { structured } = await client.call('get_recent_emails', { limit: 50 })
    ids = (structured.emails as { id: string }[]).map(({ id }) => id).reverse()
    expect(ids).toHaveLength(mails.length)
    // What loads with the first call of its kind is no mail's doing.
    await client.call('reply_to_email', { id: ids[0], body: 'x' })
  })
  afterAll(async () => {
    await client?.close()
    await product?.stop()
    await mail?.stop()
  })

  /** The longest that the health check waited for the server's thread while `call` ran. */
  async function waitDuring(call: () => Promise<{ isError: boolean; text: string }>): Promise<number> {
    // The number of a process is that of its first thread.
    const cpuMs = () => cpuMsOf(product.pid)
    let isOver = false
    const answered = call().finally(() => {
      isOver = true
    })
    let longest = 0
    while (!isOver) {
      const before = cpuMs()
      expect((await fetch(`${product.url}/health`)).status).toBe(200)
      longest = Math.max(longest, cpuMs() - before)
      // Far shorter than what rendering takes, so that none fits between two.
      await sleep(50)
    }
    const { isError, text } = await answered
    expect(isError, text.slice(0, 200)).toBe(false)
    return Math.round(longest)
  }

  /** A collection of garbage may cost one try a lot; what is done on the thread costs every try. */
  async function expectPrompt(name: string, call: () => Promise<{ isError: boolean; text: string }>) {
    let wait = await waitDuring(call)
    for (let tries = 1; tries < 3 && wait > maxWaitMs; tries++) wait = Math.min(wait, await waitDuring(call))
    return wait > maxWaitMs ? [`${name}: ${wait} ms`] : []
  }

  const perEmail: [tool: string, parameters: (id: string) => Record<string, unknown>][] = [
    ['get_email', (id) => ({ id })],
    ['get_email', (id) => ({ id, format: 'html' })],
    ['get_attachment', (id) => ({ id, attachment_id: '2' })],
    ['reply_to_email', (id) => ({ id, body: `**Thanks** ${crypto.randomUUID()}` })],
    ['forward_email', (id) => ({ id, to: ['bob@test.example'], body: crypto.randomUUID() })],
  ]
  test.each(perEmail)('%s keeps nobody waiting', async (tool, parameters) => {
    const slow: string[] = []
    for (const [at, id] of ids.entries()) {
      const name = JSON.stringify(mails[at]?.content.slice(0, 24))
      slow.push(...(await expectPrompt(name, () => client.call(tool, parameters(id)))))
    }
    expect(slow).toEqual([])
  })

  test('nor do lists, searches, conversations, and all of them in one call', async () => {
    const calls: [tool: string, parameters: Record<string, unknown>][] = [
      ['get_recent_emails', { limit: 50 }],
      ['search_emails', { from: 'bob', limit: 50 }],
      ['get_thread', { id: ids[0], limit: 50 }],
      ['get_email', { ids: ids.slice(0, 20) }],
    ]
    const slow: string[] = []
    for (const [tool, parameters] of calls)
      slow.push(...(await expectPrompt(tool, () => client.call(tool, parameters))))
    expect(slow).toEqual([])
  })

  test('R77: nor do 24 MB of an attachment, read or sent on', async () => {
    for (const one of large) await mail.imap.appendRaw(mail.imap.alice, 'Large', toLargeMail(one))
    const { structured } = await client.call('get_recent_emails', { mailbox: 'Large' })
    const [quoted, plain] = (structured.emails as { id: string }[]).map(({ id }) => id)
    const slow: string[] = []
    for (const [name, id] of Object.entries({ plain, quoted })) {
      const read = () => client.call('get_attachment', { id, attachment_id: '2' })
      slow.push(...(await expectPrompt(`get_attachment, ${name}`, read)))
    }
    const sentOn = () => client.call('draft_email', { forward_of: plain, body: crypto.randomUUID() })
    slow.push(...(await expectPrompt('draft_email', sentOn)))
    expect(slow).toEqual([])
  })
})
