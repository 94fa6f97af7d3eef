/** Conversations on a server that is wrong, hostile or just long-winded: how much of them is read, and what the answer says. */
import { connect } from 'node:net'
import { type ImapHandler, type ScriptedImapOptions, startScriptedImap } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { getThread, type MessageRef, type ThreadOptions, withImapSession } from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'

const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder land 1' }
const ref = (mailbox: string, uid: number): MessageRef => ({ mailbox, uidValidity: '1', uid })

interface Email {
  readonly id?: string
  readonly subject?: string
  /** Ids that it answers. */
  readonly references?: readonly string[]
  readonly flags?: string
  readonly text?: string
  readonly further?: string
}

/** Emails by mailbox, each under its UID, counted from 1. */
interface Script extends ScriptedImapOptions {
  readonly emails: Record<string, readonly Email[]>
  /** The UIDs that a search finds; all of the mailbox when not said. */
  readonly found?: (mailbox: string, keys: string) => readonly number[]
  /** Texts that do not come. */
  readonly leavesOut?: (mailbox: string) => boolean
}

async function startConversation({ emails, found, leavesOut, handlers, ...options }: Script) {
  const of = (mailbox = '') => emails[mailbox] ?? []
  const fetch: ImapHandler = async (tag, args, connection) => {
    const rows = uidsOf(args).flatMap((uid) => {
      const email = of(connection.selected)[uid - 1]
      const isOut = /BODY\.PEEK\[1\]/.test(args) && leavesOut?.(connection.selected ?? '') === true
      return email === undefined || isOut ? [] : [toRow(uid, email, args)]
    })
    await connection.send([...rows, `${tag} OK done`].join('\r\n'))
  }
  const server = await startScriptedImap({
    ...alice,
    mailboxes: Object.keys(emails).map((path) => ({ path, exists: of(path).length })),
    ...options,
    handlers: {
      'UID FETCH': fetch,
      'UID SEARCH': (tag, keys, connection) => {
        const { selected = '' } = connection
        const uids = found?.(selected, keys) ?? of(selected).map((_, at) => at + 1)
        const all = uids.length > 0 ? ` ALL ${uids.join()}` : ''
        return connection.send(`* ESEARCH (TAG "${tag}") UID${all}\r\n${tag} OK done`)
      },
      ...handlers,
    },
  })
  const connector = {
    ...depsFor('').connector,
    connect: async () => connect({ host: '127.0.0.1', port: server.port }),
  }
  const account = accountOn({ host: 'localhost', port: server.port }, alice)
  return {
    server,
    read: (of: MessageRef, more: Partial<ThreadOptions> = {}) =>
      withImapSession(account, { ...depsFor(''), connector }, (session) =>
        getThread(session, of, { maxChars: 100_000, quotes: 'folded', ...more }),
      ),
    commands: (name: RegExp) => server.commands().filter((line) => name.test(line)),
  }
}

function uidsOf(args: string): number[] {
  return (args.split(' ')[0] ?? '').split(',').flatMap((range) => {
    const [low = 0, high = low] = range.split(':').map(Number)
    return Array.from({ length: high - low + 1 }, (_, at) => low + at)
  })
}

function toRow(uid: number, email: Email, args: string): string {
  const { id = `m${uid}`, subject = 'Trip', references = [], flags = '', text = '', further = '' } = email
  const body = Buffer.from(text)
  if (/BODY\.PEEK\[1\]/.test(args)) return `* ${uid} FETCH (UID ${uid} BODY[1]<0> ${literal(body)})`
  const date = 'Mon, 5 Jan 2026 10:00:00 +0000'
  const header = Buffer.from(
    `References: ${references.map((one) => `<${one}@test.example>`).join('\r\n ')}\r\n\r\n`,
  )
  return [
    `* ${uid} FETCH (UID ${uid} FLAGS (${flags}) INTERNALDATE " 5-Jan-2026 10:00:00 +0000" RFC822.SIZE 9${further}`,
    `ENVELOPE ("${date}" "${subject}" ((NIL NIL "ann" "test.example")) NIL NIL NIL NIL NIL NIL "<${id}@test.example>")`,
    `BODYSTRUCTURE ("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "8BIT" ${body.length} 1)`,
    `BODY[HEADER.FIELDS (REFERENCES)] ${literal(header)})`,
  ].join(' ')
}

