/** Changes a draft part by part: the new one takes the place of the old, which goes to the bin. */
import { MailError } from '@email-connector/mail'
import * as z from 'zod'
import {
  attachments,
  attachmentsInstead,
  parseAttachments,
  parseSources,
  readAttachments,
} from '../sending/outgoing-attachments.ts'
import { parseFrom } from '../sending/own-addresses.ts'
import { parseRecipients } from '../sending/recipients.ts'
import { savedDraft, toSavedDraft } from '../sending/saved-draft.ts'
import { binDraft, findDraft, readHeaders, saveDraft } from '../sending/stored-draft.ts'
import { assertOfAccount, openEmail } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { toLine } from '../wire/fit.ts'
import { ToolError } from '../wire/tool-error.ts'

/** Its copy in Sent would be in one mailbox, and what it answers in another. */
const staysHere = 'A draft stays in its account: draft_email with "from" makes one in another.'

const addresses = parameters.addresses.optional()
const words = parameters.text(parameters.maxBodyChars)

export const updateDraft = defineTool({
  name: 'update_draft',
  title: 'Update draft',
  description:
    'Changes the given fields of a draft and keeps the rest, also of other programs; any earlier id of it works.',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    id: parameters.emailId,
    from: parameters.line.optional(),
    to: parameters.to.optional(),
    cc: addresses,
    bcc: addresses,
    subject: parameters.line.optional(),
    body: words
      .describe('Markdown, instead of the own words; a quoted email and a signature stay')
      .optional(),
    replace: z
      .array(z.strictObject({ old_text: words, new_text: words }))
      .max(50)
      .default([])
      .describe('At most 50: words that are there once, and what takes their place'),
    attachments: attachmentsInstead,
    add_attachments: attachments.describe('At most 20, as attachments of draft_email'),
    remove_attachments: z
      .array(parameters.line)
      .max(100)
      .default([])
      .describe('At most 100: attachment_id, as get_email lists them'),
  }),
  output: z.object({ ...savedDraft, old_draft: z.enum(['in_bin', 'kept']) }),
  async handle(input, call) {
    const { subject, body } = input
    const given = parseAttachments([...(input.attachments ?? []), ...input.add_attachments])
    const sources = parseSources(given)
    const recipients = {
      ...(input.to && { to: parseRecipients(input.to, 'to') }),
      ...(input.cc && { cc: parseRecipients(input.cc, 'cc') }),
      ...(input.bcc && { bcc: parseRecipients(input.bcc, 'bcc') }),
    }
    const { opened, message: old } = await openEmail(call, input.id, input.account)
    assertOfAccount(sources, opened, 'attachments')
    const from = input.from === undefined ? {} : { from: parseFrom(opened, input.from, staysHere) }
    // No other tool edits: loaded while the mailbox is opened.
    const editing = import('@email-connector/mail/editing')
    const done = await call.withSession(opened, async (session) => {
      const draft = await findDraft(call, session, opened, old)
      const { editStored, readAttachmentsOf } = await editing
      const edited = await editStored(draft.raw, {
        ...recipients,
        ...from,
        ...(subject !== undefined && { subject }),
        ...(body !== undefined && { body }),
        replace: input.replace.map((one) => ({ oldText: one.old_text, newText: one.new_text })),
        removeAttachments: input.attachments ? 'all' : input.remove_attachments,
        addAttachments: await readAttachments(session, given, sources),
        date: new Date(call.now() * 1000),
        domain: domainOf(opened.address),
      }).catch(toToolError)
      const headers = readHeaders(edited)
      const { messageId } = headers
      if (messageId === undefined) throw new Error('An edited draft has a Message-ID')
      const saved = await saveDraft(session, edited, { flags: draft.flags, messageId })
      const binned = await binDraft(session, draft.ref)
      return { headers, attached: readAttachmentsOf(edited), saved: { ...saved, messageId }, binned }
    })
    const { headers, attached, saved } = done
    const shown = { ...headers, from: headers.from[0] ?? { address: '' }, attachments: attached }
    const { structured, text } = await toSavedDraft(call, opened, shown, saved)
    const isBinned = done.binned === 'in_bin'
    const fate = isBinned ? 'The old draft is in the bin.' : 'The old draft is still in Drafts.'
    const old_draft = isBinned ? ('in_bin' as const) : ('kept' as const)
    return { structured: { ...structured, old_draft }, text: `${text}\n${fate}` }
  },
})

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

function toToolError(error: unknown): never {
  if (!(error instanceof MailError) || error.reason === undefined || error.field === undefined) throw error
  const sentence = `"${error.field}" does not fit this draft: ${toLine(error.reason, 500)}. Nothing was changed.`
  throw new ToolError('invalid_input', sentence, { field: error.field, cause: error })
}
