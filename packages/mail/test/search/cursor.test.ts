/** Cursors of searches and conversations come back from a model: what we did not print is refused before a server is asked. */
import { connect } from 'node:net'
import { startScriptedImap } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { getThread, type ImapSession, withImapSession } from '../../src/index.ts'
import {
  hashOfPath,
  type MailboxPlace,
  maxPlaces,
  printSearchCursor,
  readSearchCursor,
} from '../../src/search/cursor.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'
import { searchFor } from '../imap/search-for.ts'

const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder land 1' }
const hash = hashOfPath('INBOX')
const place = { uidValidity: '7', top: 900, low: 401 }

async function withServer<T>(use: (session: ImapSession) => Promise<T>) {
  const server = await startScriptedImap({
    ...alice,
    handlers: { 'UID SEARCH': async (tag, _, connection) => connection.send(`${tag} OK done`) },
  })
  const connector = {
    ...depsFor('').connector,
    connect: async () => connect({ host: '127.0.0.1', port: server.port }),
  }
  try {
    const account = accountOn({ host: 'localhost', port: server.port }, alice)
    const outcome = await withImapSession(account, { ...depsFor(''), connector }, use).then(
      () => 'done',
      (error: { code?: string; field?: string }) => [error.code, error.field].filter(Boolean).join(' '),
    )
    return { outcome, commands: server.commands() }
  } finally {
    await server.stop()
  }
}

test('a cursor is read as it was printed', () => {
  const cursor = {
    last: { at: 1_700_000_000, uid: 12, mailbox: hash },
    places: new Map<string, MailboxPlace | 'done'>([
      [hash, { ...place, last: { at: 1_700_000_000, uid: 12 } }],
      [hashOfPath('Sent'), 'done'],
    ]),
    behind: new Map([[hashOfPath('Archive'), { at: 1_600_000_000, uid: 3 }]]),
    left: [hashOfPath('Drafts')],
  }
  expect(readSearchCursor(printSearchCursor(cursor))).toEqual(cursor)
})

describe('a cursor that we did not print', () => {
  const rows = (count: number) => Array.from({ length: count }, () => [hash])
  test.each([
    ['no JSON', 'x'],
    ['no list', '{}'],
    ['no head', '[]'],
    ['more mailboxes than a page has', JSON.stringify([[], '', [], ...rows(maxPlaces + 1)])],
    ['more left than a search has', JSON.stringify([[], hash.repeat(201), []])],
    ['half a hash', JSON.stringify([[], hash.slice(1), []])],
    ['a UIDVALIDITY that is none', JSON.stringify([[], '', [], [hash, 'x', 9, 1]])],
    ['a UID of nought', JSON.stringify([[], '', [], [hash, '7', 9, 0]])],
    ['a UID that is too large', JSON.stringify([[], '', [], [hash, '7', 2 ** 32, 1]])],
    ['a text as a UID', JSON.stringify([[], '', [], [hash, '7', 9, '1 OR ALL']])],
    ['a fraction as a date', JSON.stringify([[1.5, 9, hash], '', []])],
    ['a path instead of a hash', JSON.stringify([[1, 9, '../../INBOX'], '', []])],
  ])('%s', (_what, text) => {
    expect(() => readSearchCursor(text)).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: 'cursor' }),
    )
  })

  test('of a conversation neither', async () => {
    const ref = { mailbox: 'INBOX', uidValidity: '1', uid: 1 }
    for (const cursor of ['x', '1.abcdefgh', '1.abc.0', '1.abcdefgh.-1', `${'9'.repeat(17)}.abcdefgh.0`]) {
      const { outcome, commands } = await withServer((session) =>
        getThread(session, ref, { maxChars: 100, quotes: 'folded', cursor }),
      )
      expect([cursor, outcome]).toEqual([cursor, 'invalid_input cursor'])
      expect(commands.filter((line) => /FETCH|SEARCH/.test(line))).toEqual([])
    }
  })
})

test.each(['INBOX', 'all'])(
  'a mailbox that was deleted and made again since the last page is another one: %s',
  async (mailbox) => {
    const cursor = printSearchCursor({
      places: new Map([[hash, place]]),
      behind: new Map(),
      left: [],
    })
    const { outcome, commands } = await withServer((session) =>
      searchFor(session, { mailbox, limit: 1, query: 'subject:x', cursor }),
    )
    expect(outcome).toBe('stale_id')
    expect(commands.some((line) => line.includes('UID 401:900'))).toBe(true)
  },
)
