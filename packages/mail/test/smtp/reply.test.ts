/** What servers answer, word for word, and what it means to the sender of the email. */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import { describe, expect, test } from 'vitest'
import {
  readRecipientRefusal,
  readRefusal,
  readWholeRefusal,
  type SmtpFailure,
} from '../../src/smtp/reply.ts'

const failure = (response: string, command = 'DATA'): SmtpFailure =>
  Object.assign(new Error('refused'), { response, responseCode: Number(response.slice(0, 3)), command })

describe('an email that is refused', () => {
  test.each([
    // Gmail
    [
      '552-5.7.0 This message was blocked because its content presents a potential\n552-5.7.0 security issue. Please visit https://support.example/answer/6590',
      'policy_refused',
    ],
    ["552-5.2.3 Your message exceeded Google's message size limits.", 'too_large'],
    ['550-5.7.26 This mail has been blocked because the sender is unauthenticated.', 'policy_refused'],
    [
      '550-5.7.1 [1.2.3.4] Our system has detected that this message is likely unsolicited mail.',
      'policy_refused',
    ],
    ['550-5.4.5 Daily user sending limit exceeded.', 'throttled'],
    ['530-5.7.0 Authentication Required.', 'auth_required'],
    ['452-4.5.3 Your message has too many recipients.', 'too_many_recipients'],
    ['421-4.7.28 Our system has detected an unusual rate of unsolicited mail', 'throttled'],
    ['452-4.2.2 The email account that you tried to reach is over quota.', 'over_quota'],
    // Exchange
    ['554 5.2.252 SendAsDenied; alice@x.example not allowed to send as bob@x.example', 'sender_refused'],
    ['550 5.7.60 SMTP; Client does not have permissions to send as this sender', 'sender_refused'],
    ['530 5.7.57 Client not authenticated to send mail.', 'auth_required'],
    [
      '535 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM',
      'auth_required',
    ],
    ['550 5.7.64 TenantAttribution; Relay Access Denied', 'relay_refused'],
    ['552 5.3.4 Message size exceeds fixed maximum message size', 'too_large'],
    ['554 5.2.0 STOREDRV.Submission.Exception; submission quota exceeded', 'throttled'],
    ['451 4.7.500 Server busy. Please try again later', 'throttled'],
    ['432 4.3.2 STOREDRV; Concurrent connections limit exceeded', 'throttled'],
    ['550 5.5.3 RESOLVER.ADR.RecipLimit; too many recipients', 'too_many_recipients'],
    // Postfix, Exim, Cyrus, IronPort, qmail
    ['553 5.7.1 <alice@x.example>: Sender address rejected: not owned by user alice', 'sender_refused'],
    ['550 5.1.8 <a@x.example>: Sender address rejected: Domain not found', 'sender_refused'],
    ['450 4.1.8 <a@x.example>: Sender address rejected: Domain not found', 'try_later'],
    ['554 5.7.1 <b@y.example>: Relay access denied', 'relay_refused'],
    ['550 relay not permitted', 'relay_refused'],
    ['550 authentication required', 'auth_required'],
    ['550 5.7.1 Spam message rejected', 'policy_refused'],
    ['554 Message contains a virus', 'policy_refused'],
    ['550 #5.7.1 Your access to this mail system has been rejected', 'policy_refused'],
    ['554 5.6.0 Message contains NUL characters', 'policy_refused'],
    ['450 4.2.0 <b@y.example>: Recipient address rejected: Greylisted', 'try_later'],
    ['451 4.7.1 Greylisting in action, please come back later', 'try_later'],
    ['451 Requested action aborted: local error in processing', 'try_later'],
    ['452 4.3.1 Insufficient system storage', 'try_later'],
    ['421 4.3.2 shutting down', 'throttled'],
    ['450 4.7.1 Error: too much mail from 1.2.3.4', 'throttled'],
    ['552 5.2.2 Over quota', 'over_quota'],
    ['552 Mailbox is full', 'over_quota'],
    ['552 Message size exceeds maximum permitted', 'too_large'],
    ['552 Requested mail action aborted: exceeded storage allocation', 'too_large'],
    ['552 5.0.0 exceeded storage allocation', 'too_large'],
    ['552 5.6.1 This message has an attachment we do not take', 'policy_refused'],
    ['523 the message is over the limit', 'too_large'],
    ['554 5.5.1 no valid recipients', 'server_refused'],
    ['500 what', 'server_refused'],
  ])('%s is %s', (response, reason) => {
    expect(readRefusal(failure(response))).toBe(reason)
  })

  test('RFC 5321 §4.2.2: 553 is about the sender in answer to MAIL FROM alone', () => {
    expect(readRefusal(failure('553 sorry', 'MAIL FROM'))).toBe('sender_refused')
    expect(readRecipientRefusal(failure('553 sorry', 'RCPT TO'))).toBe('refused')
  })

  test('a code inside the words of a server is no code of its reply', () => {
    expect(readRefusal(failure('554 5.5.0 see 5.3.4 and 5.2.2 in our manual'))).toBe('server_refused')
  })

  test('takes a reply of 64 KB of any one token in no time', async () => {
    for (const token of [
      'mailbox for ',
      'sender ',
      'not allowed to send ',
      'relay ',
      'too many ',
      'auth',
      ' ',
      'x',
    ]) {
      const reply = failure(`554 ${token.repeat(Math.ceil(65_536 / token.length))}`)
      expect(await leastCpuMs(500, () => expect(readRefusal(reply)).toBeDefined())).toBeLessThan(500)
    }
  })
})

describe('a recipient that is refused', () => {
  test.each([
    ['550 5.1.1 <b@y.example>: Recipient address rejected: User unknown', 'no_such_recipient'],
    ['550 5.1.10 RESOLVER.ADR.RecipientNotFound', 'no_such_recipient'],
    ['550 No such user here', 'no_such_recipient'],
    ['452 4.2.2 mailbox full', 'mailbox_full'],
    ['552 5.2.2 mailbox full', 'mailbox_full'],
    ['450 4.2.0 Greylisted', 'try_later'],
    ['450 4.1.1 unverified address', 'try_later'],
    ['452 4.5.3 Too many recipients', 'too_many_recipients'],
    ['553 5.7.1 <alice@x.example>: Sender address rejected: not owned by user', 'sender_refused'],
    ['554 5.7.1 <b@y.example>: Relay access denied', 'relay_refused'],
    ['530 5.7.0 Authentication required', 'auth_required'],
    ['550 5.7.1 Service unavailable; client host blocked using a list', 'policy_refused'],
    ['552 5.3.4 too big', 'too_large'],
    ['550 5.5.0 no', 'refused'],
  ])('%s is %s', (response, code) => {
    expect(readRecipientRefusal(failure(response, 'RCPT TO'))).toBe(code)
  })

  test.each([
    [
      [
        '553 5.7.1 Sender address rejected: not owned by user',
        '553 5.7.1 Sender address rejected: not owned',
      ],
      'sender_refused',
      true,
    ],
    [['530 5.7.0 Authentication required'], 'auth_required', true],
    [['550 5.7.1 Relay access denied', '550 5.7.1 relaying denied'], 'relay_refused', false],
    [['450 4.2.0 later', '451 4.3.0 later'], 'try_later', false],
    [['550 5.1.1 who', '450 4.2.0 later'], 'server_refused', false],
    [['550 5.1.1 who'], 'server_refused', false],
  ] as const)('all of them by %j: %s', (responses, reason, isOfSender) => {
    const failures = responses.map((response) => failure(response, 'RCPT TO'))
    expect(readWholeRefusal(failures)).toEqual({ reason, isOfSender })
  })
})
