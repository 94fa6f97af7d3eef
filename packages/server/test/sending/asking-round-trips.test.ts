/** R92: what asking costs in round trips, counted through a proxy at a distance from both mail servers. */
import {
  type CausalClock,
  countingMs,
  type DelayProxy,
  findDovecot,
  startDelayProxy,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toAccount } from '../tools/open-tools.ts'
import { type Mailboxes, type OpenCards, startMailboxes, stateOf } from './card-clients.ts'

describe.skipIf(!findDovecot())('asking at a distance', () => {
  let mail: Mailboxes
  let proxies: readonly DelayProxy[]
  let tools: OpenCards
  let number = 0
  beforeAll(async () => {
    // As submission servers do.
    mail = await startMailboxes(['PIPELINING'])
    const clock: CausalClock = { depth: 0 }
    const [imap, smtp] = await Promise.all(
      [mail.dovecot.imapsPort, mail.sink.port].map((port) =>
        startDelayProxy({ target: { port }, oneWayMs: countingMs, clock }),
      ),
    )
    if (imap === undefined || smtp === undefined) throw new Error('Both were started')
    proxies = [imap, smtp]
    tools = await mail.open({
      accounts: [toAccount(mail.dovecot.alice, { imapsPort: imap.port }, smtp.port)],
    })
    // So that the folders are remembered, as after a sign-in.
    await tools.call('list_mailboxes')
  })
  afterAll(async () => {
    await Promise.all((proxies ?? []).map((one) => one.stop()))
    await mail?.close()
  })

  async function count<T>(work: () => Promise<T>): Promise<{ trips: number; answer: T }> {
    while (proxies.some((one) => one.openCount() > 0)) await new Promise((resolve) => setTimeout(resolve, 5))
    for (const one of proxies) one.restart()
    const answer = await work()
    return { answer, trips: Math.max(...proxies.map((one) => one.roundTrips())) }
  }
  const letter = () => {
    number += 1
    return { to: ['bob@test.example'], subject: `Trips ${number}`, body: 'Words.' }
  }

  test('R92: held takes 5 round trips, with a card 8, its yes 10; a question takes 6, with its yes 14', async () => {
    const [none, card, asked, refusing] = await Promise.all([
      tools.connect('2025', {}),
      tools.connect('2025', { cards: true }),
      tools.connect('2025', { asks: 'accept' }),
      tools.connect('2025', { asks: 'decline' }),
    ])
    // So that it is known who files copies in Sent.
    await asked.call('send_email', letter())
    const held = await count(() => none.call('send_email', letter()))
    const shown = await count(() => card.call('send_email', letter()))
    const yes = await count(() => card.call('approve_send', { state: stateOf(shown.answer), answer: 'send' }))
    const whole = await count(() => asked.call('send_email', letter()))
    const question = await count(() => refusing.call('send_email', letter()))
    expect(yes.answer.structuredContent).toMatchObject({ state: 'sent' })
    expect(whole.answer.structuredContent).toMatchObject({ state: 'sent' })
    expect(question.answer.structuredContent).toMatchObject({ code: 'declined' })
    const trips = Object.entries({ held, shown, yes, question, whole }).map(([kind, one]) => [
      kind,
      one.trips,
    ])
    expect(Object.fromEntries(trips)).toEqual({ held: 5, shown: 8, yes: 10, question: 6, whole: 14 })
  })
})
