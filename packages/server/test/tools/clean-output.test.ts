/**
 * Every field that leaves is clean: a mail that puts controls, direction marks, invisible words and half pairs into every
 * field a reading tool shows, on a real Dovecot, in a mailbox whose name does the same.
 */
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loopbackConnector, type OpenTools, openTools, toAccount } from './open-tools.ts'

/** What turns a line around, spells words nobody sees, or ends a line. */
const nasty = '\u202Egnp.\u2066x\u200B\u200C\u200D\u2060\u{E0041}\u{E0042}\u061C\u0007\u0085\u2028'
const word = (text: string) => `=?utf-8?b?${Buffer.from(`${text}${nasty}`).toString('base64')}?=`
const mailbox = `Work\u202E\u200Bs`

const raw = [
  'Received: from x',
  `Authentication-Results: test.example; spf=pass smtp.mailfrom=a\u202E.example; dmarc=fail`,
  `From: ${word('Bob')} <bob@test.example>`,
  `Sender: ${word('Office')} <office@test.example>`,
  `Reply-To: ${word('Reply')} <reply@test.example>`,
  `To: ${word('Alice')} <alice@test.example>`,
  `Cc: ${word('Carl')} <carl@test.example>`,
  `Subject: ${word('Subject')}`,
  'Date: Fri, 20 Nov 2026 10:00:00 +0100',
  `Message-ID: <clean\u202E@test.example>`,
  `In-Reply-To: <other\u200B\u200C@test.example>`,
  `List-Id: ${nasty} <boats\u202E.lists.example>`,
  `List-Unsubscribe: <https://lists.example/\u202Eleave?x=\u200B1>, <mailto:leave\u2066@lists.example>`,
  'X-Priority: 1',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/html; charset=utf-8',
  'Content-Transfer-Encoding: base64',
  '',
  Buffer.from(
    `<p>Words${nasty}</p><a href="https://a\u202E.example/${nasty}?q=1">go${nasty}</a><img alt="alt${nasty}" src="cid:x">`,
  ).toString('base64'),
  '--b',
  `Content-Type: text/plain; charset=utf-8; name="${word('file')}"`,
  `Content-Disposition: attachment; filename*=utf-8''${encodeURIComponent(`file${nasty}.txt`)}`,
  'Content-Transfer-Encoding: base64',
  '',
  Buffer.from(`In the file${nasty}`).toString('base64'),
  '--b--',
  '',
].join('\r\n')

/** But for line breaks and tabs of texts, which JSON escapes as `\\n` and `\\t`. */
const unclean =
  /(?![\t\n])\p{Cc}|[\u00AD\u061C\u200B\u200E\u200F\u2028\u2029\u202A-\u202E\u2060-\u2069\uFEFF\u{E0000}-\u{E007F}]|\p{Cs}|\\u(?:00|d[89a-f])/u

describe.skipIf(!findDovecot())('on a real Dovecot', () => {
  let dovecot: Dovecot
  let tools: OpenTools

  beforeAll(async () => {
    dovecot = await startDovecot()
    await dovecot.reader(dovecot.alice).createMailbox(mailbox)
    for (const path of ['INBOX', mailbox]) await dovecot.appendRaw(dovecot.alice, path, raw)
    tools = await openTools({
      accounts: [toAccount(dovecot.alice, dovecot, 1)],
      connector: loopbackConnector(dovecot.ca),
    })
  })
  afterAll(async () => {
    await tools?.close()
    await dovecot?.stop()
  })

  test('R37: no reading tool lets any of it through, and a mailbox opens by the name that is shown', async () => {
    const [row] = (await tools.call('get_recent_emails')).structured.emails
    const { mailboxes } = (await tools.call('list_mailboxes')).structured
    const shown = mailboxes.find(({ path }: { path: string }) => path.startsWith('Work'))?.path
    expect(shown).toBe('Works')
    const calls: [string, Record<string, unknown>][] = [
      ['list_accounts', {}],
      ['list_mailboxes', {}],
      ['get_recent_emails', {}],
      ['get_recent_emails', { mailbox: shown }],
      ['search_emails', { subject: 'Subject' }],
      ['get_email', { id: row.id, links: true, quotes: 'shown' }],
      ['get_email', { id: row.id, format: 'html', links: true }],
      ['get_email', { ids: [row.id] }],
      ['get_thread', { id: row.id }],
      ['get_attachment', { id: row.id, attachment_id: '2' }],
    ]
    for (const [name, input] of calls) {
      const { isError, text, structured } = await tools.call(name, input)
      const at = `${name} ${JSON.stringify(input)}`
      expect(isError, `${at} ${text}`).toBe(false)
      expect(unclean.exec(text.replaceAll('\n', '')), at).toBeNull()
      expect(unclean.exec(JSON.stringify(structured)), at).toBeNull()
      if (name === 'get_recent_emails') expect(structured.emails, at).toHaveLength(1)
    }
    const { email } = (await tools.call('get_email', { id: row.id })).structured
    expect(email).toMatchObject({ importance: 'high', sender: expect.stringContaining('office@') })
    expect(email.list.leave).toHaveLength(2)
    expect(email.warnings).toContain('hidden_text_removed')
  })
})
