/**
 * A conversation as a client gets it: short heads and each email's own words. An answer that would be too long ends
 * earlier, and its cursor names what was left out.
 */
import { printThreadCursor, type ThreadMessage, type ThreadPage } from '@email-connector/mail'
import * as z from 'zod'
import { toEmailId } from './email-id.ts'
import { fits, sliceWhole, toLine } from './fit.ts'
import { toAddressText } from './summary-row.ts'
import type { ToolResult } from './tool-result.ts'
import { type MakeMark, quoteUntrusted, untrustedNotice } from './untrusted.ts'

const conversationRow = z.object({
  id: z.string(),
  date: z.string(),
  from: z.string(),
  subject: z.string(),
  draft: z.boolean().optional(),
  offset: z.int().optional(),
  body: z.string(),
  attachments: z.array(z.string()).optional(),
  warnings: z.array(z.string()).optional(),
})
type ConversationRow = z.output<typeof conversationRow>

export const conversationPage = {
  account: z.string(),
  subject: z.string(),
  total: z.int(),
  emails: z.array(conversationRow),
  next_cursor: z.string().optional(),
  searched: z.array(z.string()),
  warnings: z.array(z.string()).optional(),
  notice: z.string(),
}
const conversation = z.object(conversationPage)
type Conversation = z.output<typeof conversation>

export interface ConversationFrame {
  readonly account: string
  readonly accountId: string
  readonly makeMark: MakeMark
  /** From what the mail package hands out to what a client gives back. */
  readonly toCursor: (next: string) => string
}

const maxSubjectChars = 200
const maxNames = 20
const maxPaths = 30

export function toConversation(page: ThreadPage, frame: ConversationFrame): ToolResult<Conversation> {
  const { length } = page.items
  // Each email has to come whole, so fewer come; of one alone its text is cut.
  for (let count = length; count > 1; count = Math.floor(count / 2)) {
    const left = page.items[count]
    const rest = left === undefined ? page.next : printThreadCursor(left.place, left.offset)
    const result = build(page, page.items.slice(0, count), rest, frame)
    if (fits(result)) return result
  }
  const [first] = page.items
  if (first === undefined) return build(page, [], page.next, frame)
  for (const share of [1, 0.5, 0.2, 0.05]) {
    const text = sliceWhole(first.text, Math.floor(first.text.length * share))
    const isWhole = text.length === first.text.length
    const second = page.items[1]
    const after = second === undefined ? page.next : printThreadCursor(second.place, second.offset)
    const rest = isWhole ? after : printThreadCursor(first.place, first.offset + text.length)
    const result = build(page, [{ ...first, text }], rest, frame)
    if (fits(result) || share === 0.05) return result
  }
  return build(page, [], page.next, frame)
}

function build(
  page: ThreadPage,
  items: readonly ThreadMessage[],
  next: string | undefined,
  frame: ConversationFrame,
): ToolResult<Conversation> {
  const subject = toLine(page.items[0]?.subject ?? '', maxSubjectChars)
  const emails = items.map((one) => toConversationRow(one, frame.accountId))
  const cursor = next === undefined ? undefined : frame.toCursor(next)
  const searched = page.searched.map((path) => toLine(path, 100)).slice(0, maxPaths)
  const warnings = [
    ...(page.isCut ? ['there may be more of this conversation than was looked for'] : []),
    ...(page.failed.length > 0 ? [`${page.failed.length} mailboxes could not be searched`] : []),
  ]
  const shown = emails.length === page.total ? `${page.total}` : `${emails.length} of ${page.total}`
  const head = `${shown} ${page.total === 1 ? 'email' : 'emails'} of one conversation of ${frame.account}, oldest first.${
    cursor === undefined ? '' : ` More: cursor ${cursor}`
  }${warnings.map((one) => ` Note: ${one}.`).join('')}`
  const quoted = [`Subject: ${subject}`, ...emails.map((row) => toLines(row, subject))]
  return {
    structured: {
      ...(cursor === undefined ? {} : { next_cursor: cursor }),
      account: frame.account,
      subject,
      total: page.total,
      searched,
      ...(warnings.length === 0 ? {} : { warnings }),
      emails,
      notice: untrustedNotice,
    },
    text: `${head}\n${quoteUntrusted(quoted, frame.makeMark)}`,
  }
}

function toConversationRow(one: ThreadMessage, accountId: string): ConversationRow {
  const names = one.attachments.map(({ filename, contentType }) => toLine(filename ?? contentType, 100))
  const more = names.length - maxNames
  return {
    id: toEmailId(accountId, one.ref),
    date: one.date,
    from: toAddressText(one.from, 120),
    subject: toLine(one.subject, maxSubjectChars),
    ...(one.isDraft ? { draft: true } : {}),
    ...(one.offset === 0 ? {} : { offset: one.offset }),
    body: one.text,
    ...(names.length === 0
      ? {}
      : { attachments: [...names.slice(0, maxNames), ...(more > 0 ? [`and ${more} more`] : [])] }),
    ...(one.warnings.length === 0 ? {} : { warnings: [...one.warnings] }),
  }
}

/** `Re: AW: Plan` is about the same as `Plan`. */
function withoutPrefixes(subject: string): string {
  return subject.replace(/^(?:\p{L}{1,8}(?:\[\d{1,3}\])? ?[:：]\s*)+/u, '').toLowerCase()
}

function toLines(row: ConversationRow, subject: string): string {
  const marks = [
    row.draft && 'draft',
    row.offset !== undefined && `from character ${row.offset}`,
    withoutPrefixes(row.subject) !== withoutPrefixes(subject) && `subject: ${row.subject}`,
    row.attachments !== undefined && `attachments: ${row.attachments.join(', ')}`,
    row.warnings !== undefined && `warnings: ${row.warnings.join(', ')}`,
  ].filter((mark) => typeof mark === 'string')
  return [`${row.id} ${row.date} ${row.from}`, ...marks, row.body].filter((line) => line !== '').join('\n')
}
