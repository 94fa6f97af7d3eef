/**
 * The summary row of the contract and the lines a model reads instead. A page of rows is clipped until it fits: a
 * sender chooses the length of a subject and of every name, and a page must still arrive whole.
 */
import type { MailAddress, MessageSummary } from '@email-connector/mail'
import * as z from 'zod'
import { toEmailId } from './email-id.ts'
import { fits, toLine } from './fit.ts'
import type { ToolResult } from './tool-result.ts'
import { type MakeMark, quoteUntrusted } from './untrusted.ts'

const summaryRow = z.object({
  id: z.string(),
  date: z.string(),
  from: z.string(),
  to: z.string(),
  subject: z.string(),
  preview: z.string(),
  unread: z.boolean(),
  flagged: z.boolean(),
  answered: z.boolean(),
  attachments: z.int(),
  size: z.int(),
  thread_id: z.string().optional(),
  invitation: z.string().optional(),
  list: z.string().optional(),
  account: z.string().optional(),
})
/** Of a page of several mailboxes. */
export const placedRow = summaryRow.extend({ mailbox: z.string().optional() })
export type SummaryRow = z.output<typeof placedRow>

export const summaryPage = {
  account: z.string(),
  emails: z.array(summaryRow),
  next_cursor: z.string().optional(),
  notice: z.string(),
}

/** Characters of previews: few rows say more each, and ten stay within 1,200 tokens in each of the two forms. */
const maxPreviewChars = 200
const minPreviewChars = 80
const previewsOfPage = 800

/** Characters for each free text of a row; the first that fits is taken. The last fits 50 rows of any content. */
const shortestClip = 40
const clips = [300, 120, shortestClip]

interface OwnedSummary {
  readonly accountId: string
  /** Named in the row, where a page is of several accounts. */
  readonly address?: string
  /** Named in the row, where a page is of several mailboxes; INBOX goes without saying. */
  readonly mailbox?: string
  readonly message: MessageSummary
}

const ownWords = /^(?:inbox|drafts|sent|trash|junk|archive|all)$/i

/** In our own sentences a mailbox has a word of our own only: others may have named it, and a caller copies its name. */
export function toPlaceText(mailbox: string): { where: string; quoted: { quotedHead?: string } } {
  return ownWords.test(mailbox)
    ? { where: ` in ${mailbox}`, quoted: {} }
    : { where: '', quoted: { quotedHead: `Mailbox: ${toLine(mailbox, 200)}` } }
}

/** A page names the account that its rows are of, or `all`. */
interface RowsPage {
  account: string
  emails: SummaryRow[]
}

type ToPage<Page> = (emails: SummaryRow[]) => { structured: Page; head: string; quotedHead?: string }

export function toSummaryPage<Page extends RowsPage>(
  around: { readonly makeMark: MakeMark },
  accountId: string,
  messages: readonly MessageSummary[],
  toPage: ToPage<Page>,
): ToolResult<Page> {
  const rows = messages.map((message) => ({ accountId, message }))
  return toAccountsPage(around, rows, toPage)
}

/** Rows of several accounts. */
export function toAccountsPage<Page extends RowsPage>(
  { makeMark }: { readonly makeMark: MakeMark },
  owned: readonly OwnedSummary[],
  toPage: ToPage<Page>,
): ToolResult<Page> {
  const share = Math.floor(previewsOfPage / Math.max(1, owned.length))
  const previewChars = Math.min(maxPreviewChars, Math.max(minPreviewChars, share))
  const build = (maxChars: number): ToolResult<Page> => {
    const rows = owned.map((one) => toRow(one, maxChars, Math.min(previewChars, maxChars)))
    const { structured, head, quotedHead } = toPage(rows)
    const lines = owned.map(({ address = structured.account, message }, index) => {
      const row = rows[index]
      return row === undefined ? [] : toLines(row, isToAlone(message, address))
    })
    const shown = [quotedHead ?? [], lines].flat(2).join('\n')
    const quoted = shown === '' ? [] : [quoteUntrusted(shown, makeMark)]
    return { structured, text: [head, ...quoted].join('\n') }
  }
  return build(clips.find((maxChars) => fits(build(maxChars))) ?? shortestClip)
}

