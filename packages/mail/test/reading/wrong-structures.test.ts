/** R62, R81: what a server says of a mail's structure is missing, broken or untrue; the mail is read from its source. */
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type ScriptedImap,
  startScriptedImap,
  testHosts,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  fetchAttachment,
  getMessage,
  type ImapSession,
  listRecent,
  type MessageRef,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'

const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder' }
const ref: MessageRef = { mailbox: 'INBOX', uidValidity: '1', uid: 7 }
const options = { format: 'text', offset: 0, maxChars: 1000 } as const
const envelope =
  'ENVELOPE ("Fri, 20 Nov 2026 10:00:00 +0000" "from the server" ((NIL NIL "ann" "a.example")) NIL NIL NIL NIL NIL NIL NIL)'
const source = [
  'From: Ann <ann@a.example>',
  'Subject: from the source',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  '',
  'berth 12',
  '--b',
  'Content-Type: application/pdf; name=plan.pdf',
  'Content-Disposition: attachment',
  'Content-Transfer-Encoding: base64',
  '',
  'UERG',
  '--b--',
  '',
].join('\r\n')
const literal = (text: string) => `{${Buffer.byteLength(text)}}\r\n${text}`
const leaf = (size: number) => `("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" ${size} 1 NIL NIL NIL NIL)`

describe('a structure that does not hold', () => {
  let authority: CertificateAuthority
  let server: ScriptedImap
  beforeAll(async () => {
    authority = await createCertificateAuthority()
  })
  afterAll(() => authority.remove())
  afterEach(() => server.stop())

  /** `give`: what FETCH answers for a section; undefined is NIL, `NO` a refusal. */
  async function start(row: string, give: (section: string) => string | undefined): Promise<void> {
    const certificate = await authority.issue({ names: testHosts })
    const fetch = async (
      tag: string,
      args: string,
      connection: { send(line: string): Promise<void> },
    ): Promise<void> => {
      const sections = [...args.matchAll(/BODY\.PEEK\[([\d.]*)\]<(\d+)/g)].map(([, section = '']) => section)
      if (sections.some((section) => give(section) === 'NO')) {
        await connection.send(`${tag} NO [SERVERBUG] cannot read that`)
        return
      }
      const given = sections.map((section) => {
        const text = give(section)
        return ` BODY[${section}]<0> ${text === undefined ? 'NIL' : literal(text)}`
      })
      const rest = /BODYSTRUCTURE/.test(args) ? ` FLAGS () RFC822.SIZE 400 ${row}` : ''
      await connection.send(`* 1 FETCH (UID 7${rest}${given.join('')})`)
      await connection.send(`${tag} OK done`)
    }
    server = await startScriptedImap({
      tls: 'implicit',
      certificate,
      mailboxes: [{ path: 'INBOX', exists: 1, uidValidity: 1 }],
      handlers: { FETCH: fetch, 'UID FETCH': fetch },
    })
  }
  const run = <T>(use: (session: ImapSession) => Promise<T>) =>
    withImapSession(accountOn({ host: server.host, port: server.port }, alice), depsFor(authority.ca), use)
  const list = () => run((session) => listRecent(session, { mailbox: 'INBOX', limit: 5, unreadOnly: false }))
  const get = () => run((session) => getMessage(session, ref, options))

  test.each([
    ['NIL', 'BODYSTRUCTURE NIL'],
    ['a word', 'BODYSTRUCTURE "broken"'],
    ['absent', ''],
  ])('%s: row, text and file come from the source', async (_name, structure) => {
    await start(`${structure} ENVELOPE NIL`, (section) => (section === '' ? source : undefined))
    expect((await list()).items).toMatchObject([{ subject: 'from the source', attachments: 1 }])
    const detail = await get()
    expect(detail.body.text).toBe('berth 12')
    expect(detail.attachments).toMatchObject([{ partId: '~2', filename: 'plan.pdf' }])
    const file = await run((session) => fetchAttachment(session, ref, '~2', { maxBytes: 1000 }))
    expect(file.content.toString()).toBe('PDF')
  })

  test('odd but readable: no parameters, a wrong size, a bare disposition', async () => {
    await start(`BODYSTRUCTURE ("text" NIL NIL NIL NIL NIL NIL NIL NIL "inline") ${envelope}`, (section) =>
      section === '1' ? 'short' : undefined,
    )
    expect((await get()).body.text).toBe('short')
  })

  test('a part that is listed and not given is found in the source', async () => {
    const structure = `(${leaf(8)} ("APPLICATION" "PDF" ("NAME" "plan.pdf") NIL NIL "BASE64" 4 NIL ("ATTACHMENT" NIL) NIL NIL) "MIXED")`
    await start(`BODYSTRUCTURE ${structure} ${envelope}`, (section) => (section === '' ? source : undefined))
    expect((await get()).body.text).toBe('berth 12')
    const file = await run((session) => fetchAttachment(session, ref, '2', { maxBytes: 1000 }))
    expect(file.content.toString()).toBe('PDF')
  })

  test('a part that fails is named, and the one beside it is read', async () => {
    const structure = `(${leaf(8)} ${leaf(9)} "MIXED")`
    await start(`BODYSTRUCTURE ${structure} ${envelope}`, (section) => (section === '2' ? 'and this' : 'NO'))
    const { body, warnings } = await get()
    expect(body.text).toBe('[Part 1 could not be read.]\n\nand this')
    expect(warnings).toContain('part_not_read')
  })
})
