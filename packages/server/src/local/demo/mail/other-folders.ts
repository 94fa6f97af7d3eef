/** What lies in Archive, Junk and Drafts. */
import type { DemoMessage } from '../raw-message.ts'
import { me } from './senders.ts'

export const otherFolders: readonly DemoMessage[] = [
  // Elsewhere.
  {
    key: 'old-contract',
    mailbox: 'Archive',
    from: 'Dana Whitlock <dana@whitlock-legal.example>',
    subject: 'Contract draft v2',
    hoursAgo: 400,
    flags: ['\\Seen'],
    text: 'Version 2, notice period 30 days as discussed.\n\nDana',
  },
  {
    key: 'old-tax',
    mailbox: 'Archive',
    from: 'Tax Office Berlin <noreply@tax.example>',
    subject: 'Your notice for 2025',
    hoursAgo: 1400,
    flags: ['\\Seen', '\\Flagged'],
    text: 'Your notice for 2025 is ready. Refund: EUR 612.00.',
  },
  {
    key: 'junk-1',
    mailbox: 'Junk',
    from: 'Prize Centre <win@prizes.example>',
    subject: 'You have WON a telephone!!!',
    hoursAgo: 33,
    text: 'Click now to claim your prize.',
  },
  {
    key: 'junk-2',
    mailbox: 'Junk',
    from: 'Harbour Bank Security <security@harbour-bank.example>',
    subject: 'Your account is locked',
    hoursAgo: 55,
    html: '<p>Dear customer, unlock at <a href="http://198.51.100.7/login">www.harbourbank.example</a></p>',
  },
  {
    key: 'draft-1',
    mailbox: 'Drafts',
    from: me,
    to: 'Aylin Koç <aylin@harborlight.example>',
    subject: 'Re: Interview feedback: backend candidate',
    hoursAgo: 40,
    inReplyTo: 'hiring-1',
    references: ['hiring-1'],
    flags: ['\\Seen', '\\Draft'],
    text: 'Hi Aylin,\n\nsolid on storage and queues, needed help with',
  },
]
