/** Mailboxes that are searched in one flight: what it costs, and whose an answer is. */
import { type Dovecot, findDovecot, startDovecot, startScriptedImap } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ImapSession, withImapSession } from '../../src/index.ts'
import { accountOn, createWire, depsFor } from '../imap/imap-account.ts'
import { searchFor } from '../imap/search-for.ts'

const mail = (subject: string) =>
  `From: Bo <bo@example.net>\nSubject: ${subject}\nDate: Mon, 5 Jan 2026 10:00:00 +0000\n\nwords\n`

describe.skipIf(!findDovecot())('R88: forty mailboxes in a few flights', () => {
  const further = Array.from({ length: 34 }, (_, at) => `Project ${at}`)
  let dovecot: Dovecot
  beforeAll(async () => {
    dovecot = await startDovecot({ folders: further.map((name) => ({ name })) })
    const reader = dovecot.reader(dovecot.alice)
    // The same UIDs everywhere: only the order of the answers tells them apart.
    for (const at of [0, 3, 4, 5, 20, 33])
      await reader.append(`Project ${at}`, [mail(`row ${at}.0`), mail(`row ${at}.1`), mail('other')])
    await reader.append('INBOX', [mail('row inbox'), mail('other'), mail('row inbox too')])
  })
  afterAll(() => dovecot?.stop())

  test.each([2, 50])('every row comes from the mailbox that its id names, %s a page', async (limit) => {
    const deps = depsFor(dovecot.ca)
    const wire = createWire(deps.connector)
    const account = accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice)
    const rows: string[] = []
    let cursor: string | undefined
    do {
      const use = (session: ImapSession) =>
        searchFor(session, { mailbox: 'all', limit, query: 'subject:row', ...(cursor ? { cursor } : {}) })
      wire.reset()
      const page = await withImapSession(account, { ...deps, connector: wire.connector }, use)
      expect(page.searched).toHaveLength(35)
      expect(page.total).toBe(14)
      // Greeting, LOGIN, LIST; 1, 4, 16 and 14 mailboxes; the rows of the last, and those not fetched with them.
      expect(wire.flights()).toBeLessThanOrEqual(9)
      rows.push(...page.items.map(({ subject, ref }) => `${subject} in ${ref.mailbox} ${ref.uid}`))
      cursor = page.next
    } while (cursor !== undefined)
    const wanted = [0, 3, 4, 5, 20, 33].flatMap((at) => [
      `row ${at}.0 in Project ${at} 1`,
      `row ${at}.1 in Project ${at} 2`,
    ])
    expect(rows.sort()).toEqual([...wanted, 'row inbox in INBOX 1', 'row inbox too in INBOX 3'].sort())
  })
})

