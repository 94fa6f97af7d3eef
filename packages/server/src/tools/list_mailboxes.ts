/** The folders of one account, or of all. Long lists are paged by what fits into one answer. */
import { type ImapSession, listMailboxes as readMailboxes } from '@email-connector/mail'
import * as z from 'zod'
import { askAccounts, isAll } from '../tool-call/all-accounts.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { parseCursor, toCursor } from '../wire/cursor.ts'
import { failedAccounts, toFailed, toFailureWarnings, toNotes } from '../wire/failed-accounts.ts'
import { maxResultChars, toLine } from '../wire/fit.ts'
import { toMoreText } from '../wire/summary-row.ts'
import { quoteUntrusted } from '../wire/untrusted.ts'

const tool = 'list_mailboxes'

export const listMailboxes = defineTool({
  name: tool,
  title: 'List mailboxes',
  description: 'Folders of an account: path, special use, number of emails and unread ones.',
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    account: parameters.accountOrAll,
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
        account: z.string().optional(),
      }),
    ),
    delimiter: z.string().optional(),
    next_cursor: z.string().optional(),
    ...failedAccounts,
  }),
  async handle(input, call) {
    const isOfAll = isAll(input.account)
    const read = (session: ImapSession) => readMailboxes(session, { includeCounts: input.include_counts })
    const opened = isOfAll ? undefined : await call.accounts.open(input.account)
    const question = { tool, accountId: opened?.accountId ?? 'all', parameters: input }
    const start = input.cursor === undefined ? 0 : Number(parseCursor(input.cursor, question))
    const { answers, failures } =
      opened === undefined
        ? await askAccounts(call, await call.accounts.list(), read)
        : { answers: [{ ...opened, value: await call.withSession(opened, read) }], failures: [] }
    const listed = answers
      .flatMap(({ address, value }) => value.map((mailbox) => ({ ...mailbox, address })))
      .filter((mailbox) => mailbox.selectable)
      .slice(start)
      .map(({ path, name, specialUse, total, unread, address }) => ({
        path,
        name,
        ...(specialUse === undefined ? {} : { special_use: specialUse }),
        ...(total === undefined ? {} : { total }),
        ...(unread === undefined ? {} : { unread }),
        ...(isOfAll ? { account: address } : {}),
      }))
    // A row stands twice in the answer, as JSON and as a line.
    let chars = 2000
    const tooMany = listed.findIndex((mailbox) => {
      chars += 2 * JSON.stringify(mailbox).length
      return chars > maxResultChars
    })
    const mailboxes = tooMany < 0 ? listed : listed.slice(0, tooMany)
    const next = tooMany < 0 ? {} : { next_cursor: toCursor(String(start + tooMany), question) }
    const lines = mailboxes.map(({ path, special_use, total, unread, account }) => {
      const counts =
        total === undefined ? '' : `: ${total} ${total === 1 ? 'email' : 'emails'}, ${unread ?? 0} unread`
      const whose = account === undefined ? '' : `${account}: `
      return `${whose}${toLine(path, 1000)}${special_use === undefined ? '' : ` [${special_use}]`}${counts}`
    })
    const warnings = toFailureWarnings(failures)
    const delimiters = answers.map(({ value }) => value.find((one) => one.delimiter !== '')?.delimiter ?? '/')
    const delimiter = delimiters.find((one) => one !== '/')
    const levels =
      delimiter === undefined
        ? ''
        : ` Levels are separated by ${toLine(delimiter, 4)} ; Projects/2026 is understood too.`
    const head = `Mailboxes of ${opened?.address ?? 'all accounts'}.${levels}${toNotes(warnings)}${toMoreText(next.next_cursor)}`
    return {
      structured: {
        ...next,
        account: opened?.address ?? 'all',
        ...(opened === undefined || delimiter === undefined ? {} : { delimiter }),
        ...toFailed(failures),
        ...(warnings.length === 0 ? {} : { warnings }),
        mailboxes,
      },
      text: `${head}\n${quoteUntrusted(lines.join('\n'), call.makeMark)}`,
    }
  },
})
