/** One change of all emails that a query finds: first counted and shown, then made of exactly as many. */
import {
  type Counted,
  dayIn,
  maxOrganized,
  mergeFields,
  type OrganizeAction,
  type Organized,
  type OrganizedMailbox,
  prepareOrganizer,
} from '@email-connector/mail'
import * as z from 'zod'
import { explainFlagNames } from '../tool-call/flag-names.ts'
import * as parameters from '../tool-call/parameters.ts'
import { timeZoneOf } from '../tool-call/time-zone.ts'
import { defineTool, type ToolCall } from '../tool-call/tool.ts'
import { createUndoToken } from '../tool-call/undo-token.ts'
import { toAccountTag, toEmailId } from '../wire/email-id.ts'
import { toLine } from '../wire/fit.ts'
import { toRefusedWarnings, toUndoText, toUndoWarnings } from '../wire/results-by-id.ts'
import { toAddressText, toCountText } from '../wire/summary-row.ts'
import { ToolError } from '../wire/tool-error.ts'
import { quoteUntrusted, untrustedNotice } from '../wire/untrusted.ts'

const inQuery = (as: string) => `put it in "query", as ${as}`

/** What narrows a search narrows a clean-up by its query alone: more than was meant must not be changed. */
const misplaced = {
  from: inQuery('from:ann'),
  to: inQuery('to:ann'),
  cc: inQuery('cc:ann'),
  bcc: inQuery('bcc:ann'),
  with: inQuery('with:ann'),
  subject: inQuery('subject:invoice'),
  body: inQuery('body:invoice'),
  since: inQuery('after:2026-11-01'),
  after: inQuery('after:2026-11-01'),
  before: inQuery('before:2026-11-01'),
  until: inQuery('before:2026-11-01'),
  older_than: inQuery('older_than:30d'),
  newer_than: inQuery('newer_than:30d'),
  unread: inQuery('is:unread or as is:read'),
  is_unread: inQuery('is:unread or as is:read'),
  read: inQuery('is:unread or as is:read'),
  flagged: inQuery('is:starred or as -is:starred'),
  starred: inQuery('is:starred or as -is:starred'),
  answered: inQuery('is:answered or as is:unanswered'),
  has_attachment: inQuery('has:attachment or as -has:attachment'),
  filename: inQuery('filename:pdf'),
  larger_than: inQuery('larger:5M'),
  smaller_than: inQuery('smaller:5M'),
  folder: 'give "mailbox"',
  ids: 'the tools that change single emails take them',
  limit: 'all that "query" finds are changed',
}

const actions = ['archive', 'delete', 'move', 'mark_read', 'mark_unread', 'flag', 'label'] as const

export const organizeEmails = defineTool({
  name: 'organize_emails',
  title: 'Organize emails',
  description: `Changes all emails that a query finds, up to ${maxOrganized} a call. A dry run changes nothing and tells count and sample; then dry_run false with that count as "expected" does it. What is already so does not count.`,
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    query: parameters.line.describe('As in search_emails'),
    mailbox: parameters.mailbox.describe('Default INBOX; all: all but junk and trash').optional(),
    action: z.enum(actions),
    destination: parameters.mailboxPath.describe('For move: a mailbox').optional(),
    label: parameters.line.describe('For label').optional(),
    dry_run: z.boolean().default(true).describe('Default true'),
    expected: z.int().min(0).describe('Count of the dry run, 0 or more').optional(),
  }),
  misplaced,
  output: z.object({
    account: z.string(),
    count: z.int(),
    changed: z.int().optional(),
    remaining: z.int().optional(),
    mailboxes: z.array(
      z.object({
        path: z.string(),
        count: z.int(),
        changed: z.int().optional(),
        code: z.string().optional(),
      }),
    ),
    sample: z
      .array(z.object({ id: z.string(), date: z.string(), from: z.string(), subject: z.string() }))
      .optional(),
    undo: z.string().optional(),
    warnings: z.array(z.string()).optional(),
    notice: z.string(),
  }),
  handle: (input, call) =>
    explainFlagNames(async () => {
      const action = toAction(input)
      const ask = (timeZone: string) =>
        mergeFields({ query: input.query }, dayIn(new Date(call.now() * 1000), timeZone))
      // What is refused is refused before a connection is opened, whatever the time zone.
      assertMeant(ask('UTC'))
      if (!input.dry_run && input.expected === undefined)
        throw refusal('expected', 'is missing: a dry run tells the count')
      const { mailbox } = input
      const opened = await call.accounts.open(input.account)
      const timeZone = timeZoneOf(opened)
      const { query, warnings } = assertMeant(ask(timeZone))
      const organizer = prepareOrganizer({ query, action, timeZone, ...(mailbox && { mailbox }) })
      const notes = warnings.map(({ position, text }) => `${text} (character ${position})`)
      const { accountId, address } = opened
      const asked = { accountId, address, notes, action: input.action }
      if (input.dry_run) {
        const counted = await call.withSession(opened, organizer.count)
        return toDryRun(call, counted, asked)
      }
      const expected = input.expected ?? 0
      const done = await call.withSession(opened, (session) => organizer.organize(session, expected))
      if (done.changed === undefined) {
        const sentence = `${done.count} emails match now, and ${expected} were expected: nothing was changed. A dry run shows them; "expected" ${done.count} takes them.`
        throw new ToolError('count_changed', sentence, { field: 'expected' })
      }
      return await toDone(call, done, asked)
    }),
})