describe('R88: a server that pipelines badly', () => {
  const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder land 1' }

  async function search(options: Parameters<typeof startScriptedImap>[0], query: string) {
    const server = await startScriptedImap({ ...alice, ...options })
    const connector = {
      ...depsFor('').connector,
      connect: async () => (await import('node:net')).connect({ host: '127.0.0.1', port: server.port }),
    }
    try {
      const page = await withImapSession(
        accountOn({ host: 'localhost', port: server.port }, alice),
        { ...depsFor(''), connector },
        (session) => searchFor(session, { mailbox: 'all', limit: 5, query }),
      )
      return { page, commands: server.commands() }
    } finally {
      await server.stop()
    }
  }
  const fetched = (uid: number, subject: string) =>
    `* 1 FETCH (UID ${uid} FLAGS () INTERNALDATE " 5-Jan-2026 10:00:00 +0000" RFC822.SIZE 9 ENVELOPE (NIL "${subject}" NIL NIL NIL NIL NIL NIL NIL NIL) BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0))`

  test('a search that one mailbox refuses leaves the answers of the others where they belong', async () => {
    const { page } = await search(
      {
        handlers: {
          'UID SEARCH': (tag, _, connection) =>
            connection.send(
              connection.selected === 'Sent'
                ? `${tag} NO [NOPERM] no`
                : `* ESEARCH (TAG "${tag}") UID ALL 7\r\n${tag} OK done`,
            ),
          'UID FETCH': (tag, _, connection) =>
            connection.send(`${fetched(7, connection.selected ?? '')}\r\n${tag} OK done`),
        },
      },
      'subject:x',
    )
    expect(page.failed).toEqual(['Sent'])
    expect(page.items.map(({ subject, ref }) => [subject, ref.mailbox]).sort()).toEqual(
      ['Archive', 'Drafts', 'INBOX'].map((name) => [name, name]),
    )
  })

  test('a mailbox that was made again behind its search shows no other message', async () => {
    let examined = 0
    const { page } = await search(
      {
        handlers: {
          async EXAMINE(tag, args, connection) {
            connection.selected = args.replaceAll('"', '')
            const isAnew = connection.selected === 'Sent' && ++examined > 1
            await connection.send(`* 1 EXISTS\r\n* OK [UIDVALIDITY ${isAnew ? 2 : 1}] valid`)
            await connection.send(`${tag} OK [READ-ONLY] done`)
          },
          'UID SEARCH': (tag, _, connection) =>
            connection.send(`* ESEARCH (TAG "${tag}") UID ALL 7\r\n${tag} OK done`),
          'UID FETCH': (tag, _, connection) =>
            connection.send(`${fetched(7, connection.selected ?? '')}\r\n${tag} OK done`),
        },
      },
      'subject:x',
    )
    expect(page.items.map(({ ref }) => ref.mailbox).sort()).toEqual(['Archive', 'Drafts', 'INBOX'])
    expect(page.failed).toEqual(['Sent'])
  })

  test('one that says ESEARCH and answers SEARCH is understood', async () => {
    const { page } = await search(
      {
        handlers: {
          'UID SEARCH': (tag, _, connection) =>
            connection.send(
              connection.selected === 'Archive' ? `* SEARCH 7\r\n${tag} OK done` : `${tag} OK nothing`,
            ),
          'UID FETCH': (tag, _, connection) =>
            connection.send(`${fetched(7, connection.selected ?? '')}\r\n${tag} OK done`),
        },
      },
      'subject:x',
    )
    expect(page.items.map(({ subject }) => subject)).toEqual(['Archive'])
    expect(page.failed).toEqual([])
    expect(page.searched).toEqual(['INBOX', 'Sent', 'Archive', 'Drafts'])
  })

  test('without ESEARCH one mailbox is asked after the other, its size first', async () => {
    const { page, commands } = await search(
      {
        capabilities: 'IMAP4rev1 SPECIAL-USE',
        handlers: {
          'UID SEARCH': (tag, _, connection) =>
            connection.send(`* SEARCH${connection.selected === 'Sent' ? ' 7' : ''}\r\n${tag} OK done`),
          'UID FETCH': (tag, _, connection) =>
            connection.send(`${fetched(7, connection.selected ?? '')}\r\n${tag} OK done`),
        },
      },
      'subject:x',
    )
    expect(page.items.map(({ subject }) => subject)).toEqual(['Sent'])
    expect(
      commands.filter((one) => /^(EXAMINE|STATUS|UID)/.test(one)).map((one) => one.slice(0, 16)),
    ).toEqual([
      'STATUS "Sent" (M',
      'STATUS "Archive"',
      'STATUS "Drafts" ',
      'EXAMINE "INBOX"',
      'UID SEARCH SUBJE',
      'EXAMINE "Sent"',
      'UID SEARCH SUBJE',
      'UID FETCH 7 (UID',
      'EXAMINE "Archive',
      'UID SEARCH SUBJE',
      'EXAMINE "Drafts"',
      'UID SEARCH SUBJE',
    ])
  })
})
