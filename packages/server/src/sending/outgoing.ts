/**
 * From the parameters of draft_email and send_email to a message ready to compose. Everything that can be refused is
 * refused before a connection is opened; a mailbox is read only where the parameters name an email in it.
 */
import {
  getMessage,
  type ImapSession,
  type MailAddress,
  type MessageDetail,
  type MessageRef,
  type OutgoingDraft,
} from '@email-connector/mail'
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { assertOfAccount, parseEmailIds } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import type { ToolCall } from '../tool-call/tool.ts'
import { ToolError } from '../wire/tool-error.ts'
import { attachments, parseAttachments, parseSources, readAttachments } from './outgoing-attachments.ts'
import { parseRecipients } from './recipients.ts'

export const outgoingParameters = {
  account: parameters.account,
  from: parameters.line.optional().describe('An alias of the account'),
  to: parameters.addresses.default([]),
  cc: parameters.addresses.default([]),
  bcc: parameters.addresses.default([]),
  subject: parameters.line.default(''),
  body: parameters.text(parameters.maxBodyChars).describe('Markdown'),
  in_reply_to: parameters.emailId.optional().describe('Id of the email this answers'),
  attachments,
}
const outgoing = z.strictObject(outgoingParameters)

type Draft = Omit<OutgoingDraft, 'date' | 'messageId'>

export interface PreparedMessage {
  readonly opened: OpenedAccount
  readonly draft: Draft
}

export interface OpenedOutgoing extends PreparedMessage {
  /** The parameters name emails, which `complete` has to read before the draft is whole. */
  readonly readsMailbox: boolean
  complete(session: ImapSession): Promise<Draft>
}

/** Refuses what can be refused without a connection, and opens none. */
export async function openOutgoing(
  call: ToolCall,
  input: z.output<typeof outgoing>,
): Promise<OpenedOutgoing> {
  const recipients = {
    to: parseRecipients(input.to, 'to'),
    cc: parseRecipients(input.cc, 'cc'),
    bcc: parseRecipients(input.bcc, 'bcc'),
  }
  const given = parseAttachments(input.attachments)
  const parents = parseEmailIds([input.in_reply_to ?? []].flat(), () => 'in_reply_to')
  const sources = parseSources(given)
  const opened = await call.accounts.open(input.account)
  assertOfAccount(parents, opened, 'in_reply_to')
  assertOfAccount(sources, opened, 'attachments')
  const draft = {
    ...recipients,
    from: parseFrom(opened, input.from),
    subject: input.subject,
    body: input.body,
    attachments: given.flatMap((one) => ('emailId' in one ? [] : [one])),
  }
  const readsMailbox = parents.length + sources.length > 0
  return {
    opened,
    draft,
    readsMailbox,
    async complete(session) {
      if (!readsMailbox) return draft
      const [parent] = parents
      const thread = parent === undefined ? {} : await readThread(session, parent.ref)
      return { ...draft, ...thread, attachments: await readAttachments(session, given, sources) }
    },
  }
}

/** With a connection of its own, where the mailbox has to be read. */
export async function prepareOutgoing(
  call: ToolCall,
  input: z.output<typeof outgoing>,
): Promise<PreparedMessage> {
  const { opened, draft, readsMailbox, complete } = await openOutgoing(call, input)
  return { opened, draft: readsMailbox ? await call.withSession(opened, complete) : draft }
}

async function readThread(session: ImapSession, ref: MessageRef) {
  return toThread(await getMessage(session, ref, { format: 'text', offset: 0, maxChars: 0 }))
}

/** RFC 5322 §3.6.4: In-Reply-To is the parent's id; References are the parent's, else its In-Reply-To, and that id. */
export function toThread(parent: MessageDetail): Pick<OutgoingDraft, 'inReplyTo' | 'references'> {
  if (parent.messageId === undefined) return {}
  const before = parent.references.length > 0 ? parent.references : [parent.inReplyTo ?? []].flat()
  return { inReplyTo: parent.messageId, references: [...before, parent.messageId] }
}

export function parseFrom({ account }: OpenedAccount, from: string | undefined): MailAddress {
  const named = account.displayName === undefined ? {} : { name: account.displayName }
  if (from === undefined) return { ...named, address: account.address }
  const allowed = [account.address, ...account.aliases]
  const address = allowed.find((one) => one.toLowerCase() === from.trim().toLowerCase())
  if (address !== undefined) return { ...named, address }
  throw new ToolError('invalid_input', `"from" must be one of ${allowed.join(', ')}.`, { field: 'from' })
}

/** Who gets it, in the words of the answer. */
export function toRecipientLines({ to, cc, bcc }: PreparedMessage['draft']): string[] {
  return Object.entries({ To: to, Cc: cc, Bcc: bcc })
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `${name}: ${list.map((one) => one.address).join(', ')}`)
}
