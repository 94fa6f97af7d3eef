/**
 * A program of its own, to be killed: repeats the email of the one before it, says what it was told, and sends another.
 * It stores where its parent says, so that all of them are connections of one mailbox.
 */
import { readFileSync } from 'node:fs'
import type { MailAccount } from '@email-connector/mail'
import { parseInstanceSecrets } from '../../src/keys/instance-secrets.ts'
import { createLevelStores } from '../../src/store/level/stores.ts'
import { loopbackConnector, openTools } from '../tools/open-tools.ts'

const work = JSON.parse(readFileSync(0, 'utf8')) as {
  readonly account: MailAccount
  readonly ca: string
  readonly dir: string
  readonly secrets: string
  /** Seconds that its clock is ahead. */
  readonly ahead: number
  readonly before?: string
  readonly subject?: string
}
const now = () => Math.floor(Date.now() / 1000) + work.ahead
const tools = await openTools({
  accounts: [work.account],
  connector: loopbackConnector(work.ca),
  stores: await createLevelStores({ dir: work.dir, now }),
  secrets: parseInstanceSecrets(work.secrets),
  now,
})
const send = (subject: string) => tools.call('send_email', { to: ['bob@test.example'], subject, body: 'x' })
if (work.before !== undefined) {
  const { structured } = await send(work.before)
  process.stdout.write(`${JSON.stringify({ ...structured, again: work.before })}\n`)
}
if (work.subject === undefined) process.exit(0)
process.stdout.write(`${JSON.stringify({ sending: work.subject })}\n`)
await send(work.subject)
process.stdout.write(`${JSON.stringify({ done: work.subject })}\n`)
// Until it is killed.
setInterval(() => {}, 1_000)
