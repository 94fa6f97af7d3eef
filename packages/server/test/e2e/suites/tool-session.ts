/** A client that is signed in, and an independent look at what its tools did on the mail server. */
import { randomBytes } from 'node:crypto'
import type { StoredMessage } from '@email-connector/testing'
import { expect } from 'vitest'
import { type ConnectedClient, connectClient, type Era, type ToolAnswer } from '../clients.ts'
import { type Running, signInFields } from '../product.ts'

export interface ToolSession {
  readonly client: ConnectedClient
  /** Occurs in all that this session writes. */
  readonly mark: string
  /** Every tool that was called so far. */
  readonly called: ReadonlySet<string>
  call(tool: string, parameters?: Record<string, unknown>): Promise<ToolAnswer>
  /** Fails the test unless the tool succeeds. */
  succeed(tool: string, parameters?: Record<string, unknown>): Promise<ToolAnswer>
  /** Puts an email into INBOX, and its id. The body may not be in any log or row. */
  receive(subject: string, body: string, headers?: readonly string[]): Promise<string>
  /** Alice's messages of this subject, seen by the reader. */
  stored(mailbox: string, subject: string): Promise<StoredMessage[]>
  /** Every mailbox of alice, seen by the reader, in order of name. */
  mailboxPaths(): Promise<string[]>
}

export async function openToolSession({ product, mail, canaries }: Running, era: Era): Promise<ToolSession> {
  const { alice } = mail.imap
  const mark = randomBytes(5).toString('hex')
  const called = new Set<string>()
  const client = await connectClient(signInFields(product, alice), { url: product.url, era, canaries })
  const call: ToolSession['call'] = (tool, parameters) => {
    called.add(tool)
    return client.call(tool, parameters)
  }
  const succeed: ToolSession['succeed'] = async (tool, parameters) => {
    const answer = await call(tool, parameters)
    expect(answer.isError, answer.text).toBe(false)
    return answer
  }
  return {
    ...{ client, mark, called, call, succeed },
    async receive(subject, body, headers = []) {
      canaries.add('subject', subject)
      canaries.add('body', body)
      await mail.imap.appendRaw(alice, 'INBOX', toRaw(subject, body, headers))
      const { structured } = await succeed('search_emails', { subject })
      const [email] = structured.emails as { id: string }[]
      if (email === undefined) throw new Error('What arrived is not found')
      return email.id
    },
    async mailboxPaths() {
      return (await mail.imap.reader(alice).mailboxes()).map(({ path }) => path).sort()
    },
    async stored(mailbox, subject) {
      const messages = await mail.imap.reader(alice).messages(mailbox)
      return messages.filter((message) => message.subject === subject)
    },
  }
}

function toRaw(subject: string, body: string, headers: readonly string[]): string {
  return [
    'From: Orchard <orchard@elsewhere.example>',
    'To: alice@test.example',
    `Subject: ${subject}`,
    `Message-ID: <${randomBytes(6).toString('hex')}@elsewhere.example>`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    'MIME-Version: 1.0',
    ...(headers.length > 0 ? headers : ['Content-Type: text/plain; charset=utf-8']),
    '',
    body,
    '',
  ].join('\n')
}
