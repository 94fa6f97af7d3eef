/** The tools over the mailbox of Alice on a real Dovecot, with a submission server in front of it. */
import { type Dovecot, type Submission, startDovecot, startSubmission } from '@email-connector/testing'
import { loopbackConnector, type OpenTools, openTools, toAccount } from '../tools/open-tools.ts'

export interface SendingTools {
  readonly dovecot: Dovecot
  readonly submission: Submission
  readonly tools: OpenTools
  close(): Promise<void>
}

export async function openSendingTools({
  folders,
  aliases = [],
  ...options
}: {
  folders?: NonNullable<Parameters<typeof startDovecot>[0]>['folders']
  aliases?: string[]
} & Omit<Parameters<typeof openTools>[0], 'accounts' | 'connector'> = {}): Promise<SendingTools> {
  const dovecot = await startDovecot(folders === undefined ? {} : { folders })
  const submission = await startSubmission({ mailServer: dovecot })
  const account = { ...toAccount(dovecot.alice, dovecot, submission.smtpsPort), aliases }
  const tools = await openTools({
    ...options,
    accounts: [account],
    connector: loopbackConnector(dovecot.ca),
  })
  return {
    dovecot,
    submission,
    tools,
    async close() {
      await tools.close()
      await submission.stop()
      await dovecot.stop()
    },
  }
}
