/** Several messages in the round trips of one; each answered for in its place. */
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  getMessages,
  type ImapSession,
  MailError,
  type MessageRef,
  type ServerMemory,
  verifyImapLogin,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, createWire, depsFor } from '../imap/imap-account.ts'

const options = { format: 'text', offset: 0, maxChars: 20_000 } as const
const plain = (n: number) => `From: Ann <ann@example.org>\nSubject: Number ${n}\n\nBody of number ${n}\n`
const alternative = (text: string, html: string) =>
  `From: Ann <ann@example.org>\nSubject: Both\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n${text}\n--b\nContent-Type: text/html\n\n${html}\n--b--\n`

describe.skipIf(!findDovecot())('getMessages', () => {
  let dovecot: Dovecot
  let memory: ServerMemory
  let uidValidity: string
  const account = () => accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice)
  const ref = (uid: number): MessageRef => ({ mailbox: 'INBOX', uidValidity, uid })
  const run = <T>(use: (session: ImapSession) => Promise<T>) =>
    withImapSession(account(), { ...depsFor(dovecot.ca), memory }, use)
  const outcomes = async (refs: MessageRef[]) =>
    (await run((session) => getMessages(session, refs, options))).map((one) =>
      one instanceof MailError ? one.code : one.body.text,
    )

  beforeAll(async () => {
    dovecot = await startDovecot()
    const raws = [plain(1), plain(2), alternative('Text', '<p>Html</p>'), alternative('', '<p>Only here</p>')]
    await dovecot.reader(dovecot.alice).append('INBOX', raws)
    uidValidity = String(await dovecot.reader(dovecot.alice).uidValidity('INBOX'))
    memory = await verifyImapLogin(account(), depsFor(dovecot.ca))
  })
  afterAll(() => dovecot?.stop())

  test('reads messages built alike with one command, in the order asked', async () => {
    const wire = createWire(depsFor(dovecot.ca).connector)
    const deps = { ...depsFor(dovecot.ca), connector: wire.connector, memory }
    const read = await withImapSession(account(), deps, (session) =>
      getMessages(session, [ref(2), ref(1), ref(2)], options),
    )
    expect(read).toMatchObject([2, 1, 2].map((n) => ({ body: { text: `Body of number ${n}` } })))
    expect(wire.commands.map((line) => line.replace(/ \(.*| ".*/, ''))).toEqual([
      'LOGIN',
      'EXAMINE',
      'UID FETCH 1:2',
      'UID FETCH 1:2',
    ])
  })

  test('R75: reads messages built differently, of two texts that differ the HTML', async () => {
    expect(await outcomes([1, 3, 4].map(ref))).toEqual(['Body of number 1', 'Html', 'Only here'])
  })

  test('answers for what is gone, stale or nowhere in its place', async () => {
    const stale = { ...ref(1), uidValidity: '7' }
    const nowhere = { ...ref(1), mailbox: 'Nowhere' }
    expect(await outcomes([ref(99), stale, ref(1), nowhere])).toEqual([
      'message_not_found',
      'stale_id',
      'Body of number 1',
      'mailbox_not_found',
    ])
    expect(await outcomes([ref(99)])).toEqual(['message_not_found'])
  })
})
