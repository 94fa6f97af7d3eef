/** A thread about a product launch, with replies from the demo user. */
import type { DemoMessage } from '../raw-message.ts'
import { me, nora, tomas } from './senders.ts'

export const launch: readonly DemoMessage[] = [
  {
    key: 'launch-1',
    from: nora,
    cc: tomas,
    subject: 'Launch on the 14th: are we ready?',
    hoursAgo: 74,
    flags: ['\\Seen', '\\Answered'],
    text: 'Hi Sam,\n\nthree things still open for the launch on the 14th:\n\n1. Pricing page copy (you)\n2. Load test (Tomás)\n3. Press list (me)\n\nCan you tell me by Thursday whether the pricing page will make it?\n\nNora',
  },
  {
    key: 'launch-2',
    mailbox: 'Sent',
    from: me,
    to: nora,
    cc: tomas,
    subject: 'Re: Launch on the 14th: are we ready?',
    hoursAgo: 71,
    inReplyTo: 'launch-1',
    references: ['launch-1'],
    flags: ['\\Seen'],
    text: 'Hi Nora,\n\nthe pricing page will be done on Wednesday evening. The yearly plan is still 20 % off, right?\n\nSam',
  },
  {
    key: 'launch-3',
    from: tomas,
    to: `${nora}, ${me}`,
    subject: 'Re: Launch on the 14th: are we ready?',
    hoursAgo: 52,
    inReplyTo: 'launch-2',
    references: ['launch-1', 'launch-2'],
    flags: ['\\Seen'],
    text: 'Load test is through: 1,200 requests per second, p99 at 180 ms. Report attached.\n\nTomás',
    attachments: [
      {
        filename: 'load-test.csv',
        contentType: 'text/csv',
        content:
          'stage,requests_per_second,p50_ms,p99_ms,errors\nwarm-up,100,22,61,0\nsteady,600,31,104,0\npeak,1200,48,180,3\n',
      },
    ],
  },
  {
    key: 'launch-4',
    from: nora,
    cc: tomas,
    subject: 'Re: Launch on the 14th: are we ready?',
    hoursAgo: 6,
    inReplyTo: 'launch-3',
    references: ['launch-1', 'launch-2', 'launch-3'],
    text: 'Great numbers. Yes, 20 % off on the yearly plan.\n\nSam, one question left: do we mention the student discount? Please answer today, the press text goes out tomorrow at 9.\n\nNora',
  },
]
