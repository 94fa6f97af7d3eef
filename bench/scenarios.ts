/** The calls whose cost is counted, each with its budget of round trips, TCP and TLS included (docs/architecture.md). */

export interface Scenario {
  readonly name: string
  readonly tool: string
  /** With what the server is like remembered; without, two more are allowed. */
  readonly budget: number
  /** The same round trips, and bytes within 20 %, on a mailbox of any size. */
  readonly growsNot?: true
  /** Talks to two servers at once. */
  readonly far?: true
  /** Signs in with an access token, in the place of a password. */
  readonly byToken?: true
  /** A call whose answer this one needs; it is not counted. */
  readonly after?: Pick<Scenario, 'tool' | 'arguments'>
  arguments(take: Take, run: number, before: Readonly<Record<string, unknown>>): Record<string, unknown>
}

/** Ids of emails that no other call uses, newest first. */
export type Take = (count: number, which?: 'seen' | 'unseen') => string[]

/** Of twice as many emails in Junk every other one (mail-servers.ts). */
export const bulkUnread = 2_000

/** In Archive: one file of 10 MB. */
export const largeSubject = 'The whole archive'

const letter = (run: number, body: string) => ({
  to: ['Bob <bob@test.example>'],
  subject: `Figures ${run}`,
  body,
})
const paragraph = 'The figures are attached to my mail of **Tuesday**; the rest follows.\n\n'

export const scenarios: readonly Scenario[] = [
  { name: 'list_providers', tool: 'list_providers', budget: 0, arguments: () => ({}) },
  { name: 'list_accounts', tool: 'list_accounts', budget: 0, arguments: () => ({}) },
  { name: 'list_mailboxes, 37 with counts', tool: 'list_mailboxes', budget: 5, arguments: () => ({}) },
  { name: 'get_recent_emails', tool: 'get_recent_emails', budget: 6, growsNot: true, arguments: () => ({}) },
  {
    name: 'get_recent_emails, by an access token',
    tool: 'get_recent_emails',
    budget: 6,
    byToken: true,
    arguments: () => ({}),
  },
  {
    name: 'get_recent_emails, unread',
    tool: 'get_recent_emails',
    budget: 7,
    growsNot: true,
    arguments: () => ({ unread_only: true }),
  },
  {
    name: 'search_emails, subject',
    tool: 'search_emails',
    budget: 7,
    arguments: () => ({ mailbox: 'INBOX', subject: 'Invoice', limit: 10 }),
  },
  {
    // 35 mailboxes: all but Junk and Trash.
    name: 'search_emails, everywhere',
    tool: 'search_emails',
    budget: 10,
    arguments: () => ({ subject: 'Invoice', limit: 10 }),
  },
  {
    name: 'get_email',
    tool: 'get_email',
    budget: 6,
    growsNot: true,
    arguments: (take) => ({ id: take(1)[0] }),
  },
  { name: 'get_email, 20 ids', tool: 'get_email', budget: 7, arguments: (take) => ({ ids: take(20) }) },
  {
    // Searched in all 37 mailboxes, which is two flights: so many commands wait in one.
    name: 'get_thread',
    tool: 'get_thread',
    budget: 9,
    arguments: (take) => ({ id: take(1)[0] }),
  },
  {
    name: 'draft_email, 1 kB',
    tool: 'draft_email',
    budget: 5,
    arguments: (_, run) => letter(run, paragraph),
  },
  {
    name: 'draft_email, 60 kB',
    tool: 'draft_email',
    budget: 6,
    arguments: (_, run) => letter(run, paragraph.repeat(400)),
  },
  {
    name: 'draft_email, a reply',
    tool: 'draft_email',
    budget: 6,
    arguments: (take, run) => ({ ...letter(run, paragraph), in_reply_to: take(1)[0] }),
  },
  {
    name: 'mark_as_read',
    tool: 'mark_as_read',
    budget: 6,
    growsNot: true,
    arguments: (take) => ({ ids: take(1, 'unseen') }),
  },
  {
    // Dovecot leaves what did not change out of its answer; the FETCH in front of the STORE has said it.
    name: 'mark_as_read, read before',
    tool: 'mark_as_read',
    budget: 6,
    arguments: (take) => ({ ids: take(1) }),
  },
  {
    name: 'move_email',
    tool: 'move_email',
    budget: 6,
    growsNot: true,
    arguments: (take) => ({ ids: take(1), destination: 'archive' }),
  },
  {
    name: 'undo, of mark_as_read',
    tool: 'undo',
    budget: 6,
    growsNot: true,
    after: { tool: 'mark_as_read', arguments: (take) => ({ ids: take(1, 'unseen') }) },
    arguments: (_, __, { undo }) => ({ undo }),
  },
  {
    name: 'organize_emails, dry run',
    tool: 'organize_emails',
    budget: 8,
    arguments: () => ({ mailbox: 'INBOX', query: 'subject:Invoice', action: 'archive' }),
  },
  {
    name: 'organize_emails, 2,000 moved',
    tool: 'organize_emails',
    budget: 12,
    // The second call brings back what the first one moved.
    arguments: (_, run) => ({
      ...(run % 2 === 1
        ? { mailbox: 'junk', destination: 'Project 31' }
        : { mailbox: 'Project 31', destination: 'junk' }),
      ...{ query: 'is:unread', action: 'move', dry_run: false, expected: bulkUnread },
    }),
  },
  {
    name: 'send_email',
    tool: 'send_email',
    budget: 8,
    far: true,
    arguments: (_, run) => letter(run, paragraph),
  },
  {
    name: 'send_email, by an access token',
    tool: 'send_email',
    budget: 8,
    ...{ far: true, byToken: true },
    arguments: (_, run) => letter(run, paragraph),
  },
  // SMTP logs in while the email is read; its copy and the mark on what it answers share one flight.
  {
    name: 'reply_to_email',
    tool: 'reply_to_email',
    budget: 8,
    far: true,
    arguments: (take) => ({ id: take(1)[0], body: paragraph }),
  },
  {
    name: 'forward_email',
    tool: 'forward_email',
    budget: 8,
    far: true,
    arguments: (take) => ({ id: take(1)[0], body: paragraph, to: ['bob@test.example'] }),
  },
  {
    // In pieces of 4 MB, the largest literal that is taken.
    name: 'forward_email, 10 MB',
    tool: 'forward_email',
    budget: 12,
    far: true,
    after: { tool: 'search_emails', arguments: () => ({ mailbox: 'Archive', subject: largeSubject }) },
    arguments: (_, run, { emails }) => ({
      ...{ id: (emails as { id: string }[])[0]?.id, to: ['bob@test.example'] },
      body: `${paragraph}${run}`,
    }),
  },
  {
    name: 'send_draft',
    tool: 'send_draft',
    budget: 10,
    far: true,
    after: { tool: 'draft_email', arguments: (_, run) => letter(run, paragraph) },
    arguments: (_, __, { id }) => ({ id }),
  },
]
