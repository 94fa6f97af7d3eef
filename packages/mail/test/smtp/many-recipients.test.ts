/** More recipients than one transaction takes, and addresses that only some servers take. */
import {
  createCertificateSet,
  type SmtpSink,
  type SmtpSinkOptions,
  startSmtpSink,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { composeMessage } from '../../src/composing/compose.ts'
import { submitMessage } from '../../src/smtp/submission.ts'
import { loopbackDeps, password, smtpAccount } from './smtp-account.ts'

let certificates: Awaited<ReturnType<typeof createCertificateSet>>
const running: SmtpSink[] = []
beforeAll(async () => {
  certificates = await createCertificateSet()
})
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})
afterAll(() => certificates.authority.remove())

async function sink(options: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const server = await startSmtpSink({
    tls: 'implicit',
    certificate: certificates.good,
    password,
    extensions: ['PIPELINING', '8BITMIME'],
    ...options,
  })
  running.push(server)
  return server
}

const people = (count: number) => Array.from({ length: count }, (_, index) => `u${index}@many.example`)

async function submit(server: SmtpSink, to: readonly string[]) {
  const asked: number[] = []
  const message = await composeMessage({
    from: { address: 'alice@test.example' },
    to: to.map((address) => ({ address })),
    cc: [],
    bcc: [],
    subject: 'To all',
    body: 'x',
    attachments: [],
    date: new Date(0),
  })
  const beforeData = async () => {
    asked.push(server.dataCount())
    return true
  }
  const account = smtpAccount(server.port, 'implicit', { type: 'password', password })
  const deps = loopbackDeps(certificates.ca, 60_000)
  return { message, asked, outcome: await submitMessage(account, deps, message, { beforeData }) }
}

describe('RFC 5321 §4.5.3.1.10: more than a hundred recipients', () => {
  test('R86: go in several transactions of one message, each recipient once, asked for once', async () => {
    const server = await sink()
    const { message, asked, outcome } = await submit(server, people(230))
    expect(outcome).toMatchObject({ state: 'sent', accepted: people(230), rejected: [] })
    expect(server.messages.map(({ to }) => to.length)).toEqual([100, 100, 30])
    expect(server.messages.flatMap(({ to }) => to)).toEqual(people(230))
    expect(new Set(server.messages.map(({ raw }) => raw.toString()))).toEqual(
      new Set([message.raw.toString()]),
    )
    expect(server.connectionCount()).toBe(1)
    expect(asked).toEqual([0])
  })

  test('R86: go in smaller ones where the server takes fewer at once', async () => {
    const refuseRecipient = (_: string, taken: number) =>
      taken < 40 ? undefined : '452 4.5.3 Too many recipients'
    const server = await sink({ refuseRecipient })
    const { outcome } = await submit(server, people(130))
    expect(outcome).toMatchObject({ state: 'sent', rejected: [] })
    expect(server.messages.map(({ to }) => to.length)).toEqual([40, 40, 40, 10])
    expect(server.messages.flatMap(({ to }) => to).sort()).toEqual(people(130).sort())
  })

  test('R86: each has an outcome of its own when a later transaction is refused', async () => {
    const refuseRecipient = (address: string) =>
      Number(/\d+/.exec(address)?.[0]) >= 100 ? '550 5.1.1 no such user' : undefined
    const server = await sink({ refuseRecipient })
    const { outcome } = await submit(server, people(130))
    if (outcome.state !== 'sent') throw new Error(outcome.state)
    expect(outcome.accepted).toEqual(people(100))
    expect(outcome.rejected).toEqual(
      people(130)
        .slice(100)
        .map((address) => ({ address, code: 'no_such_recipient' })),
    )
  })

  test('R86: nor does a first transaction that nobody is in keep the others from theirs', async () => {
    const refuseRecipient = (address: string) =>
      Number(/\d+/.exec(address)?.[0]) < 100 ? '550 5.1.1 no such user' : undefined
    const server = await sink({ refuseRecipient })
    const { outcome, asked } = await submit(server, people(130))
    if (outcome.state !== 'sent') throw new Error(outcome.state)
    expect(outcome.accepted).toEqual(people(130).slice(100))
    expect(outcome.rejected).toHaveLength(100)
    expect(asked).toEqual([0])
  })

  test('R56: silence after a later dot is unknown for those alone, and nothing is sent again', async () => {
    const server = await sink({
      onMessage: () => {
        if (server.dataCount() === 2) server.faults['final-dot'] = 'close'
      },
    })
    const { outcome } = await submit(server, people(230))
    if (outcome.state !== 'sent') throw new Error(outcome.state)
    expect(outcome.accepted).toEqual(people(100))
    const codes = outcome.rejected.map(({ code }) => code)
    expect(codes.filter((code) => code === 'outcome_unknown')).toHaveLength(100)
    expect(codes.filter((code) => code === 'connection_lost')).toHaveLength(30)
    expect(server.dataCount()).toBe(2)
  })

  test('R56: silence after the first dot is unknown for all', async () => {
    const server = await sink({ faults: { 'final-dot': 'close' } })
    expect((await submit(server, people(230))).outcome).toEqual({ state: 'unknown' })
    expect(server.dataCount()).toBe(1)
  })
})

describe('RFC 6531: letters beyond ASCII before the @', () => {
  test('go to a server that takes them', async () => {
    const server = await sink({ extensions: ['PIPELINING', '8BITMIME', 'SMTPUTF8'] })
    expect((await submit(server, ['δοκιμή@παράδειγμα.example'])).outcome).toMatchObject({ state: 'sent' })
    expect(server.commands.find((line) => line.startsWith('MAIL'))).toContain('SMTPUTF8')
    expect(server.messages[0]?.raw.toString()).toMatch(/^To: <?δοκιμή@/m)
  })

  test('R86: are named where the server does not, and nothing is sent', async () => {
    const server = await sink()
    await expect(submit(server, ['bob@test.example', 'δοκιμή@x.example'])).rejects.toMatchObject({
      code: 'not_supported',
      field: 'to',
      reason: expect.stringContaining('δοκιμή@x.example'),
    })
    expect(server.commands.some((line) => line.startsWith('MAIL'))).toBe(false)
  })

  test('long and quoted local parts arrive as they are', async () => {
    const server = await sink()
    const to = [
      `reply+${'A'.repeat(90)}@in.app.example`,
      '"john doe"@x.example',
      '"taro..yama."@docomo.example',
    ]
    expect((await submit(server, to)).outcome).toMatchObject({ state: 'sent', accepted: to })
    expect(server.messages[0]?.to).toEqual(to)
  })
})