const maxMailboxes = 100

function assertMeant({ query, warnings, faults }: ReturnType<typeof mergeFields>) {
  const [fault] = faults
  if (fault !== undefined) throw refusal('query', `${fault.text} (character ${fault.position})`)
  if (query === undefined) throw refusal('query', 'must say which emails are meant')
  return { query, warnings }
}

interface Asked {
  readonly accountId: string
  readonly address: string
  readonly notes: readonly string[]
  readonly action: string
}

function refusal(field: string, text: string): ToolError {
  return new ToolError('invalid_input', `"${field}" ${text}.`, { field })
}

function toAction({
  action,
  destination,
  label,
}: {
  action: (typeof actions)[number]
  destination?: string | undefined
  label?: string | undefined
}): OrganizeAction {
  if (destination !== undefined && action !== 'move') throw refusal('destination', 'is for the action move')
  if (label !== undefined && action !== 'label') throw refusal('label', 'is for the action label')
  if (action === 'move') {
    if (destination === undefined) throw refusal('destination', 'is missing: to which mailbox')
    return { name: action, destination }
  }
  if (action === 'label') {
    if (label === undefined) throw refusal('label', 'is missing: which one')
    return { name: action, label }
  }
  return { name: action }
}

function toDryRun(
  { makeMark }: ToolCall,
  { count, mailboxes, sample }: Counted,
  { accountId, address, notes, action }: Asked,
) {
  const rows = sample.map(({ ref, date, from, subject }) => ({
    id: toEmailId(accountId, ref),
    date,
    from: toAddressText(from, maxSampleChars),
    subject: toLine(subject, maxSampleChars),
  }))
  const warnings = [...notes, ...toFailedWarnings(mailboxes)]
  const howToGoOn = count === 0 ? '' : ` To ${action} them: dry_run false, expected ${count}.`
  const inParts = count > maxOrganized ? ` A call does ${maxOrganized} of them.` : ''
  const head = `Dry run, nothing changed: ${toCountText(count)} of ${address} match.${howToGoOn}${inParts}${toUndoText(undefined, warnings)}`
  const lines = [
    ...toMailboxLines(mailboxes),
    ...rows.map(({ id, date, from, subject }) => `${id} ${date} ${from}: ${subject}`),
  ]
  const quoted = lines.length === 0 ? [] : [quoteUntrusted(lines.join('\n'), makeMark)]
  return {
    structured: {
      account: address,
      count,
      mailboxes: mailboxes.map(toMailboxRow).slice(0, maxMailboxes),
      sample: rows,
      ...(warnings.length === 0 ? {} : { warnings }),
      notice: untrustedNotice,
    },
    text: [head, ...quoted].join('\n'),
  }
}

const maxSampleChars = 200

async function toDone(
  call: ToolCall,
  { count, changed, mailboxes, undo: { steps, lost } }: Organized,
  { accountId, address, notes }: Asked,
) {
  const undo = await createUndoToken(call, [{ accountTag: toAccountTag(accountId), steps }])
  const isKept = undo !== undefined || steps.length === 0
  const warnings = [
    ...notes,
    ...toFailedWarnings(mailboxes),
    ...toRefusedWarnings(mailboxes),
    ...toUndoWarnings({ undo, lost, isKept }),
  ]
  const remaining = count - changed
  const more =
    remaining === 0
      ? ''
      : ` ${remaining} remain: ${count > maxOrganized ? `the same call with expected ${remaining} goes on` : 'a dry run shows which'}.`
  const head = `${changed} of ${toCountText(count)} of ${address} changed.${more}${toUndoText(undo, warnings)}`
  return {
    structured: {
      account: address,
      count,
      changed,
      remaining,
      mailboxes: mailboxes.map(toMailboxRow).slice(0, maxMailboxes),
      ...(undo === undefined ? {} : { undo }),
      ...(warnings.length === 0 ? {} : { warnings }),
      notice: untrustedNotice,
    },
    text: [head, quoteUntrusted(toMailboxLines(mailboxes).join('\n'), call.makeMark)].join('\n'),
  }
}

function toMailboxRow({ path, count, changed, code }: OrganizedMailbox) {
  return {
    path: toLine(path, 200),
    count,
    ...(changed === undefined ? {} : { changed }),
    ...(code === undefined ? {} : { code }),
  }
}

function toMailboxLines(mailboxes: readonly OrganizedMailbox[]): string[] {
  return mailboxes.slice(0, maxMailboxes).map(({ path, count, changed, code }) => {
    const done = changed === undefined ? toCountText(count) : `${changed} of ${toCountText(count)} changed`
    return `${toLine(path, 200)}: ${done}${code === undefined ? '' : `, ${code}`}`
  })
}

function toFailedWarnings(mailboxes: readonly OrganizedMailbox[]): string[] {
  const failed = mailboxes.filter(({ count, code }) => count === 0 && code !== undefined)
  return failed.length === 0 ? [] : [`${failed.length} mailboxes could not be searched`]
}
