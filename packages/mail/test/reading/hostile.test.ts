/** Ids and headers that a server or a sender made up, against a scripted server. */
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
  getThread,
  type ImapSession,
  MailError,
  type MessageRef,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'

const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder' }
const ref = (uid: number, uidValidity = '1'): MessageRef => ({ mailbox: 'INBOX', uidValidity, uid })
const options = { format: 'text', offset: 0, maxChars: 0 } as const
const structure =
  'BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 4 1 NIL ("attachment" ("filename" "a.txt")) NIL NIL)'
const envelope = (from = '((NIL NIL "ann" "bank.example"))') =>
  `ENVELOPE ("Fri, 20 Nov 2026 10:00:00 +0000" "s" ${from} NIL NIL NIL NIL NIL NIL "<a@b.example>")`

describe('reading from a scripted server', () => {
  let authority: CertificateAuthority
  let server: ScriptedImap
  beforeAll(async () => {
    authority = await createCertificateAuthority()
  })
  afterAll(() => authority.remove())
  afterEach(() => server.stop())

  async function start(uidValidity: number, row: string): Promise<void> {
    const certificate = await authority.issue({ names: testHosts })
    server = await startScriptedImap({
      tls: 'implicit',
      certificate,
      mailboxes: [{ path: 'INBOX', exists: 1, uidValidity }],
      handlers: {
        async 'UID FETCH'(tag, _args, connection) {
          await connection.send(`* 1 FETCH (UID 7 FLAGS () ${row})`)
          await connection.send(`${tag} OK done`)
        },
      },
    })
  }
  const run = <T>(use: (session: ImapSession) => Promise<T>) =>
    withImapSession(accountOn({ host: server.host, port: server.port }, alice), depsFor(authority.ca), use)
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'ok',
      (error: unknown) => (error instanceof MailError ? error.code : `not a MailError: ${error}`),
    )
  const attachment = (message: MessageRef, partId: string) =>
    run((session) => fetchAttachment(session, message, partId, { maxBytes: 1000 }))

  test('R60: neither an attachment nor a conversation is read by the id of an older UIDVALIDITY', async () => {
    await start(2, `${structure} ${envelope()} BODY[1]<0> "data"`)
    expect(await codeOf(attachment(ref(7), '1'))).toBe('stale_id')
    expect(
      await codeOf(run((session) => getThread(session, ref(7), { maxChars: 500, quotes: 'folded' }))),
    ).toBe('stale_id')
    expect(server.commands().join('\n')).not.toMatch(/BODY\.PEEK\[1\]|SEARCH/)
    expect((await attachment(ref(7, '2'), '1')).content.toString()).toBe('data')
  })

  test.each([
    ...[
      '',
      '0',
      '01',
      '1.0',
      '1.',
      '.1',
      '1..2',
      '-1',
      '1 2',
      '1]',
      'HEADER',
      'TEXT',
      '1.MIME',
      '1.HEADER',
      'MIME',
    ],
    ...['1]<0.5> BODY[2', '10000', '1\r\nA LOGOUT', `1${'.1'.repeat(21)}`],
  ])('R37: part id %j is refused before anything is sent', async (partId) => {
    await start(1, structure)
    const work = attachment(ref(7), partId)
    await expect(work).rejects.toMatchObject({ code: 'invalid_input', field: 'attachment_id' })
    expect(server.commands().join('\n')).not.toMatch(/FETCH/)
  })

  test.each([
    ['one From', 'From: ann@bank.example\r\n\r\n', envelope(), []],
    [
      'two From headers',
      'From: ann@bank.example\r\nFrom: eve@evil.example\r\n\r\n',
      envelope(),
      ['suspicious_from'],
    ],
    [
      'two addresses in one',
      'From: ann@bank.example, eve@evil.example\r\n\r\n',
      envelope('((NIL NIL "ann" "bank.example")(NIL NIL "eve" "evil.example"))'),
      ['suspicious_from'],
    ],
    [
      'another address in the name',
      'From: "ann@bank.example" <eve@evil.example>\r\n\r\n',
      envelope('(("ann@bank.example" NIL "eve" "evil.example"))'),
      ['suspicious_from'],
    ],
    [
      'another address somewhere in the name',
      'From: "Ann (ann@bank.example)" <eve@evil.example>\r\n\r\n',
      envelope('(("Ann (ann@bank.example)" NIL "eve" "evil.example"))'),
      ['suspicious_from'],
    ],
    [
      'its own address in the name',
      'From: "ann@bank.example" <ann@bank.example>\r\n\r\n',
      envelope('(("ann@bank.example" NIL "ann" "bank.example"))'),
      [],
    ],
  ])('R50: %s', async (_name, header, shown, warnings) => {
    const literal = `BODY[HEADER.FIELDS (FROM REFERENCES AUTHENTICATION-RESULTS)] {${header.length}}\r\n${header}`
    await start(1, `${structure} ${shown} ${literal}`)
    const detail = await run((session) => getMessage(session, ref(7), options))
    expect(detail.warnings).toEqual(warnings)
  })
})
