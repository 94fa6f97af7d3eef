/**
 * R59: what an email of 25 MB adds to a process that has sent a small one, counted by the kernel. Held are the decoded
 * file, the message, and at last what TLS makes of its copy, which IMAP takes in one flight.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import {
  type Dovecot,
  findDovecot,
  type Submission,
  startDovecot,
  startSubmission,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toAccount } from '../tools/open-tools.ts'

const probe = fileURLToPath(new URL('sending-memory-probe.ts', import.meta.url))
const megabyte = 1024 * 1024
/** 36 MB are the message, 36 the file as it was read, 72 the copy as a command and under TLS; a collector is late by more. */
const mostMegabytes = 280

describe.skipIf(!findDovecot() || process.platform !== 'linux')('25 MB that are in the mailbox', () => {
  let dovecot: Dovecot
  let submission: Submission
  beforeAll(async () => {
    dovecot = await startDovecot()
    submission = await startSubmission({ mailServer: dovecot })
    const line = `${'QUJD'.repeat(19)}\r\n`
    const file = line.repeat(Math.floor((25 * megabyte - 1) / 57))
    const mail = [
      'From: bob@test.example\r\nSubject: Large\r\nMIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b',
      'Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64',
      `Content-Disposition: attachment; filename=a.zip\r\n\r\n${file}--b--\r\n`,
    ].join('\r\n')
    await dovecot.appendRaw(dovecot.alice, 'INBOX', mail)
  })
  afterAll(async () => {
    await submission?.stop()
    await dovecot?.stop()
  })

  test.each([
    ['forwarded', 'forward_email', { to: ['bob@test.example'] }],
    ['attached by its id', 'send_email', { to: ['bob@test.example'], subject: 'Again', body: 'x' }],
  ])(
    'R59: %s they add less than 280 MB',
    async (_, tool, args) => {
      const child = spawn(process.execPath, ['--import', 'tsx', probe], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      const account = toAccount(dovecot.alice, dovecot, submission.smtpsPort)
      child.stdin.end(JSON.stringify({ account, ca: dovecot.ca, subject: 'Large', tool, args }))
      let told = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        told += text
      })
      await once(child, 'close')
      const { state, sent_copy, before, after, text } = JSON.parse(told)
      expect([state, sent_copy], text).toEqual(['sent', 'filed'])
      expect(submission.messages.at(-1)?.raw.length).toBeGreaterThan(25 * megabyte)
      expect((after - before) / 1024).toBeLessThan(mostMegabytes)
    },
    60_000,
  )
})
