/** Against smtp-server in front of a real Dovecot: what a recipient finds is what was composed. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  type Dovecot,
  findDovecot,
  type Submission,
  startDovecot,
  startSubmission,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MailAccount, TlsMode } from '../../src/account.ts'
import { composeMessage, type OutgoingDraft } from '../../src/composing/compose.ts'
import { submitMessage, verifySmtpLogin } from '../../src/smtp/submission.ts'
import { loopbackDeps, smtpAccount } from './smtp-account.ts'

describe.skipIf(!findDovecot())('delivery through a real server (needs Dovecot)', () => {
  let dovecot: Dovecot
  let server: Submission
  beforeAll(async () => {
    dovecot = await startDovecot()
    server = await startSubmission({ mailServer: dovecot, accessTokens: ['token-1'] })
  })
  afterAll(async () => {
    await server.stop()
    await dovecot.stop()
  })

  const account = (tls: TlsMode): MailAccount => ({
    ...smtpAccount(tls === 'implicit' ? server.smtpsPort : server.smtpPort, tls),
    address: dovecot.alice.address,
    login: dovecot.alice.login,
    credential: { type: 'password', password: dovecot.alice.password },
  })
  const compose = (changes: Partial<OutgoingDraft>) =>
    composeMessage({
      from: { name: 'Älice', address: dovecot.alice.address },
      to: [{ address: dovecot.bob.address }],
      cc: [],
      bcc: [],
      subject: 'Grüße',
      body: `.\n\n..two dots\n**bold** ünïcode\n${'long '.repeat(400)}`,
      attachments: [{ filename: 'ä.bin', contentType: 'application/pdf', content: Buffer.alloc(200_000, 7) }],
      date: new Date('2026-11-21T10:00:00Z'),
      ...changes,
    })
  const send = async (tls: TlsMode, changes: Partial<OutgoingDraft> = {}) => {
    const composed = await compose(changes)
    const outcome = await submitMessage(account(tls), loopbackDeps(dovecot.ca), composed, {
      beforeData: async () => true,
    })
    return { composed, outcome }
  }

  test.each(['implicit', 'starttls'] as const)(
    'over %s the bytes arrive as they were composed',
    async (tls) => {
      const { composed, outcome } = await send(tls)
      expect(outcome).toMatchObject({ state: 'sent', accepted: [dovecot.bob.address], rejected: [] })
      const received = server.messages.at(-1)
      expect(received).toMatchObject({ to: [dovecot.bob.address], accepted: true })
      expect(received?.raw.equals(composed.raw)).toBe(true)
    },
  )

  test('a recipient that is refused does not keep the others from getting it', async () => {
    server.refusals.recipients.set('nobody@test.example', { code: 550, text: '5.1.1 unknown' })
    const { outcome } = await send('implicit', { bcc: [{ address: 'nobody@test.example' }] })
    expect(outcome).toEqual({
      state: 'sent',
      accepted: [dovecot.bob.address],
      rejected: [{ address: 'nobody@test.example', code: 'no_such_recipient' }],
      responseCode: 250,
    })
  })

  test('XOAUTH2 and a wrong password are answered as they should be', async () => {
    const deps = loopbackDeps(dovecot.ca)
    const withToken = (accessToken: string) => ({
      ...account('implicit'),
      credential: { type: 'oauth' as const, accessToken },
    })
    await expect(verifySmtpLogin(withToken('token-1'), deps)).resolves.toBeUndefined()
    await expect(verifySmtpLogin(withToken('token-2'), deps)).rejects.toMatchObject({ code: 'token_refused' })
    const wrong = { ...account('starttls'), credential: { type: 'password' as const, password: 'no' } }
    await expect(verifySmtpLogin(wrong, deps)).rejects.toMatchObject({ code: 'login_refused' })
  })

  test('NODE_EXTRA_CA_CERTS is honoured for a private authority, and needed', async () => {
    const script = `
      import { createConnector, createHostPolicy } from './index.ts'
      const connector = createConnector({ policy: createHostPolicy({ allowPrivate: true }) })
      const server = { host: 'localhost', port: ${server.smtpsPort}, tls: 'implicit' }
      connector.connect(server, { signal: AbortSignal.timeout(20000), protocol: 'smtp' }).then(
        (socket) => { console.log('authorized', socket.authorized); socket.destroy() },
        (error) => console.log(error.code),
      )`
    const run = async (env: Record<string, string>) => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--import', 'tsx', '--input-type=module', '--eval', script],
        { cwd: fileURLToPath(new URL('../../src', import.meta.url)), env: { ...process.env, ...env } },
      )
      return stdout.trim()
    }
    await expect(run({ NODE_EXTRA_CA_CERTS: dovecot.caPath })).resolves.toBe('authorized true')
    await expect(run({ NODE_EXTRA_CA_CERTS: '' })).resolves.toBe('tls_failed')
  })
})
