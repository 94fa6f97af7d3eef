/**
 * From the parameters of draft_email and send_email to a message ready to compose. Everything that can be refused is
 * refused before a connection is opened; a mailbox is read only where the parameters name an email in it.
 */
import {
  getMessage,
  type ImapSession,
  type MailAddress,
  type MessageRef,
  type OutgoingDraft,
  type RedirectingField,
  signatureText,
} from '@email-connector/mail'
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { assertOfAccount, parseEmailIds } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import type { ToolCall } from '../tool-call/tool.ts'
import { attachments, parseAttachments, parseSources, readAttachments } from './outgoing-attachments.ts'
import { parseRecipients } from './recipients.ts'
import { openSender } from './sender.ts'
import { signatureParameter, signed } from './signatures.ts'
import { toThread } from './thread.ts'

export const outgoingParameters = {
  account: parameters.account,
  from: parameters.line.optional().describe('An alias of the account, or another connected account'),
  to: parameters.to.default([]),
  cc: parameters.addresses.default([]),
  bcc: parameters.addresses.default([]),
  subject: parameters.line.default(''),
  body: parameters.text(parameters.maxBodyChars).describe('Markdown'),
  in_reply_to: parameters.emailId.optional().describe('Id of the email this answers'),
  attachments,
  signature: signatureParameter,
}
const outgoing = z.strictObject(outgoingParameters)
export type OutgoingInput = z.output<typeof outgoing>

type Draft = Omit<OutgoingDraft, 'date' | 'messageId'>

export interface PreparedMessage {
  readonly opened: OpenedAccount
  readonly draft: Draft
  /** The email that is answered. */
  readonly parent?: MessageRef | undefined
}

export interface OpenedOutgoing extends PreparedMessage {
  /** The parameters name emails, which `complete` has to read before the draft is whole. */
  readonly readsMailbox: boolean
  readonly given: ReturnType<typeof parseAttachments>
  readonly sources: ReturnType<typeof parseSources>
  complete(session: ImapSession): Promise<Draft>
}

/** Refuses what can be refused without a connection, and opens none. */
export async function openOutgoing(call: ToolCall, input: OutgoingInput): Promise<OpenedOutgoing> {
  const recipients = {
    to: parseRecipients(input.to, 'to'),
    cc: parseRecipients(input.cc, 'cc'),
    bcc: parseRecipients(input.bcc, 'bcc'),
  }
  const given = parseAttachments(input.attachments)
  const parents = parseEmailIds([input.in_reply_to ?? []].flat(), () => 'in_reply_to')
  const sources = parseSources(given)
  const { opened, from } = await openSender(call, input)
  assertOfAccount(parents, opened, 'in_reply_to')
  assertOfAccount(sources, opened, 'attachments')
  const draft = {
    ...recipients,
    from,
    ...signed(opened, from, input.signature),
    subject: input.subject,
    body: input.body,
    attachments: given.flatMap((one) => ('emailId' in one ? [] : [one])),
  }
  const readsMailbox = parents.length + sources.length > 0
  return {
    opened,
    draft,
    readsMailbox,
    parent: parents[0]?.ref,
    given,
    sources,
    async complete(session) {
      if (!readsMailbox) return draft
      const [parent] = parents
      const thread = parent === undefined ? {} : await readThread(session, parent.ref)
      return { ...draft, ...thread, attachments: await readAttachments(session, given, sources) }
    },
  }
}

async function readThread(session: ImapSession, ref: MessageRef) {
  return toThread(await getMessage(session, ref, { format: 'text', offset: 0, maxChars: 0 }))
}

/** What a person is shown of a message, and an answer tells of it. */
export interface ShownMessage extends Recipients {
  readonly from: MailAddress
  readonly subject: string
  /** Of a stored draft: header fields that send answers, receipts or bounces elsewhere. */
  readonly redirects?: readonly RedirectingField[]
  /** All of it, the quoted original too. */
  readonly body: string
  readonly attachments: readonly {
    readonly filename: string
    readonly contentType: string
    readonly size: number
  }[]
}

export interface Recipients {
  readonly to: readonly MailAddress[]
  readonly cc: readonly MailAddress[]
  readonly bcc: readonly MailAddress[]
}

export function toShown(draft: Draft): ShownMessage {
  const { from, to, cc, bcc, subject, signature, original } = draft
  const attachments = draft.attachments.map(({ filename, contentType, content }) => ({
    ...{ filename, contentType },
    size: content.length,
  }))
  const parts = [draft.body, signature && signatureText(signature), original?.text]
  const body = parts.filter((part) => part !== undefined).join('\n\n')
  return { from, to, cc, bcc, subject, body, attachments }
}

/** Who gets it, in the words of the answer. */
export function toRecipientLines({ to, cc, bcc }: Recipients): string[] {
  return Object.entries({ To: to, Cc: cc, Bcc: bcc })
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `${name}: ${list.map((one) => one.address).join(', ')}`)
}
