/** Two people in one process: nothing of one is seen by the other, one after the other and at the same time. */
import { randomBytes } from 'node:crypto'
import type { TestUser } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { type ConnectedClient, connectClient, eras } from '../clients.ts'
import { type Running, signInFields } from '../product.ts'

const parallelCalls = 12

export function describeIsolation(name: string, running: () => Running) {
  describe(`${name}: two people`, () => {
    const connect = (user: TestUser, era: (typeof eras)[number]) => {
      const { product, canaries } = running()
      return connectClient(signInFields(product, user), { url: product.url, era, canaries })
    }
    async function give(user: TestUser): Promise<string> {
      const subject = `Only for one pair of eyes ${randomBytes(6).toString('hex')}`
      running().canaries.add('subject', subject)
      await running().mail.imap.appendRaw(user, 'INBOX', `Subject: ${subject}\nFrom: x@x.example\n\nHello\n`)
      return subject
    }
    const everythingOf = async (client: ConnectedClient) =>
      JSON.stringify([
        await client.call('list_accounts'),
        await client.call('list_mailboxes'),
        await client.call('get_recent_emails', { limit: 50 }),
      ])

    test('R65: what user A did in a process leaves nothing that user B gets to see after him', async () => {
      const { alice, bob } = running().mail.imap
      const alicesSubject = await give(alice)
      const first = await connect(alice, 'sdk 2, 2026 era')
      expect(await everythingOf(first)).toContain(alicesSubject)
      const recent = await first.call('get_recent_emails', { limit: 1 })
      const [email] = recent.structured.emails as { id: string }[]
      await first.close()

      const second = await connect(bob, 'sdk 2, 2026 era')
      const seen = await everythingOf(second)
      expect(seen).toContain(bob.address)
      expect(seen).not.toContain(alicesSubject)
      // A mail from one to the other names its sender; the accounts must not.
      expect((await second.call('list_accounts')).text).not.toContain(alice.address)
      for (const [tool, parameters] of [
        ['get_email', { id: email?.id }],
        ['mark_as_read', { ids: [email?.id] }],
        ['get_recent_emails', { account: alice.address }],
      ] as const) {
        const answer = await second.call(tool, parameters)
        expect(answer.isError, tool).toBe(true)
        expect(answer.text).not.toContain(alicesSubject)
      }
      await second.close()
    })

    test.each(eras)('R22: calls of two people at the same time (%s): no answer crosses', async (era) => {
      const { alice, bob } = running().mail.imap
      const people = await Promise.all(
        [alice, bob].map(async (user) => ({
          user,
          subject: await give(user),
          client: await connect(user, era),
        })),
      )
      const [one, other] = people
      if (one === undefined || other === undefined) throw new Error('Two people are needed')
      const answers = await Promise.all(
        Array.from({ length: parallelCalls }, (_, index) => {
          const [own, foreign] = index % 2 === 0 ? [one, other] : [other, one]
          const call = index % 3 === 0 ? 'list_accounts' : 'get_recent_emails'
          return own.client
            .call(call)
            .then((answer) => ({ own, foreign, call, text: JSON.stringify(answer) }))
        }),
      )
      for (const { own, foreign, call, text } of answers) {
        expect(text).toContain(call === 'list_accounts' ? own.user.address : own.subject)
        expect(text).not.toContain(foreign.subject)
        if (call === 'list_accounts') expect(text).not.toContain(foreign.user.address)
      }
      await Promise.all(people.map(({ client }) => client.close()))
    })

    test("a session of one person is unknown to the other's token", async () => {
      const { product, mail } = running()
      const [first, second] = await Promise.all(
        [mail.imap.alice, mail.imap.bob].map((user) => connect(user, 'sdk 1, 2025 era')),
      )
      const post = (client: ConnectedClient | undefined, message: object, session?: string) =>
        fetch(`${product.url}/mcp`, {
          method: 'POST',
          headers: {
            Authorization: `Bearer ${client?.tokens.access_token}`,
            'Content-Type': 'application/json',
            Accept: 'application/json, text/event-stream',
            ...(session && { 'Mcp-Session-Id': session }),
          },
          body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
        })
      const opened = await post(first, {
        method: 'initialize',
        params: {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'x', version: '1' },
        },
      })
      const session = opened.headers.get('mcp-session-id') ?? ''
      expect(session).not.toBe('')
      const ping = { method: 'ping' }
      expect((await post(first, ping, session)).status).toBe(200)
      expect((await post(second, ping, session)).status).toBe(404)
      await Promise.all([first?.close(), second?.close()])
    })
  })
}
