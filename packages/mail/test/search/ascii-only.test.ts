/** Servers that search US-ASCII only (issue: Exchange). They know what a person wrote by its plain letters. */
import { startScriptedImap } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { MailError, withImapSession } from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'
import { searchFor } from '../imap/search-for.ts'

const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder land 1' }
const base64 = (text: string) => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`
const subjects: Record<number, string> = {
  1: 'Grüße aus Köln',
  2: 'Gruesse aus Köln',
  3: 'Grütze aus der Küche',
}

async function search(refusal: string, query: string, further: readonly string[] = []) {
  const server = await startScriptedImap({
    ...alice,
    mailboxes: [{ path: 'INBOX', exists: 3 }, ...further.map((path) => ({ path, exists: 0 }))],
    handlers: {
      'UID SEARCH': (tag, args, connection) =>
        connection.send(
          args.includes('UTF-8')
            ? `${tag} ${refusal}`
            : `* ESEARCH (TAG "${tag}") UID${connection.selected === 'INBOX' ? ' ALL 1:3' : ''}\r\n${tag} OK done`,
        ),
      'UID FETCH': async (tag, args, connection) => {
        const [first = 1, last = first] = (args.split(' ')[0] ?? '').split(':').map(Number)
        for (let uid = first; uid <= last; uid++)
          await connection.send(
            `* ${uid} FETCH (UID ${uid} FLAGS () INTERNALDATE " ${uid}-Jan-2026 10:00:00 +0000" RFC822.SIZE 9 ENVELOPE (NIL "${base64(subjects[uid] ?? '')}" (("${base64(`Jürgen ${uid}`)}" NIL "j${uid}" "reef.example")) NIL NIL NIL NIL NIL NIL NIL) BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0))`,
          )
        await connection.send(`${tag} OK done`)
      },
    },
  })
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
    const asked = server.commands().filter((one) => one.startsWith('UID SEARCH') && !one.includes('UTF-8'))
    return { found: page.items.map(({ ref }) => ref.uid), page, asked }
  } finally {
    await server.stop()
  }
}

describe.each([
  ['NO [BADCHARSET (US-ASCII)] The specified charset is not supported.'],
  ['NO Charset not supported'],
  ['BAD Command Argument Error. 11'],
])('R87: a server that answers %s', (refusal) => {
  test.each([
    ['subject:Grüße', [1], ['SUBJECT "Gr"']],
    ['subject:"Grüße aus"', [1], ['SUBJECT "Gr"', 'SUBJECT "e aus"']],
    ['from:"jürgen 2"', [2], ['FROM "rgen 2"']],
    ['subject:köln -subject:Grüße', [2], ['SUBJECT "ln"']],
    ['subject:Küche OR from:"Jürgen 1"', [3, 1], []],
    ['subject:日本', [], []],
  ])('finds %s', async (query, uids, keys) => {
    const { found, page, asked } = await search(refusal, query)
    expect(found).toEqual(uids)
    for (const key of keys) expect(asked[0]).toContain(key)
    expect(page.isNarrowed).toBeUndefined()
  })

  test('finds it where several mailboxes are searched, and calls none of them refused', async () => {
    const { found, page } = await search(refusal, 'subject:Grüße', ['Work', 'Archive'])
    expect([found, page.failed, [...page.searched].sort()]).toEqual([[1], [], ['Archive', 'INBOX', 'Work']])
  })

  test('says that a word was not looked for in bodies', async () => {
    const { found, page } = await search(refusal, 'Grüße')
    expect(found).toEqual([1])
    expect(page.isNarrowed).toBe(true)
  })

  test('searches bodies by the plain letters of a word, or names the field', async () => {
    const { page, asked } = await search(refusal, 'body:Grüße')
    expect(asked[0]).toContain('BODY "Gr"')
    expect(page.isNarrowed).toBe(true)
    const fault = await search(refusal, 'body:日本').catch((error: unknown) => error)
    expect(fault).toBeInstanceOf(MailError)
    expect(fault).toMatchObject({ code: 'not_supported', field: 'body' })
  })
})
