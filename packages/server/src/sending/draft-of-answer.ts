/** The draft of draft_email: of a new email, or of the answer to one, in which what is given replaces what is found. */
import type { ImapSession, OutgoingDraft } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { assertOfAccount, parseEmailIds } from '../tool-call/email-refs.ts'
import type { ToolCall } from '../tool-call/tool.ts'
import { ToolError } from '../wire/tool-error.ts'
import { type Answer, toForward, toParent, toReply } from './answers.ts'
import { type OutgoingInput, openOutgoing } from './outgoing.ts'
import { readAttachments } from './outgoing-attachments.ts'
import { signed } from './signatures.ts'

type Draft = Omit<OutgoingDraft, 'date' | 'messageId'>

export interface DraftInput extends OutgoingInput {
  readonly reply_all: boolean
  readonly forward_of?: string | undefined
  readonly as_attachment: boolean
}

export interface OpenedDraft {
  readonly opened: OpenedAccount
  readonly draft: Draft
  readonly readsMailbox: boolean
  complete(session: ImapSession): Promise<{ draft: Draft; skipped: readonly string[] }>
}

export async function openDraft(call: ToolCall, input: DraftInput): Promise<OpenedDraft> {
  const { forward_of, in_reply_to, reply_all, as_attachment, ...rest } = input
  const id = forward_of ?? in_reply_to
  if (forward_of !== undefined && in_reply_to !== undefined)
    throw invalid('forward_of', '"forward_of" and "in_reply_to" exclude each other: give one.')
  if (reply_all && in_reply_to === undefined)
    throw invalid('reply_all', '"reply_all" needs "in_reply_to", the email that is answered.')
  if (as_attachment && forward_of === undefined)
    throw invalid('as_attachment', '"as_attachment" needs "forward_of", the email that is forwarded.')
  const field = forward_of === undefined ? 'in_reply_to' : 'forward_of'
  const [parent] = parseEmailIds(id === undefined ? [] : [id], () => field)
  const outgoing = await openOutgoing(call, rest)
  const { opened, given, sources } = outgoing
  if (parent === undefined) {
    return {
      ...outgoing,
      complete: async (session) => ({ draft: await outgoing.complete(session), skipped: [] }),
    }
  }
  assertOfAccount([parent], opened, field)
  return {
    opened,
    draft: outgoing.draft,
    readsMailbox: true,
    async complete(session) {
      const read = await toParent(call, opened, parent)
      const { to, body } = outgoing.draft
      const options = { body, to, includeAttachments: true, asAttachment: as_attachment }
      const answer =
        forward_of === undefined
          ? await toReply(session, read, { body, to, replyAll: reply_all })
          : await toForward(session, read, options)
      const attachments = await readAttachments(session, given, sources, answer.draft.attachments)
      const known = withGiven(answer.draft, outgoing.draft, input)
      const draft = { ...known, ...signed(opened, known.from, input.signature), attachments }
      return { draft, skipped: answer.skipped }
    },
  }
}

function withGiven(found: Answer['draft'], given: Draft, input: DraftInput): Draft {
  return {
    ...found,
    ...(input.from === undefined ? {} : { from: given.from }),
    ...(given.cc.length === 0 ? {} : { cc: given.cc }),
    bcc: given.bcc,
    ...(given.subject === '' ? {} : { subject: given.subject }),
  }
}

function invalid(field: string, sentence: string): ToolError {
  return new ToolError('invalid_input', sentence, { field })
}
