/** The folders of one account. Long lists are paged by what fits into one answer. */
import { listMailboxes as readMailboxes } from '@email-connector/mail'
import * as z from 'zod'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { parseCursor, toCursor } from '../wire/cursor.ts'
import { maxResultChars, toLine } from '../wire/fit.ts'
import { toMoreText } from '../wire/summary-row.ts'
import { quoteUntrusted } from '../wire/untrusted.ts'

const tool = 'list_mailboxes'

export const listMailboxes = defineTool({
  name: tool,
  title: 'List mailboxes',
  description: 'Folders of an account: path, special use, number of emails and of unread ones.',
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    include_counts: z.boolean().default(true).describe('Default true'),
    cursor: parameters.cursor,
  }),
  output: z.object({
    account: z.string(),
    mailboxes: z.array(
      z.object({
        path: z.string(),
        name: z.string(),
        special_use: z.string().optional(),
        total: z.int().optional(),
        unread: z.int().optional(),
      }),
    ),
    delimiter: z.string().optional(),
    next_cursor: z.string().optional(),
  }),
  async handle(input, call) {
    const opened = await call.accounts.open(input.account)
    const question = { tool, accountId: opened.accountId, parameters: input }
    const start = input.cursor === undefined ? 0 : Number(parseCursor(input.cursor, question))
    const all = await call.withSession(opened, (session) =>
      readMailboxes(session, { includeCounts: input.include_counts }),
    )
    const listed = all
      .filter((mailbox) => mailbox.selectable)
      .slice(start)
      .map(({ path, name, specialUse, total, unread }) => ({
        path,
        name,
        ...(specialUse === undefined ? {} : { special_use: specialUse }),
        ...(total === undefined ? {} : { total }),
        ...(unread === undefined ? {} : { unread }),
      }))
    // A row stands twice in the answer, as JSON and as a line.
    let chars = 1000
    const tooMany = listed.findIndex((mailbox) => {
      chars += 2 * JSON.stringify(mailbox).length
      return chars > maxResultChars
    })
    const mailboxes = tooMany < 0 ? listed : listed.slice(0, tooMany)
    const next = tooMany < 0 ? {} : { next_cursor: toCursor(String(start + tooMany), question) }
    const lines = mailboxes.map(({ path, special_use, total, unread }) => {
      const counts =
        total === undefined ? '' : `: ${total} ${total === 1 ? 'email' : 'emails'}, ${unread ?? 0} unread`
      return `${toLine(path, 1000)}${special_use === undefined ? '' : ` [${special_use}]`}${counts}`
    })
    const delimiter = all.find((one) => one.delimiter !== '')?.delimiter ?? '/'
    const levels =
      delimiter === '/'
        ? ''
        : ` Levels are separated by ${toLine(delimiter, 4)} ; Projects/2026 is understood too.`
    const text = `Mailboxes of ${opened.address}.${levels}${toMoreText(next.next_cursor)}\n${quoteUntrusted(lines.join('\n'), call.makeMark)}`
    return {
      structured: {
        ...next,
        account: opened.address,
        ...(delimiter === '/' ? {} : { delimiter }),
        mailboxes,
      },
      text,
    }
  },
})
