import { createTransport } from 'nodemailer'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Dovecot, findDovecot, startDovecot } from '../src/dovecot.ts'
import { type Submission, startSubmission } from '../src/submission.ts'

describe.skipIf(!findDovecot())('Submission in front of Dovecot', () => {
  let dovecot: Dovecot
  let submission: Submission
  beforeAll(async () => {
    dovecot = await startDovecot()
    submission = await startSubmission({ mailServer: dovecot })
  })
  afterAll(async () => {
    await submission.stop()
    await dovecot.stop()
  })
  afterEach(() => {
    submission.refusals.recipients.clear()
    delete submission.refusals.data
  })

  const send = (
    port: number,
    secure: boolean,
    to: string[],
    text: string,
    password = dovecot.alice.password,
  ) =>
    createTransport({
      host: 'localhost',
      port,
      secure,
      requireTLS: true,
      auth: { user: dovecot.alice.login, pass: password },
      tls: { ca: dovecot.ca },
    }).sendMail({ from: dovecot.alice.address, to, subject: 'greeting', text })

  test('delivers from alice to bob, over TLS and over STARTTLS, lines with a dot included', async () => {
    await send(submission.smtpsPort, true, [dovecot.bob.address], '.\r\n..hidden\r\nover TLS')
    await send(submission.smtpPort, false, [dovecot.bob.address], 'over STARTTLS')
    const messages = await dovecot.reader(dovecot.bob).waitFor('INBOX', (found) => found.length === 2)
    expect(messages[0]?.raw.toString()).toContain('\r\n.\r\n..hidden\r\nover TLS')
    expect(messages[1]?.raw.toString()).toContain('over STARTTLS')
    expect(submission.messages.map(({ login, from, to }) => ({ login, from, to }))).toEqual([
      { login: dovecot.alice.login, from: dovecot.alice.address, to: [dovecot.bob.address] },
      { login: dovecot.alice.login, from: dovecot.alice.address, to: [dovecot.bob.address] },
    ])
  })

  test('refuses a wrong password, one recipient of two, and a message after its final dot', async () => {
    const { smtpsPort, refusals } = submission
    const before = submission.dataCount()
    await expect(send(smtpsPort, true, [dovecot.bob.address], 'x', 'wrong')).rejects.toMatchObject({
      responseCode: 535,
    })
    expect(submission.dataCount()).toBe(before)

    refusals.recipients.set('nobody@test.example', { code: 550, text: '5.1.1 no such user' })
    const sent = await send(smtpsPort, true, [dovecot.bob.address, 'nobody@test.example'], 'x')
    expect(sent.rejected).toEqual(['nobody@test.example'])

    refusals.data = { code: 554, text: '5.7.1 spam' }
    await expect(send(smtpsPort, true, [dovecot.bob.address], 'x')).rejects.toMatchObject({
      responseCode: 554,
    })
    expect(submission.messages.at(-1)?.accepted).toBe(false)
  })
})
