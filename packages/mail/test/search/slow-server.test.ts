/** Sixty mailboxes on a server that is slow, or stops: what was found is answered in time, and the cursor goes on. */
import { startScriptedImap } from '@email-connector/testing'
import { expect, test } from 'vitest'
import { type SearchPage, withImapSession } from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'
import { searchFor } from '../imap/search-for.ts'

const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder land 1' }
const paths = ['INBOX', ...Array.from({ length: 59 }, (_, at) => `Folder ${at}`)]
const deadlineMs = 8_000

/** Two matches in every mailbox, all with the same UIDs. */
async function withServer(
  searchMs: (path: string) => number,
  use: (ask: (cursor?: string) => Promise<SearchPage>) => Promise<void>,
) {
  const server = await startScriptedImap({
    ...alice,
    mailboxes: paths.map((path) => ({ path, exists: 2 })),
    handlers: {
      'UID SEARCH': async (tag, _, connection) => {
        await new Promise((resolve) => setTimeout(resolve, searchMs(connection.selected ?? '')))
        await connection.send(`* ESEARCH (TAG "${tag}") UID ALL 1:2\r\n${tag} OK done`)
      },
      'UID FETCH': async (tag, args, connection) => {
        const { selected = '' } = connection
        const [first = 1, last = first] = (args.split(' ')[0] ?? '').split(':').map(Number)
        for (let uid = first; uid <= last; uid++) {
          const day = 1 + ((paths.indexOf(selected) * 7 + uid) % 28)
          const date = `INTERNALDATE "${String(day).padStart(2, ' ')}-Jan-2026 10:00:00 +0000"`
          const row = args.includes('ENVELOPE')
            ? `FLAGS () ${date} RFC822.SIZE 9 ENVELOPE (NIL "${selected} ${uid}" NIL NIL NIL NIL NIL NIL NIL NIL) BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0)`
            : date
          await connection.send(`* ${uid} FETCH (UID ${uid} ${row})`)
        }
        await connection.send(`${tag} OK done`)
      },
    },
  })
  const connector = {
    ...depsFor('').connector,
    connect: async () => (await import('node:net')).connect({ host: '127.0.0.1', port: server.port }),
  }
  const account = accountOn({ host: 'localhost', port: server.port }, alice)
  try {
    await use((cursor) =>
      withImapSession(account, { ...depsFor(''), connector, deadlineMs }, (session) =>
        searchFor(session, { mailbox: 'all', limit: 25, query: 'subject:x', ...(cursor && { cursor }) }),
      ),
    )
  } finally {
    await server.stop()
  }
}

test('R88: a server that takes too long for all is answered for in pages, every match once', async () => {
  await withServer(
    () => 190,
    async (ask) => {
      const shown: string[] = []
      let cursor: string | undefined
      let isCut = false
      let pages = 0
      do {
        const page: SearchPage = await ask(cursor)
        shown.push(...page.items.map(({ subject }) => subject))
        isCut ||= page.left.length > 0
        if (page.left.length > 0) expect(page.next).toBeDefined()
        cursor = page.next
      } while (cursor !== undefined && ++pages < 40)
      expect(isCut).toBe(true)
      expect(new Set(shown).size).toBe(shown.length)
      expect(shown.sort()).toEqual(paths.flatMap((path) => [`${path} 1`, `${path} 2`]).sort())
    },
  )
})

test('R88: a mailbox that never answers costs itself and those behind it, not what was found', async () => {
  await withServer(
    (path) => (path === 'Folder 30' ? 600_000 : 1),
    async (ask) => {
      const startedAt = performance.now()
      const page = await ask()
      expect(performance.now() - startedAt).toBeLessThan(deadlineMs * 5)
      expect(page.items.length).toBeGreaterThan(0)
      expect(page.searched).toContain('INBOX')
      expect(page.left).toContain('Folder 30')
      expect([...page.searched, ...page.left].sort()).toEqual([...paths].sort())
      expect(page.next).toBeDefined()
    },
  )
})
