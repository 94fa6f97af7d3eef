/** Changes a draft: the new one takes the place of the old, which goes to the bin. */
import { composeMessage } from '@email-connector/mail'
import * as z from 'zod'
import { parseFrom } from '../sending/outgoing.ts'
import {
  attachmentsInstead,
  parseAttachments,
  parseSources,
  readAttachments,
} from '../sending/outgoing-attachments.ts'
import { parseRecipients } from '../sending/recipients.ts'
import { binDraft, readDraft, saveDraft, savedDraft, toSavedDraft } from '../sending/stored-draft.ts'
import { assertOfAccount, openEmail } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'

const addresses = parameters.addresses.optional()

export const updateDraft = defineTool({
  name: 'update_draft',
  title: 'Update draft',
  description:
    'Changes the given fields of a draft; the id is new afterwards. Formatting of other programs becomes plain text.',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    id: parameters.emailId,
    from: parameters.line.optional(),
    to: addresses,
    cc: addresses,
    bcc: addresses,
    subject: parameters.line.optional(),
    body: parameters.text(parameters.maxBodyChars).describe('Markdown').optional(),
    attachments: attachmentsInstead,
  }),
  output: z.object({ ...savedDraft, old_draft: z.enum(['in_bin', 'kept']) }),
  async handle(input, call) {
    const { subject, body } = input
    const given = input.attachments && parseAttachments(input.attachments)
    const sources = parseSources(given ?? [])
    const recipients = {
      ...(input.to && { to: parseRecipients(input.to, 'to') }),
      ...(input.cc && { cc: parseRecipients(input.cc, 'cc') }),
      ...(input.bcc && { bcc: parseRecipients(input.bcc, 'bcc') }),
    }
    const { opened, message: old } = await openEmail(call, input.id, input.account)
    assertOfAccount(sources, opened, 'attachments')
    const from = input.from === undefined ? {} : { from: parseFrom(opened, input.from) }
    const done = await call.withSession(opened, async (session) => {
      const draft = {
        ...(await readDraft(session, opened, old, { isBodyKept: body === undefined })),
        ...recipients,
        ...from,
        ...(subject !== undefined && { subject }),
        ...(body !== undefined && { body }),
        ...(given && { attachments: await readAttachments(session, given, sources) }),
      }
      const composed = await composeMessage({ ...draft, date: new Date(call.now() * 1000) })
      const saved = await saveDraft(session, composed)
      return {
        draft,
        saved: { ...saved, messageId: composed.messageId },
        binned: await binDraft(session, old.ref),
      }
    })
    const { structured, text } = toSavedDraft(call, opened, done.draft, done.saved)
    const isBinned = done.binned === 'in_bin'
    const fate = isBinned ? 'The old draft is in the bin.' : 'The old draft is still in Drafts.'
    const old_draft = isBinned ? ('in_bin' as const) : ('kept' as const)
    return { structured: { ...structured, old_draft }, text: `${text}\n${fate}` }
  },
})
