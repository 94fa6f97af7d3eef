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
  arguments(take: Take, run: number): Record<string, unknown>
}

/** Ids of emails that no other call uses, newest first. */
export type Take = (count: number, which?: 'seen' | 'unseen') => string[]

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
    name: 'get_email',
    tool: 'get_email',
    budget: 6,
    growsNot: true,
    arguments: (take) => ({ id: take(1)[0] }),
  },
  { name: 'get_email, 20 ids', tool: 'get_email', budget: 7, arguments: (take) => ({ ids: take(20) }) },
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
    // Dovecot leaves what did not change out of its answer, so it is asked.
    name: 'mark_as_read, read before',
    tool: 'mark_as_read',
    budget: 7,
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
    name: 'send_email',
    tool: 'send_email',
    budget: 8,
    far: true,
    arguments: (_, run) => letter(run, paragraph),
  },
  // Two connections one after the other: SMTP is not opened before what is sent is known.
  {
    name: 'reply_to_email',
    tool: 'reply_to_email',
    budget: 15,
    far: true,
    arguments: (take) => ({ id: take(1)[0], body: paragraph }),
  },
  {
    name: 'forward_email',
    tool: 'forward_email',
    budget: 15,
    far: true,
    arguments: (take) => ({ id: take(1)[0], body: paragraph, to: ['bob@test.example'] }),
  },
]
