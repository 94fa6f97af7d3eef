/** Family, friends and colleagues. */
import type { DemoMessage } from '../raw-message.ts'
import { me, mum } from './senders.ts'

export const people: readonly DemoMessage[] = [
  // Family and friends.
  {
    key: 'mum-1',
    from: mum,
    subject: 'Sunday lunch',
    hoursAgo: 27,
    text: 'Hello love,\n\nare you coming on Sunday? Your sister brings the children. I need to know how many potatoes.\n\nMum',
  },
  {
    key: 'friend-1',
    from: 'Jürgen Weiß <juergen@weiss.example>',
    subject: 'Grüße aus Köln – 日本語も少し',
    hoursAgo: 190,
    flags: ['\\Seen'],
    text: 'Hallo Sam,\n\nschöne Grüße vom Rhein! Im März bin ich in Tokyo (東京). Kommst du mit?\n\nJürgen',
  },
  {
    key: 'friend-2',
    mailbox: 'Sent',
    from: me,
    to: 'Jürgen Weiß <juergen@weiss.example>',
    subject: 'Re: Grüße aus Köln – 日本語も少し',
    hoursAgo: 180,
    inReplyTo: 'friend-1',
    references: ['friend-1'],
    flags: ['\\Seen'],
    text: 'Lieber Jürgen, im März klappt es leider nicht. Schick Fotos!\n\nSam',
  },
  // Work around it.
  {
    key: 'hiring-1',
    from: 'Aylin Koç <aylin@harborlight.example>',
    subject: 'Interview feedback: backend candidate',
    hoursAgo: 49,
    flags: ['\\Seen'],
    text: 'Could you write two sentences about the system design part? I collect everything on Monday.\n\nAylin',
  },
  {
    key: 'standup',
    from: 'Standup Bot <bot@harborlight.example>',
    subject: 'Standup notes, Friday',
    hoursAgo: 31,
    flags: ['\\Seen'],
    html: '<h3>Standup notes</h3><ul><li><b>Nora</b>: press list done</li><li><b>Tomás</b>: load test, fixing two slow queries</li><li><b>Sam</b>: pricing page</li></ul>',
  },
  {
    key: 'security-1',
    from: 'Harborlight IT <it@harborlight.example>',
    subject: 'Please renew your VPN certificate before 28 November',
    hoursAgo: 16,
    text: 'Your VPN certificate ends on 28 November. Renewal takes two minutes in the self-service portal, section "Certificates".\n\nHarborlight IT',
  },
  {
    key: 'contract-1',
    from: 'Dana Whitlock <dana@whitlock-legal.example>',
    subject: 'Contract draft v3 – comments inside',
    hoursAgo: 12,
    flags: ['\\Flagged'],
    text: 'Sam,\n\nversion 3 is attached. I changed clause 4.2 (liability, now capped at twelve months of fees) and clause 7 (notice period, now 60 days).\n\nPlease confirm that 60 days work for you.\n\nDana',
    attachments: [
      {
        filename: 'contract-v3.txt',
        contentType: 'text/plain',
        content:
          'SERVICE AGREEMENT, draft 3\n\n4.2 Liability is capped at the fees of the last twelve months.\n7.  Either party may end this agreement with 60 days of notice.\n',
      },
    ],
  },
]