function isToAlone({ to: [first, ...others] }: MessageSummary, address: string): boolean {
  return others.length === 0 && first?.address.toLowerCase() === address.toLowerCase()
}

/** `list:` finds by a part of the id, too. */
const maxListChars = 80

function toRow(
  { accountId, address, mailbox, message }: OwnedSummary,
  maxChars: number,
  previewChars: number,
): SummaryRow {
  return {
    id: toEmailId(accountId, message.ref),
    date: message.date,
    from: toAddressText(message.from, maxChars),
    to: toAddressText(message.to, maxChars),
    subject: toLine(message.subject, maxChars),
    preview: toLine(message.preview, previewChars),
    unread: message.unread,
    flagged: message.flagged,
    answered: message.answered,
    attachments: message.attachments,
    size: message.size,
    ...(message.threadId === undefined ? {} : { thread_id: message.threadId }),
    ...(message.invitation === undefined ? {} : { invitation: message.invitation }),
    ...(message.list === undefined ? {} : { list: toLine(message.list, maxListChars) }),
    ...(mailbox === undefined ? {} : { mailbox: toLine(mailbox, maxChars) }),
    ...(address === undefined ? {} : { account: address }),
  }
}

/** Whole addresses, as many as fit, and how many there are beyond them. The first is cut if it must be. */
export function toAddressText(
  addresses: readonly MailAddress[],
  maxChars: number,
  total = addresses.length,
): string {
  const shown: string[] = []
  let left = maxChars
  for (const address of addresses) {
    const text = toLine(toMailboxText(address), maxChars)
    const isLast = shown.length + 1 === total
    left -= text.length + 2
    if (shown.length > 0 && left < (isLast ? -2 : longestMore)) break
    shown.push(text)
  }
  const more = Math.max(total, addresses.length) - shown.length
  return `${shown.join(', ')}${shown.length > 0 && more > 0 ? ` and ${more} more` : ''}`
}

/** ` and 12345 more` */
const longestMore = 16

/** Name and address as people write them. A quote in a name would end it early, an angle would fake an address. */
function toMailboxText({ name, address }: MailAddress): string {
  const shown = toAddressLine(address)
  if (name === undefined || name === '' || name === address) return shown
  return `${/[",<>@]/.test(name.normalize('NFKC')) ? JSON.stringify(name) : name} <${shown}>`
}

/** RFC 5322 §3.4.1: a local part with such characters was quoted, and is no address without its quotes. */
function toAddressLine(address: string): string {
  const at = address.lastIndexOf('@')
  const local = address.slice(0, at)
  return at > 0 && /[\s"(),:;<>@[\\\]]/.test(local) ? `${JSON.stringify(local)}${address.slice(at)}` : address
}

/**
 * What is the sender's comes behind a blank: it cannot begin a row. Whom it is to is left out where that is the account
 * alone.
 */
function toLines(row: SummaryRow, isToOwner: boolean): string[] {
  const marks = [
    row.unread && 'unread',
    row.flagged && 'flagged',
    row.answered && 'answered',
    row.attachments > 0 && `${row.attachments} attachment${row.attachments === 1 ? '' : 's'}`,
    `${row.size} bytes`,
    row.thread_id !== undefined && `thread ${row.thread_id}`,
    row.invitation !== undefined && `invitation: ${row.invitation}`,
    // Others may have named it: in quotes it ends no mark.
    row.mailbox !== undefined && `in ${JSON.stringify(row.mailbox)}`,
    row.account !== undefined && `in ${row.account}`,
  ].filter((mark) => mark !== false)
  return [
    `${row.id} ${row.date} ${marks.join(', ')}`,
    ` ${row.from}${row.to === '' || isToOwner ? '' : ` to ${row.to}`}: ${row.subject}`,
    ...(row.list === undefined ? [] : [` list ${row.list}`]),
    ...(row.preview === '' ? [] : [` ${row.preview}`]),
  ]
}

/** At the start of an answer, since clients cut ends and middles. */
export function toMoreText(nextCursor: string | undefined): string {
  return nextCursor === undefined ? '' : ` More: cursor ${nextCursor}`
}

export function toCountText(count: number, kind = ''): string {
  return `${count} ${kind}${count === 1 ? 'email' : 'emails'}`
}
