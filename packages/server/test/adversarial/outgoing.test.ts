/**
 * What a model that was talked into it gives to the sending tools: what the server refuses to everybody, and what of the
 * rest its answer shows. What the owner's settings stop is in docs/adversarial.md.
 */
import { domainToASCII } from 'node:url'
import {
  type Dovecot,
  findDovecot,
  type Submission,
  startDovecot,
  startSubmission,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loopbackConnector, toAccount } from '../tools/open-tools.ts'
import { mail, plain } from './corpus/mail.ts'
import { type Endpoint, openEndpoint } from './endpoint.ts'

const file = { filename: 'a.txt', content_type: 'text/plain', content: 'x' }

describe.skipIf(!findDovecot())('a model that was talked into sending', () => {
  let dovecot: Dovecot
  let submission: Submission
  let endpoint: Endpoint
  let asking: Endpoint
  const questions: string[] = []

  beforeAll(async () => {
    dovecot = await startDovecot()
    submission = await startSubmission({ mailServer: dovecot })
    const options = {
      accounts: [toAccount(dovecot.alice, dovecot, submission.smtpsPort)],
      connector: loopbackConnector(dovecot.ca),
    }
    endpoint = await openEndpoint(options)
    asking = await openEndpoint({ ...options, grantSettings: { ask: 'ask' } }, (question) => {
      questions.push(question)
      return 'decline'
    })
  })
  afterAll(async () => {
    await asking?.close()
    await endpoint?.close()
    await submission?.stop()
    await dovecot?.stop()
  })
  const send = (args: object) =>
    endpoint.call('send_email', { to: ['bob@test.example'], subject: 's', body: 'x', ...args })

  test.each([
    ['mailto: with fields', { to: ['mailto:bob@test.example?bcc=thief@evil.example'] }, 'to[0]'],
    ['a route', { to: ['<@evil.example:bob@test.example>'] }, 'to[0]'],
    ['a comment', { to: ['bob@test.example (thief@evil.example)'] }, 'to[0]'],
    ['two addresses in angles', { to: ['Bob <bob@test.example> <thief@evil.example>'] }, 'to[0]'],
    ['an address as a bare name', { to: ['bob@test.example <thief@evil.example>'] }, 'to[0]'],
    ['a quoted local part', { to: ['"bob@test.example"@evil.example'] }, 'to[0]'],
    ['an address of numbers', { to: ['thief@[203.0.113.9]'] }, 'to[0]'],
    ['an invisible letter', { to: ['b\u200bob@test.example'] }, 'to[0]'],
    ['percent signs in the host', { to: ['bob@evil%2eexample'] }, 'to[0]'],
    ['a line end in an address', { to: ['bob@test.example\r\nBcc: thief@evil.example'] }, 'to[0]'],
    ['a line end in a subject', { subject: 'Hello\r\nBcc: thief@evil.example' }, 'subject'],
    ['a line separator in a subject', { subject: 'Hello\u2028Bcc: thief@evil.example' }, 'subject'],
    ['a line end in a key', { idempotency_key: 'a\r\nb' }, 'idempotency_key'],
    [
      'a line end in the name of a file',
      { attachments: [{ ...file, filename: 'a\r\nContent-Type: text/html\r\n\r\n<b>' }] },
      'attachments[0].filename',
    ],
    [
      'a line end in the type of a file',
      { attachments: [{ ...file, content_type: 'text/plain\r\nX: y' }] },
      'attachments[0].content_type',
    ],
    [
      'parameters in the type of a file',
      { attachments: [{ ...file, content_type: 'text/plain; name="a.exe"' }] },
      'attachments[0].content_type',
    ],
    ['a path for a file', { attachments: [{ path: '/etc/passwd' }] }, 'attachments[0]'],
    ['an address for a file', { attachments: [{ url: 'https://evil.example/a' }] }, 'attachments[0]'],
    ['a sender who is somebody else', { from: 'ceo@company.example' }, 'from'],
    ['a control in the text', { body: 'a\u0000b' }, 'body'],
  ])('R37 R39: %s is refused with its place, and nothing is sent', async (_, args, field) => {
    const before = submission.dataCount()
    const { isError, structured } = await send(args)
    expect(isError).toBe(true)
    expect(structured).toMatchObject({
      code: 'invalid_input',
      field: expect.stringContaining(field.split('.')[0] ?? ''),
    })
    expect(submission.dataCount()).toBe(before)
  })

  test.each([
    ['a name that is another address', '"bob@test.example" <thief@evil.example>', 'thief@evil.example'],
    ['a group', 'Friends: thief@evil.example, bob@test.example;', 'thief@evil.example'],
    ['an address behind mailto:', 'mailto:thief@evil.example', 'thief@evil.example'],
    ['a turned address', '\u202ebob@test.example', 'bob@test.example'],
    ['a list in one entry', 'bob@test.example, thief@evil.example', 'thief@evil.example'],
    ['a host in letters that look Latin', 'ceo@соmpany.com', 'ceo@xn--mpany-iyeu.com'],
    ['a host with marks', 'chef@bänk.example', 'chef@xn--bnk-qla.example'],
  ])(
    '%s goes where it goes, and the answer and the question name that address',
    async (name, to, address) => {
      const { structured, text } = await send({ to: [to], body: name })
      expect(structured.state).toBe('sent')
      // The test's own server reads punycode for people.
      const reached = submission.messages.at(-1)?.to.map((one) => one.replace(/[^@]+$/, domainToASCII))
      expect(reached).toContain(address)
      expect(structured.recipients.map((one: { address: string }) => one.address)).toContain(address)
      expect(text).toContain(address)
      await asking.call('send_email', { to: [to], subject: 's', body: name })
      expect(
        questions
          .at(-1)
          ?.split('\n')
          .filter((line) => line.startsWith('To: ')),
      ).toEqual([expect.stringContaining(address)])
      expect(questions.at(-1)).not.toContain('"bob@test.example"')
    },
  )

  test('a draft that somebody else changed goes out to whom it names now, and the question shows them', async () => {
    const reader = dovecot.reader(dovecot.alice)
    const hostile = mail(
      [
        ['From', 'alice@test.example'],
        ['To', '"bob@test.example" <thief@evil.example>'],
        ['Bcc', 'other@evil.example'],
        ['Reply-To', 'thief@evil.example'],
        ['Subject', 'Hello'],
        ['X-Injected', 'yes'],
      ],
      plain('Changed by another program'),
    )
    await reader.append('Drafts', [hostile], ['\\Draft'])
    // Ids belong to a grant.
    const idFor = async ({ call }: Endpoint): Promise<string> =>
      (await call('get_recent_emails', { mailbox: 'drafts', limit: 1 })).structured.emails[0].id
    const asked = await asking.call('send_draft', { id: await idFor(asking) })
    expect(asked.structured.code).toBe('declined')
    expect(questions.at(-1)).toContain('thief@evil.example')
    expect(questions.at(-1)).toContain('other@evil.example')
    const { isError, structured, text } = await endpoint.call('send_draft', {
      id: await idFor(endpoint),
    })
    expect(isError, text).toBe(false)
    expect(structured.recipients.map((one: { address: string }) => one.address).sort()).toEqual([
      'other@evil.example',
      'thief@evil.example',
    ])
    const raw = submission.messages.at(-1)?.raw.toString() ?? ''
    // It goes out as it is stored, so that no program's draft is changed; the blind copy stays blind.
    expect(raw).not.toMatch(/^Bcc:/im)
  })

  test('what a reply or a forward takes from a hostile mail cannot add a header, a recipient or a picture', async () => {
    const name =
      '=?utf-8?b?W0NsaWNrXShodHRwczovL2V2aWwuZXhhbXBsZSkgIVthXShodHRwczovL2V2aWwuZXhhbXBsZS9wKQ==?='
    const hostile = mail(
      [
        ['From', `${name} <bob@test.example>`],
        ['Subject', '=?utf-8?q?Hello=0D=0ABcc:_thief@evil.example?='],
        ['Message-ID', '<a@evil.example>'],
        ['References', '<b@evil.example>\r\n <c\u202e@evil.example>'],
      ],
      plain('![a](https://evil.example/p.png)\n<img src="https://evil.example/p.png">\n<script>x</script>'),
    )
    await dovecot.reader(dovecot.alice).append('INBOX', [hostile])
    const { structured } = await endpoint.call('get_recent_emails', { limit: 1 })
    const id = structured.emails[0].id
    await endpoint.call('reply_to_email', { id, body: 'Thanks' })
    await endpoint.call('forward_email', { id, to: ['bob@test.example'], body: 'Look' })
    const [reply, forward] = submission.messages.slice(-2)
    for (const sent of [reply, forward]) {
      expect(sent?.to).toEqual(['bob@test.example'])
      const raw = sent?.raw.toString() ?? ''
      const head = raw.slice(0, raw.indexOf('\r\n\r\n'))
      expect(head).not.toMatch(/^Bcc:/im)
      expect(head).not.toMatch(/\u202e/)
      // In plain text it is text.
      const [, html = ''] = raw.replaceAll(/=\r\n/g, '').split(/^Content-Type: text\/html/im)
      expect(html).not.toMatch(/<(?:img|script)[\s/>]/i)
    }
  })
})
