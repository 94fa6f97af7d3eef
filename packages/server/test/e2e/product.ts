/**
 * What the end-to-end suites know of a running product, however it is run, and the real mail servers behind it. A suite is
 * a function of `StartProduct`, so that the same sentences are tested on the local runner and behind the gateway.
 */
import {
  type RealImapServer,
  type Submission,
  startSubmission,
  type TestUser,
} from '@email-connector/testing'
import { afterAll, beforeAll } from 'vitest'
import { type Canaries, createCanaries } from './secrets.ts'

export interface TestMail<Server extends RealImapServer = RealImapServer> {
  readonly imap: Server
  readonly submission: Submission
  stop(): Promise<void>
}

/** All that a product has to know of the mail servers. */
export interface MailPorts {
  /** Without `imapPort` nobody may ask for STARTTLS. */
  readonly imap: Pick<RealImapServer, 'authority' | 'imapsPort'> & { readonly imapPort?: number }
  readonly submission: Pick<Submission, 'smtpsPort' | 'smtpPort'>
}

export interface Product {
  /** PUBLIC_URL. */
  readonly url: string
  /** Where the challenge of a 403 stands: API Gateway renames it on what a function answers. */
  readonly challengeHeader: string
  /** Where that of a 401 stands. */
  readonly bareChallengeHeader: string
  /** The fields of the sign-in form that connect this mailbox, as this product reaches it. */
  mailboxFields(user: TestUser, imapTls?: 'true' | 'false'): Record<string, string>
  /** Everything printed and logged so far. */
  output(): string
  /** Every stored row, also of what was overwritten where the store still has it. Ends the product. */
  dumpStore(): Promise<string>
  stop(): Promise<void>
}

export type StartProduct<Server extends RealImapServer> = (mail: TestMail<Server>) => Promise<Product>

export async function startTestMail<Server extends RealImapServer>(
  startServer: () => Promise<Server>,
): Promise<TestMail<Server>> {
  const imap = await startServer()
  const submission = await startSubmission({ mailServer: imap })
  return {
    imap,
    submission,
    async stop() {
      await submission.stop()
      await imap.stop()
    },
  }
}

export type Permission = 'read' | 'write' | 'send'

/** A whole form: a mailbox and what is granted. */
export function signInFields(
  product: Product,
  user: TestUser,
  permission: Permission = 'send',
): Record<string, string> {
  // Most suites are about something else than the question before a mail goes out.
  return { ...product.mailboxFields(user), permission, ask: 'never' }
}

/** What a suite is given: servers and product run from the first test to the last of the file. */
export interface Running {
  readonly mail: TestMail
  readonly product: Product
  /** What may be found in no row and no output afterwards. */
  readonly canaries: Canaries
}

/** Starts once for all suites of a test file. */
export function useProduct<Server extends RealImapServer>(
  startProduct: StartProduct<Server>,
  startServer: () => Promise<Server>,
): () => Running {
  let running: Running | undefined
  beforeAll(async () => {
    const mail = await startTestMail(startServer)
    const canaries = createCanaries()
    for (const { address, password } of mail.imap.users) {
      canaries.add('address', address)
      canaries.add('password', password)
    }
    running = { mail, canaries, product: await startProduct(mail) }
  })
  afterAll(async () => {
    await running?.product.stop()
    await running?.mail.stop()
  })
  return () => {
    if (running === undefined) throw new Error('The product has not started')
    return running
  }
}
