/**
 * Lists by date received and bookmarks, against a model of the mailbox: whatever arrives, goes or is moved out and back in
 * between two calls, a list gives every message that stayed once, and a bookmark everything that arrived once and in order.
 */
import {
  findCourier,
  findCyrus,
  findDovecot,
  type RealImapServer,
  startCourier,
  startCyrus,
  startDovecot,
} from '@email-connector/testing'
import * as fc from 'fast-check'
import { ImapFlow } from 'imapflow'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ImapSession,
  listArrived,
  type ServerMemory,
  verifyImapLogin,
  withImapSession,
} from '../../src/index.ts'
import { listRecent } from '../../src/reading/recent.ts'
import { type Step, steps } from '../reading/arrival-model.ts'
import { accountOn, depsFor } from './imap-account.ts'

const start = Date.UTC(2026, 0, 1)

describe.each([
  ['Dovecot', findDovecot, startDovecot, ''],
  ['Cyrus', findCyrus, startCyrus, 'INBOX.'],
  ['Courier', findCourier, startCourier, 'INBOX.'],
] as const)('on %s', (name, find, startServer, prefix) => {
  describe.skipIf(!find())('that is installed', () => {
    let server: RealImapServer
    let client: ImapFlow
    let memory: ServerMemory
    let runs = 0

    beforeAll(async () => {
      server = await startServer()
      const { alice, ca, imapsPort } = server
      memory = await verifyImapLogin(accountOn({ host: server.host, port: imapsPort }, alice), depsFor(ca))
      client = new ImapFlow({
        host: server.host,
        port: imapsPort,
        secure: true,
        auth: { user: alice.login, pass: alice.password },
        tls: { ca },
        logger: false,
      })
      client.on('error', () => {})
      await client.connect()
      await client.mailboxCreate(`${prefix}Aside`)
    })
    afterAll(async () => {
      client?.close()
      await server?.stop()
    })

    const run = <T>(use: (session: ImapSession) => Promise<T>) =>
      withImapSession(
        accountOn({ host: server.host, port: server.imapsPort }, server.alice),
        { ...depsFor(server.ca), memory },
        use,
      )

    /** A mailbox with a handle on each of its messages. */
    async function open() {
      const path = `${prefix}Run${++runs}`
      await client.mailboxCreate(path)
      let next = 0
      /** In the order of UIDs. */
      let held: { name: number; uid: number }[] = []
      const at = async (box: string) => {
        await client.mailboxOpen(box)
        const found: { name: number; uid: number }[] = []
        if (client.mailbox && client.mailbox.exists === 0) return found
        for await (const one of client.fetch('1:*', { uid: true, envelope: true }))
          found.push({ uid: one.uid, name: Number(one.envelope?.subject) })
        return found.sort((a, b) => a.uid - b.uid)
      }
      return {
        path,
        held: () => held,
        async arrive(hour: number, flags: string[] = []) {
          const name = next++
          // No two of one second: such a list has one order only.
          const date = new Date(start + (hour * 3_600 + name) * 1_000)
          const raw = `From: a@example.org\r\nSubject: ${name}\r\n\r\nx\r\n`
          await client.append(path, raw, flags, date)
          held = await at(path)
          return name
        },
        async go(pick: number) {
          const one = held[pick % held.length]
          if (one === undefined) return
          await client.mailboxOpen(path)
          await client.messageDelete(String(one.uid), { uid: true })
          held = await at(path)
        },
        async comeBack(pick: number) {
          const one = held[pick % held.length]
          if (one === undefined) return
          await client.mailboxOpen(path)
          await client.messageMove(String(one.uid), `${prefix}Aside`, { uid: true })
          for (const aside of await at(`${prefix}Aside`))
            await client.messageMove(String(aside.uid), path, { uid: true })
          held = await at(path)
        },
      }
    }

    async function play(all: readonly Step[], size: number, unreadOnly: boolean) {
      const mailbox = await open()
      for (const hour of [5, 1, 9, 3, 200, 7]) await mailbox.arrive(hour)
      const list = (cursor?: string) =>
        run((session) =>
          listRecent(
            session,
            { mailbox: mailbox.path, limit: 2, unreadOnly, ...(cursor === undefined ? {} : { cursor }) },
            size,
          ),
        )
      const first = await list()
      const shown = first.items.map(({ subject }) => Number(subject))
      const staying = new Set(mailbox.held().map((one) => one.name))
      const unmoved = new Map(mailbox.held().map((one) => [one.name, one.uid]))
      let { bookmark, next } = first
      const told: number[] = []
      const from = Math.max(0, ...mailbox.held().map(({ uid }) => uid))
      const missed = new Map<number, number>()
      const follow = async (limit: number) => {
        const page = await run((session) =>
          listArrived(session, { mailbox: mailbox.path, limit, unreadOnly, after: bookmark }),
        )
        expect(page.byDate).toBe(false)
        expect(page.items.length).toBeLessThanOrEqual(limit)
        told.push(...page.items.map(({ ref }) => ref.uid))
        bookmark = page.bookmark
        const last = told.at(-1) ?? from
        const ahead = mailbox.held().filter(({ uid }) => uid > last)
        expect(page.more, 'more is told').toBe(ahead.length > 0)
        for (const { uid, name: one } of mailbox.held()) if (uid > from) missed.set(uid, one)
        return page.more
      }
      const turn = async () => {
        if (next === undefined) return
        const page = await list(next)
        shown.push(...page.items.map(({ subject }) => Number(subject)))
        expect(page.bookmark.split('.').slice(0, 2)).toEqual(first.bookmark.split('.').slice(0, 2))
        next = page.next
      }
      for (const step of all) {
        if (step.kind === 'arrive') await mailbox.arrive(step.hour)
        else if (step.kind === 'go') await mailbox.go(step.pick)
        else if (step.kind === 'return') await mailbox.comeBack(step.pick)
        else if (step.kind === 'page') await turn()
        else await follow(step.limit)
        const here = new Map(mailbox.held().map((one) => [one.name, one.uid]))
        for (const one of staying) if (!here.has(one) && next !== undefined) staying.delete(one)
        for (const [one, uid] of unmoved) if (here.get(one) !== uid && next !== undefined) unmoved.delete(one)
      }
      while (next !== undefined) await turn()
      expect(new Set(shown).size, `twice: ${shown}`).toBe(shown.length)
      // Blocks are given one after the other: what moves between two that are out of order may be passed over.
      const due = size > 100 ? staying : unmoved.keys()
      for (const one of due) expect(shown, `${one} was skipped`).toContain(one)
      while (await follow(3)) {}
      expect(told).toEqual([...new Set(told)].sort((a, b) => a - b))
      const left = mailbox.held().filter(({ uid }) => uid > from)
      for (const { uid } of left) expect(told, `${uid} was skipped`).toContain(uid)
    }

    test.each([
      ['one block', 250, false],
      ['blocks of four', 4, false],
      ['unread, one block', 250, true],
      ['unread, blocks of four', 4, true],
    ] as const)(
      'R78: nothing is given twice and nothing skipped while mail arrives, goes and comes back (%s)',
      async (_, size, unreadOnly) => {
        await fc.assert(
          fc.asyncProperty(steps, (all) => play(all, size, unreadOnly)),
          { numRuns: name === 'Dovecot' ? 8 : 3, endOnFailure: true },
        )
      },
    )

    test('R78: by date received, with a limit of one too: what is moved back in is not the newest', async () => {
      const mailbox = await open()
      for (const hour of [10, 50, 30, 40, 20]) await mailbox.arrive(hour)
      const old = mailbox.held()[0]?.name
      await mailbox.comeBack(0)
      expect(mailbox.held().at(-1)?.name).toBe(old)
      const names = async (limit: number, unreadOnly: boolean) => {
        const page = await run((session) => listRecent(session, { mailbox: mailbox.path, limit, unreadOnly }))
        return page.items.map(({ subject }) => Number(subject))
      }
      for (const unreadOnly of [false, true]) {
        expect(await names(1, unreadOnly)).toEqual([1])
        expect(await names(10, unreadOnly)).toEqual([1, 3, 2, 4, 0])
      }
    })

    test('R78: a list in which mail is moved out and back in between two pages', async () => {
      for (const unreadOnly of [false, true]) {
        const mailbox = await open()
        for (const hour of [10, 20, 30, 40]) await mailbox.arrive(hour)
        const list = (cursor?: string) =>
          run((session) =>
            listRecent(session, {
              mailbox: mailbox.path,
              limit: 2,
              unreadOnly,
              ...(cursor ? { cursor } : {}),
            }),
          )
        const first = await list()
        expect(first.items.map(({ subject }) => subject)).toEqual(['3', '2'])
        // One that was shown and one that was not; and new mail.
        await mailbox.comeBack(3)
        await mailbox.comeBack(0)
        await mailbox.arrive(300)
        expect(mailbox.held().map((one) => one.name)).toEqual([1, 2, 3, 0, 4])
        const second = await list(first.next)
        expect(second.items.map(({ subject }) => subject)).toEqual(['1', '0'])
        expect(second.next).toBeUndefined()
      }
    })

    test('R78: a bookmark of a mailbox that was numbered again goes on by date, and says so', async () => {
      const mailbox = await open()
      for (const hour of [10, 20]) await mailbox.arrive(hour)
      const { bookmark } = await run((session) =>
        listRecent(session, { mailbox: mailbox.path, limit: 1, unreadOnly: false }),
      )
      for (const hour of [5, 60, 40, 50]) await mailbox.arrive(hour)
      const [, uid, at] = bookmark.split('.')
      let after = `1.${uid}.${at}`
      const told: number[] = []
      const pages: [byDate: boolean, more: boolean][] = []
      for (let more = true; more; ) {
        const page = await run((session) =>
          listArrived(session, { mailbox: mailbox.path, limit: 2, unreadOnly: false, after }),
        )
        told.push(...page.items.map(({ subject }) => Number(subject)))
        pages.push([page.byDate, page.more])
        ;({ bookmark: after, more } = page)
      }
      expect(told).toEqual([4, 5, 3])
      expect(pages).toEqual([
        [true, true],
        [true, false],
      ])
      await mailbox.arrive(1)
      const page = await run((session) =>
        listArrived(session, { mailbox: mailbox.path, limit: 2, unreadOnly: false, after }),
      )
      expect(page).toMatchObject({ byDate: false, more: false, items: [{ subject: '6' }] })
    })

    test('R78: after a bookmark of an empty mailbox, and with read and deleted mail in between', async () => {
      const mailbox = await open()
      const { bookmark } = await run((session) =>
        listRecent(session, { mailbox: mailbox.path, limit: 1, unreadOnly: true }),
      )
      for (const flags of [['\\Seen'], [], ['\\Deleted'], ['\\Seen'], [], []]) await mailbox.arrive(1, flags)
      const after = async (unreadOnly: boolean, from: string) =>
        await run((session) =>
          listArrived(session, { mailbox: mailbox.path, limit: 2, unreadOnly, after: from }),
        )
      const unread = await after(true, bookmark)
      expect(unread.items.map(({ subject }) => subject)).toEqual(['1', '4'])
      const rest = await after(true, unread.bookmark)
      expect([rest.items.map(({ subject }) => subject), rest.more]).toEqual([['5'], false])
      const all = await after(false, bookmark)
      expect([all.items.map(({ subject }) => subject), all.more]).toEqual([['0', '1'], true])
      const none = await after(false, rest.bookmark)
      expect(none).toMatchObject({ items: [], more: false, bookmark: rest.bookmark })
    })
  })
})