function literal(bytes: Buffer): string {
  return `{${bytes.length}}\r\n${bytes.toString('latin1')}`
}

/** Each answers the one before it, all within one second. */
const chain = (count: number, text: (at: number) => string = (at) => `Words of ${at}.`): Email[] =>
  Array.from({ length: count }, (_, at) => ({
    ...{ id: `m${at}`, text: text(at) },
    references: at === 0 ? [] : [`m${at - 1}`],
  }))

describe('R78: a long conversation page by page', () => {
  test('holds each email once, though all are of one second, and at most forty a page', async () => {
    const { server, read } = await startConversation({ emails: { INBOX: chain(45) } })
    try {
      const first = await read(ref('INBOX', 1))
      const rest = await read(ref('INBOX', 1), { cursor: first.next ?? '' })
      expect([first.items.length, rest.items.length, first.total, rest.next]).toEqual([40, 5, 45, undefined])
      expect([...first.items, ...rest.items].map(({ text }) => text)).toEqual(
        Array.from({ length: 45 }, (_, at) => `Words of ${at}.`),
      )
    } finally {
      await server.stop()
    }
  })

  test('of which a first page with little room reads the texts of no more than twenty', async () => {
    const { server, read, commands } = await startConversation({ emails: { INBOX: chain(45) } })
    try {
      expect((await read(ref('INBOX', 1), { maxChars: 1 })).items).toHaveLength(1)
      expect(commands(/^UID FETCH .*BODY\.PEEK\[1\]/).length).toBeLessThanOrEqual(20)
    } finally {
      await server.stop()
    }
  })

  test('halves no letter where a page ends', async () => {
    const { server, read } = await startConversation({ emails: { INBOX: chain(1, () => '😀'.repeat(500)) } })
    try {
      let cursor: string | undefined
      let said = ''
      do {
        const page = await read(ref('INBOX', 1), { maxChars: 301, ...(cursor ? { cursor } : {}) })
        for (const { text } of page.items) {
          expect(text).not.toMatch(/\p{Cs}/u)
          said += text
        }
        cursor = page.next
      } while (cursor !== undefined)
      expect(said).toBe('😀'.repeat(500))
    } finally {
      await server.stop()
    }
  })
})

test.each([
  ['before its text was asked for', 2, false],
  ['before a text that did not come was asked for again', 3, true],
])('R60: a mailbox that was made again %s gives no other email’s words', async (_, stays, isLeftOut) => {
  let opened = 0
  const examine: ImapHandler = async (tag, args, connection) => {
    const path = args.replaceAll('"', '')
    connection.selected = path
    const uidValidity = path === 'Archive' && ++opened > stays ? 2 : 1
    await connection.send(`* 1 EXISTS\r\n* OK [UIDVALIDITY ${uidValidity}] valid`)
    await connection.send(`${tag} OK [READ-ONLY] done`)
  }
  const { server, read } = await startConversation({
    emails: {
      Archive: [{ id: 'a', text: 'Words of a stranger.' }],
      INBOX: [{ id: 'b', references: ['a'], text: 'An answer.' }],
    },
    leavesOut: (mailbox) => isLeftOut && mailbox === 'Archive' && opened === stays,
    handlers: { EXAMINE: examine },
  })
  try {
    const page = await read(ref('INBOX', 1))
    expect(opened).toBe(stays + 1)
    expect(page.items.map(({ text }) => text)).toEqual(['', 'An answer.'])
    expect(page.items[0]?.warnings).toEqual(['message_not_found'])
  } finally {
    await server.stop()
  }
})

