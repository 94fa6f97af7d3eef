/** A program of its own, whose memory is its own: sends 25 MB on, as its parent says, and says how much it took at most. */
import { readFileSync } from 'node:fs'
import type { MailAccount } from '@email-connector/mail'
import { loopbackConnector, openTools } from '../tools/open-tools.ts'

const work = JSON.parse(readFileSync(0, 'utf8')) as {
  readonly account: MailAccount
  readonly ca: string
  readonly subject: string
  readonly tool: 'forward_email' | 'send_email'
  readonly args: Record<string, unknown>
}
/** In kB, since the process began. */
const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
const tools = await openTools({ accounts: [work.account], connector: loopbackConnector(work.ca) })
const { structured } = await tools.call('search_emails', { subject: work.subject, mailbox: 'INBOX' })
const id = structured.emails[0].id as string
const small = await tools.call('send_email', { to: ['bob@test.example'], subject: 'small', body: 'x' })
const before = peak()
const args =
  work.tool === 'forward_email'
    ? { ...work.args, id }
    : { ...work.args, attachments: [{ email_id: id, attachment_id: '2' }] }
const answer = await tools.call(work.tool, args)
const said = { small: small.structured.state, before, after: peak(), ...answer.structured, text: answer.text }
process.stdout.write(JSON.stringify(said), () => process.exit(0))
