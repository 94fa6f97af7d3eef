/** One email or a few of them, body included, each body cut so that the answer as a whole fits. */
import { getMessages, MailError, type MessageDetail } from '@email-connector/mail'
import * as z from 'zod'
import { askAccounts } from '../tool-call/all-accounts.ts'
import { groupEmails } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { emailDetail, toCutText, toDetailText, toEmailDetail } from '../wire/email-detail.ts'
import { toAccountTag } from '../wire/email-id.ts'
import { fits } from '../wire/fit.ts'
import { ToolError } from '../wire/tool-error.ts'
import { quoteUntrusted, untrustedNotice } from '../wire/untrusted.ts'

/** A body stands twice in the answer, as text and as JSON: together they stay under the limit of a result. */
const bodyChars = 36_000

export const getEmail = defineTool({
  name: 'get_email',
  title: 'Get email',
  description: 'Headers, body and attachment list of one email (id) or up to 20 (ids).',
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    id: parameters.emailId.optional(),
    ids: parameters.ids.max(20).describe('1 to 20 email ids').optional(),
    format: z.enum(['text', 'html']).default('text').describe('Default text'),
    quotes: z
      .enum(['folded', 'shown'])
      .default('folded')
      .describe('Earlier emails below a reply; default folded'),
    links: z.boolean().default(false).describe('Numbered, whole targets'),
    offset: parameters.offset,
    max_chars: parameters.maxChars,
  }),
  output: z.object({
    account: z.string(),
    email: emailDetail.optional(),
    emails: z.array(z.looseObject({})).optional().describe('Each as email, or id and code'),
    notice: z.string(),
  }),
  async handle(input, call) {
    if ((input.id === undefined) === (input.ids === undefined)) {
      throw new ToolError('invalid_input', 'Give either "id" or "ids".', { field: 'id' })
    }
    const field = input.id === undefined ? 'ids' : 'id'
    const ids = input.id === undefined ? (input.ids ?? []) : [input.id]
    const { groups, messages } = await groupEmails(call, ids, { account: input.account, field })
    const { format, quotes, links, offset } = input
    const maxChars = Math.min(input.max_chars, Math.floor(bodyChars / messages.length))
    const { answers, failures } = await askAccounts(call, groups, (session, { accountId }) => {
      const of = groups.find((one) => one.accountId === accountId)?.messages ?? []
      const refs = of.map(({ ref }) => ref)
      return getMessages(session, refs, { format, quotes, links, offset, maxChars })
    })
    const account = groups.map(({ address }) => address).join(', ')
    // Each account's own are in the order asked.
    const details = messages.map(({ accountTag, id }) => {
      const group = groups.find(({ accountId }) => toAccountTag(accountId) === accountTag)
      const at = group?.messages.findIndex((message) => message.id === id) ?? -1
      const isOfGroup = (one: { readonly accountId: string }) => one.accountId === group?.accountId
      return (
        answers.find(isOfGroup)?.value[at] ??
        failures.find(isOfGroup)?.error ??
        new MailError('message_not_found')
      )
    })
    // One id alone: its fault is the fault of the call.
    if (input.id !== undefined && details[0] instanceof MailError) throw details[0]
    const answer = (share: number) => {
      const emails = details.map((detail, index) => {
        const id = messages[index]?.id ?? ''
        return isFault(detail)
          ? { id, code: detail.code }
          : toEmailDetail(id, detail, Math.floor(maxChars * share))
      })
      const [first] = emails
      const one = input.id === undefined || !first || 'code' in first ? { emails } : { email: first }
      const texts = emails.map((email) =>
        'code' in email ? `${email.id} failed: ${email.code}` : toDetailText(email),
      )
      const cut = emails.flatMap((email, index) =>
        'next_offset' in email
          ? ` ${toCutText(email, input.id === undefined ? `Email ${index + 1}` : 'Body')}`
          : [],
      )
      const head = `Account ${account}.${cut.join('')}`
      const text = `${head}\n${quoteUntrusted(texts, call.makeMark)}`
      return { structured: { account, ...one, notice: untrustedNotice }, text }
    }
    // JSON spells a line break as two characters and a control as six: bodies full of them are cut further.
    const share = [1, 0.6, 0.3, 0.1].find((part) => fits(answer(part))) ?? 0.02
    return answer(share)
  },
})

function isFault(detail: MessageDetail | MailError | ToolError): detail is MailError | ToolError {
  return detail instanceof MailError || detail instanceof ToolError
}