test('an email that was deleted between its search and its row is no part', async () => {
  const { server, read } = await startConversation({
    emails: { INBOX: [{ id: 'a' }, { id: 'b', references: ['a'], flags: '\\Deleted' }] },
  })
  try {
    expect((await read(ref('INBOX', 1))).items.map(({ ref: { uid } }) => uid)).toEqual([1])
  } finally {
    await server.stop()
  }
})

describe('R58: what a hostile conversation costs', () => {
  test('strangers with its subject in every mailbox: a thousand are looked at, and the answer says so', async () => {
    const strangers = Array.from({ length: 50 }, (_, at): Email => ({ id: `s${at}` }))
    const boxes = Array.from({ length: 25 }, (_, at): [string, Email[]] => [
      `Box ${at}`,
      strangers.map(({ id }) => ({ id: `${at}.${id}` })),
    ])
    const { server, read, commands } = await startConversation({
      emails: { INBOX: [{ id: 'a' }], ...Object.fromEntries(boxes) },
      found: (mailbox, keys) =>
        /SUBJECT/.test(keys) && mailbox !== 'INBOX' ? strangers.map((_, at) => at + 1) : [],
    })
    try {
      const page = await read(ref('INBOX', 1))
      expect([page.total, page.isCut]).toEqual([1, true])
      const fetched = commands(/^UID FETCH .*ENVELOPE/).flatMap((line) => uidsOf(line.slice(10)))
      expect(fetched.length).toBeLessThanOrEqual(1_000)
    } finally {
      await server.stop()
    }
  })

  test('a chain that each answer makes longer ends, and the answer says so', async () => {
    const endless: Email[] = Array.from({ length: 100 }, (_, at) => ({
      ...{ id: `m${at}`, references: [`m${at + 1}`] },
    }))
    const { server, read, commands } = await startConversation({
      emails: { INBOX: endless },
      found: (_, keys) => {
        const asked = [...keys.matchAll(/Message-ID" "?<m(\d+)@/gi)].map(([, at]) => Number(at) + 1)
        return asked
      },
    })
    try {
      const page = await read(ref('INBOX', 1))
      expect([page.isCut, page.failed]).toEqual([true, []])
      expect(page.total).toBeLessThanOrEqual(14)
      expect(commands(/^UID SEARCH/).length).toBeLessThanOrEqual(30)
    } finally {
      await server.stop()
    }
  })

  test('a header that names two thousand emails is asked for by some thirty of them', async () => {
    const references = Array.from({ length: 2_000 }, (_, at) => `r${at}`)
    const { server, read, commands } = await startConversation({
      emails: { INBOX: [{ id: 'a', references }] },
    })
    try {
      expect((await read(ref('INBOX', 1))).total).toBe(1)
      const asked = new Set(
        commands(/^UID SEARCH/)
          .join('')
          .match(/<r\d+@/g),
      )
      expect(asked.size).toBeGreaterThan(30)
      expect(asked.size).toBeLessThan(40)
      // The start of the conversation and its latest part.
      for (const id of ['<r0@', '<r1999@']) expect(asked).toContain(id)
    } finally {
      await server.stop()
    }
  })

  test('a thread id of Gmail’s that is no number is not put into a search', async () => {
    const { server, read, commands } = await startConversation({
      capabilities: 'IMAP4rev1 SASL-IR LITERAL+ ESEARCH X-GM-EXT-1 SPECIAL-USE',
      emails: {
        INBOX: [
          { id: 'a', further: ' X-GM-THRID "1 OR ALL"' },
          { id: 'b', references: ['a'] },
        ],
      },
    })
    try {
      expect((await read(ref('INBOX', 1))).total).toBe(2)
      expect(commands(/X-GM-THRID 1|OR ALL/)).toEqual([])
    } finally {
      await server.stop()
    }
  })
})
