/** The tools over the mailbox of Alice on a real Dovecot, for as long as something is counted there. */
import {
  loopbackConnector,
  type OpenTools,
  openTools,
  toAccount,
} from '@email-connector/server/testing/open-tools'
import { startDovecot } from '@email-connector/testing'

export async function withMailbox(
  use: (mailbox: { tools: OpenTools; put(folder: string, raw: string): Promise<unknown> }) => Promise<void>,
): Promise<void> {
  const dovecot = await startDovecot()
  const tools = await openTools({
    accounts: [toAccount(dovecot.alice, dovecot, 1)],
    connector: loopbackConnector(dovecot.ca),
  })
  try {
    await use({ tools, put: (folder, raw) => dovecot.appendRaw(dovecot.alice, folder, raw) })
  } finally {
    await tools.close()
    await dovecot.stop()
  }
}
