/** What servers answer, word for word, and what it means to the sender of the email. */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import { describe, expect, test } from 'vitest'
import {
  readLoginRefusal,
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
    // The sender: iCloud, QQ, 163, Zoho, Coremail, Mail.ru, SendGrid, SMTP2GO, Exim
    ['550 5.7.0 From address is not one of your addresses', 'sender_refused'],
    ['501 mail from address must be same as authorization user', 'sender_refused'],
    ['553 Mail from must equal authorized user', 'sender_refused'],
    ['553 Relaying disallowed as alice@x.example', 'sender_refused'],
    ['553 Sender is not allowed to relay emails', 'sender_refused'],
    ['553 Envolope sender mismatch with login user.', 'sender_refused'],
    ['550 not local sender over smtp', 'sender_refused'],
    ['550 The from address does not match a verified Sender Identity.', 'sender_refused'],
    ['550 From header sender domain not verified', 'sender_refused'],
    [
      '550-Verification failed for <a@x.example>\n550-No such user here\n550 Sender verify failed',
      'sender_refused',
    ],
    ['451 Could not complete sender verify callout', 'try_later'],
    // Too much: Plesk, cPanel, Microsoft, QQ, 163, GMX
    [
      '554 5.7.0 Your message could not be sent. The limit on the number of allowed outgoing messages was exceeded. Try again later.',
      'throttled',
    ],
    ['550 5.7.1 You have exceeded the maximum number of messages per hour', 'throttled'],
    ['550 Domain x.example has exceeded the max emails per hour (100/100 (100%)) allowed.', 'throttled'],
    ['550 5.7.0 Outgoing message rate exceeded', 'throttled'],
    [
      '550 5.1.90 Your message cannot be sent because you have reached your daily limit for message recipients',
      'throttled',
    ],
    [
      "550 5.7.233 Your message can't be sent because your tenant exceeded its daily limit for sending email to external recipients",
      'throttled',
    ],
    ['550 User frequency limited', 'throttled'],
    ['550 Daily frequency limited', 'throttled'],
    ['450 Requested mail action not taken: mailbox unavailable. Mail send limit exceeded.', 'throttled'],
    ['451 4.7.1 Service unavailable - try again later', 'throttled'],
    // Postfix, of a client or another domain, with codes that are for now
    ['454 4.7.1 <b@y.example>: Relay access denied', 'relay_refused'],
    ['450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.1]', 'try_later'],
    ['450 4.7.1 <host>: Helo command rejected: Host not found', 'try_later'],
    ['450 4.7.1 Client host rejected: too many connections', 'throttled'],
    ['450 4.7.1 <a@x.example>: Sender address rejected: rate limit exceeded', 'throttled'],
    // Relays: MDaemon, Domino, qmail
    ['550 We do not relay', 'relay_refused'],
    ['551 we do not relay', 'relay_refused'],
    ['554 Relay rejected for policy reasons.', 'relay_refused'],
    ["553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", 'relay_refused'],
    // The login: Postfix, QQ, cPanel, sendmail
    ['503 5.5.4 Error: send AUTH command first.', 'auth_required'],
    ['503 AUTH first', 'auth_required'],
    ['503 Error: need EHLO and AUTH first !', 'auth_required'],
    ['550 Please turn on SMTP Authentication in your mail client.', 'auth_required'],
    ['550 5.7.1 <b@y.example>... Relaying denied. Proper authentication required.', 'auth_required'],
    // Exchange, of a group that takes nothing from outside
    [
      '550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed',
      'policy_refused',
    ],
    ['550 5.7.1 RESOLVER.RST.AuthRequired; authentication required', 'policy_refused'],
    // The content: Exchange, QQ, 163, Zoho
    ['554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process', 'policy_refused'],
    ['550 Mail content denied.', 'policy_refused'],
    ['554 DT:SPM 163 smtp', 'policy_refused'],
    ['550 5.4.6 Unusual sending activity detected.', 'policy_refused'],
    ['554 5.7.1 Message size exceeds 25 MB', 'too_large'],
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
      'from address ',
      'message size ',
      'must be the same as ',
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
    ['550 Unrouteable address', 'no_such_recipient'],
    ['550 5.7.1 <b@y.example>: Recipient address rejected: user unknown', 'no_such_recipient'],
    ['550 5.7.1 Recipient not authorized, your IP has been found on a block list', 'policy_refused'],
    ['553 Relaying disallowed as alice@x.example', 'sender_refused'],
    ['454 4.7.1 <b@y.example>: Relay access denied', 'relay_refused'],
    ['550 5.7.134 RESOLVER.RST.SenderNotAuthenticatedForMailbox; authentication required', 'policy_refused'],
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

describe('a login that is refused', () => {
  test.each([
    ['535 5.7.8 Error: authentication failed', 'login_refused'],
    ['535 5.7.3 Authentication unsuccessful', 'login_refused'],
    ['526 Authentication failure', 'login_refused'],
    ['525 5.7.13 User account disabled', 'login_refused'],
    ['500 5.7.0 Authentication failed', 'login_refused'],
    ['535 5.7.139 Authentication unsuccessful, the user credentials were incorrect. [X]', 'login_refused'],
    ['535 5.7.139 Authentication unsuccessful, basic authentication is disabled.', 'login_needs_oauth'],
    ['454 4.7.0 Temporary authentication failure', 'try_later'],
    ['454 4.7.0 Temporary authentication failure: Connection lost to authentication server', 'try_later'],
    ['454 4.7.0 Cannot authenticate due to a temporary system problem. Try again later.', 'try_later'],
    ['454 4.7.0 Too many login attempts, temporarily blocked', 'throttled'],
    ['454 4.7.0 Too many login attempts', 'throttled'],
    ['421 4.7.0 Temporary System Problem', 'throttled'],
    ['454 TLS not available', 'server_refused'],
    ['501 5.5.2 cannot decode', 'server_refused'],
    ['503 5.5.1 already', 'server_refused'],
    ['504 5.7.4 unrecognized authentication type', 'server_refused'],
  ])('%s is %s', (response, code) => {
    expect(readLoginRefusal(failure(response, 'AUTH')).code).toBe(code)
  })
})
