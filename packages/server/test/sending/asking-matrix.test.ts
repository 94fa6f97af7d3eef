/**
 * R92 as one table: every kind of client, in both eras, under every setting, by every tool that sends. Nothing leaves
 * against the setting, whatever the client says, and nothing is lost where the email is held.
 */
import { findDovecot } from '@email-connector/testing'
import { inLongRun } from '@email-connector/testing/long-run'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GrantSettings } from '../../src/accounts/settings.ts'
import {
  type Answer,
  type Capabilities,
  type Era,
  type Mailboxes,
  type OpenCards,
  reviewOf,
  startMailboxes,
} from './card-clients.ts'

interface Kind extends Capabilities {
  readonly name: string
  /** What the person answers on the card; nothing unless given. */
  readonly onCard?: 'send'
}

const kinds: readonly Kind[] = [
  { name: 'no elicitation' },
  { name: 'elicitation, yes', asks: 'accept' },
  { name: 'elicitation, no', asks: 'decline' },
  { name: 'elicitation, closed', asks: 'cancel' },
  { name: 'elicitation never answered', asks: 'never' },
  { name: 'cards never answered', cards: true },
  { name: 'cards, yes', cards: true, onCard: 'send' },
  { name: 'cards and elicitation, closed', asks: 'cancel', cards: true },
]
const settings: Readonly<Record<string, Pick<GrantSettings, 'ask' | 'trust'>>> = {
  ask: { ask: 'ask', trust: false },
  always: { ask: 'always', trust: false },
  'always, this app trusted': { ask: 'always', trust: true },
  never: { ask: 'never', trust: false },
}
interface Cell {
  readonly way: 'send_email' | 'reply_to_email' | 'forward_email' | 'send_draft'
  readonly subject: string
  readonly args: Record<string, unknown>
}

const letsApps = ({ ask, trust }: Pick<GrantSettings, 'ask' | 'trust'>) =>
  ask === 'ask' || (ask === 'always' && trust)

type Fate = 'out' | 'held' | 'refused' | 'nothing'

/** The rule, as the contract says it. */
function toFate(
  { asks, onCard }: Kind,
  era: Era,
  { ask, trust }: Pick<GrantSettings, 'ask' | 'trust'>,
): Fate {
  if (ask === 'never') return 'out'
  if (!letsApps({ ask, trust })) return 'held'
  if (asks === 'accept') return 'out'
  if (asks === 'decline') return 'refused'
  // A question that never comes back leaves nothing behind in the 2026 era, and the next call asks again.
  if (asks === 'never' && era === '2026') return 'nothing'
  return onCard === 'send' ? 'out' : 'held'
}

describe.skipIf(!findDovecot())('R92', () => {
  let mail: Mailboxes
  beforeAll(async () => {
    mail = await startMailboxes()
  })
  afterAll(() => mail?.close())

  let number = 0

  /** What each tool is called with, so that its email has this subject. */
  async function prepare(tools: OpenCards): Promise<readonly Cell[]> {
    const [fresh, answered, forwarded, draft] = [1, 2, 3, 4].map((way) => `Matrix ${number * 4 + way}`)
    number += 1
    const original = (subject: string | undefined) =>
      `From: bob@test.example\r\nTo: alice@test.example\r\nSubject: ${subject}\r\n\r\nOlder words.\r\n`
    const inbox = mail.dovecot.reader(mail.dovecot.alice)
    await inbox.append('INBOX', [original(answered), original(forwarded)])
    const to = ['bob@test.example']
    const body = 'Words.'
    const { emails } = (await tools.call('get_recent_emails', { limit: 2 })).structured
    const idOf = (subject: string | undefined) =>
      emails.find((one: { subject: string }) => one.subject === subject).id
    const stored = (await tools.call('draft_email', { to, subject: draft, body })).structured
    return [
      { way: 'send_email', subject: `${fresh}`, args: { to, subject: fresh, body } },
      { way: 'reply_to_email', subject: `Re: ${answered}`, args: { id: idOf(answered), body } },
      { way: 'forward_email', subject: `Fwd: ${forwarded}`, args: { id: idOf(forwarded), body, to } },
      { way: 'send_draft', subject: `${draft}`, args: { id: stored.id } },
    ]
  }

  const all = Object.entries(settings).flatMap(([name, setting]) =>
    (['2025', '2026'] as const).map((era) => ({ name, setting, era })),
  )
  /** Both eras under `ask`, one of them under each other setting. */
  const share = all.filter(({ name }, at) => name === 'ask' || at % 4 === 0 || at % 4 === 3)
  test.each(inLongRun(all, share))(
    'R92: with the setting $name no client of the $era era gets mail out against it or loses any',
    async ({ setting, era }) => {
      const [patient, impatient] = await Promise.all(
        [60_000, 40].map((waitMs) => mail.open({ grantSettings: setting, sessionQuestions: { waitMs } })),
      )
      for (const kind of kinds) {
        const tools = kind.asks === 'never' ? impatient : patient
        if (tools === undefined) throw new Error('They were opened')
        const expected = toFate(kind, era, setting)
        const cells = await prepare(tools)
        const isShown = kind.cards === true && letsApps(setting) && kind.asks !== 'accept'
        const got = await Promise.all(cells.map((cell) => run(tools, cell)))
        const drafts = await mail.dovecot.reader(mail.dovecot.alice).messages('Drafts')
        for (const [at, { way, subject }] of cells.entries()) {
          const kept = drafts.filter((one) => one.subject === subject).length
          expect({ ...got[at], data: mail.sentTo(subject).length, kept }, `${kind.name}, ${way}`).toEqual({
            fate: expected,
            isShown,
            data: expected === 'out' ? 1 : 0,
            kept: expected === 'held' || (way === 'send_draft' && expected !== 'out') ? 1 : 0,
          })
        }

        async function run({ connect }: OpenCards, { way, args }: Cell) {
          const { call, client, asked } = await connect(era, kind)
          const calling = call(way, args)
          if (expected === 'nothing') {
            await leave(calling, asked, () => client.close())
            return { fate: expected, isShown: false }
          }
          const answer = await calling
          const card = reviewOf(answer)
          const released =
            card !== undefined && kind.onCard !== undefined
              ? await call('approve_send', { state: card.state, answer: kind.onCard })
              : answer
          return { fate: fateOf(released), isShown: card !== undefined }
        }
      }
    },
  )
})

/** The client goes away with its question unanswered. */
async function leave(answering: Promise<Answer>, asked: Promise<void>, close: () => Promise<void>) {
  answering.catch(() => undefined)
  await asked
  await close()
}

function fateOf(answer: Answer): Fate {
  const { state, code } = answer.structuredContent
  if (code === 'declined') return 'refused'
  return state === 'sent' ? 'out' : state
}
