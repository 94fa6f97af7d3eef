/** R93: on Gmail a hidden label hides its messages from every way of fetching, and every search leaves it out. */
import {
  createCertificateAuthority,
  type ScriptedImap,
  startScriptedImap,
  testHosts,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Flight } from '../../src/imap/flight.ts'
import { atom } from '../../src/imap/protocol.ts'
import { searchUids } from '../../src/imap/search-uids.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../../src/imap/session.ts'
import { visitMailboxes } from '../../src/imap/visits.ts'
import { withImapSession } from '../../src/index.ts'
import { accountOn, depsFor } from './imap-account.ts'

const alice = { address: 'alice@test.example', login: 'alice', password: 'x' }
const labels = new Map([
  [1, 'Work'],
  [2, 'Private'],
  [3, '"Private/Deep"'],
  [4, '"\\\\Inbox" Privately'],
])

describe('R93: hidden labels of Gmail', () => {
  let authority: Awaited<ReturnType<typeof createCertificateAuthority>>
  let server: ScriptedImap
  beforeAll(async () => {
    authority = await createCertificateAuthority()
    server = await startScriptedImap({
      tls: 'implicit',
      certificate: await authority.issue({ names: testHosts }),
      capabilities: 'IMAP4rev1 X-GM-EXT-1 UIDPLUS MOVE ESEARCH LIST-EXTENDED SPECIAL-USE SASL-IR AUTH=PLAIN',
      handlers: {
        async 'UID FETCH'(tag, args, connection) {
          for (const [uid, names] of labels) {
            const told = args.includes('X-GM-LABELS') ? ` X-GM-LABELS (${names})` : ''
            await connection.send(`* ${uid} FETCH (UID ${uid} RFC822.SIZE 9${told})`)
          }
          await connection.send(`${tag} OK done`)
        },
        async 'UID SEARCH'(tag, args, connection) {
          const isHiding = args.includes('NOT X-GM-LABELS "Private"')
          await connection.send(`* ESEARCH (TAG "${tag}") UID ALL ${isHiding ? '1,4' : '1:4'}`)
          await connection.send(`${tag} OK done`)
        },
      },
    })
  })
  afterAll(async () => {
    await server?.stop()
    await authority?.remove()
  })

  const items = () => [atom('UID'), atom('RFC822.SIZE')]
  const ways: [
    string,
    (session: ImapSession, mailbox: SelectedMailbox) => Promise<readonly FetchedMessage[]>,
  ][] = [
    ['a fetch', (session, mailbox) => session.fetch(mailbox, 'uid', '1:4', items())],
    [
      'a fetch with its mailbox',
      async (session) => (await session.examineAndFetch('INBOX', '1:4', items())).messages,
    ],
    [
      'several in one flight',
      (session, mailbox) =>
        session.fetchTogether(mailbox, [
          { set: '1:2', items: items() },
          { set: '3:4', items: items() },
        ]),
    ],
    [
      'a flight of mailboxes',
      async (session, mailbox) => {
        const flight = new Flight(session)
        const rows = flight.fetch(mailbox.path, [{ uids: '1:4', items: items() }])
        await flight.send()
        return rows()
      },
    ],
    [
      'a visit of mailboxes',
      async (session) => {
        const command = {
          command: 'UID FETCH',
          attributes: [{ type: 'SEQUENCE' as const, value: '1:4' }, items()],
          bytes: 999,
        }
        const collect = () => {
          const rows = session.collectRows('INBOX', 4, [{ set: '1:4' }])
          return { handlers: { FETCH: rows.keep }, result: rows.all }
        }
        const [visited] = await visitMailboxes(session, [{ path: 'INBOX', commands: [command], collect }])
        return visited?.result ?? []
      },
    ],
  ]
  const run = <T>(use: (session: ImapSession) => Promise<T>) =>
    withImapSession(accountOn(server, alice), { ...depsFor(authority.ca), hidden: ['Private'] }, use)

  test.each(ways)('R93: %s', async (_, fetch) => {
    const rows = await run(async (session) => await fetch(session, await session.select('INBOX', 'read')))
    expect(rows.map(({ uid }) => uid).sort()).toEqual([1, 4])
  })

  test('R93: a search asks for what is not hidden', async () => {
    const found = await run(async (session) => {
      await session.select('INBOX', 'read')
      return await searchUids(session, [atom('ALL')])
    })
    expect(found).toEqual([
      [1, 1],
      [4, 4],
    ])
  })
})
