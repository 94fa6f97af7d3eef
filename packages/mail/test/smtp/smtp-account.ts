/** An account whose SMTP server is a test server on loopback, and the connector that reaches it. */
import type { MailAccount, MailCredential, TlsMode } from '../../src/account.ts'
import { createConnector, type MailDeps } from '../../src/connect/dial.ts'
import { createHostPolicy } from '../../src/connect/host-policy.ts'

export const password = 'correct horse'

export function smtpAccount(
  port: number,
  tls: TlsMode = 'implicit',
  credential: MailCredential = { type: 'password', password },
): MailAccount {
  return {
    provider: 'generic',
    address: 'alice@test.example',
    aliases: [],
    login: 'alice@test.example',
    imap: { host: 'localhost', port: 993, tls: 'implicit' },
    smtp: { host: 'localhost', port, tls },
    credential,
  }
}

export function loopbackDeps(ca: string, deadlineMs = 20_000): MailDeps {
  const connector = createConnector({ policy: createHostPolicy({ allowPrivate: true }), ca: [ca] })
  return { connector, now: () => 0, deadlineMs }
}
