/** Special uses that a server lacks: made with their use where it can be said, or told by name; hidden ones are neither. */
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type ScriptedImap,
  startScriptedImap,
  testHosts,
} from '@email-connector/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  appendMessage,
  fileMessages,
  type ImapDeps,
  type ImapSession,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'

const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder land 1' }
const raw = Buffer.from('Message-ID: <a@test.example>\r\n\r\nx')
let authority: CertificateAuthority
let server: ScriptedImap

beforeAll(async () => {
  authority = await createCertificateAuthority()
  const certificate = await authority.issue({ names: testHosts })
  const capabilities = 'IMAP4rev1 LITERAL+ UIDPLUS MOVE SPECIAL-USE CREATE-SPECIAL-USE'
  server = await startScriptedImap({ tls: 'implicit', certificate, capabilities })
})
afterAll(async () => {
  await server?.stop()
  await authority?.remove()
})
beforeEach(() => {
  server.mailboxes.splice(0, server.mailboxes.length, { path: 'INBOX' })
  server.handlers.CREATE = (tag, args, connection) => {
    const [, path = ''] = /^"?([^" ]+)/.exec(args) ?? []
    const [, specialUse] = /USE \((\\\w+)\)/.exec(args) ?? []
    server.mailboxes.push({ path, ...(specialUse && { specialUse }) })
    return connection.send(`${tag} OK created`)
  }
  server.handlers.APPEND = (tag, _args, connection) => connection.send(`${tag} OK [APPENDUID 1 9] stored`)
})

const run = <T>(use: (session: ImapSession) => Promise<T>, deps: Partial<ImapDeps> = {}) =>
  withImapSession(
    accountOn({ host: server.host, port: server.port, tls: 'implicit' }, alice),
    { ...depsFor(authority.ca), ...deps },
    use,
  )
const file = (session: ImapSession) => appendMessage(session, { mailbox: 'sent', raw, flags: ['\\Seen'] })
const sinceStart = (verb: string, from: number) =>
  server
    .commands()
    .slice(from)
    .filter((line) => line.startsWith(verb))

test('the use is said where it can be (RFC 6154 §5.2), and the prefix of the server is kept', async () => {
  const from = server.commands().length
  expect(await run(file)).toMatchObject({ mailbox: 'Sent', ref: { uid: 9 } })
  expect(sinceStart('CREATE', from)).toEqual([expect.stringMatching(/^CREATE "?Sent"? \(USE \(\\Sent\)\)$/)])
  server.mailboxes.splice(1)
  server.mailboxes.push({ path: 'INBOX/Work' })
  expect(await run(file)).toMatchObject({ mailbox: 'INBOX/Sent' })
})

test('where none can be made, the answer names the folder, and nothing is stored', async () => {
  server.handlers.CREATE = (tag, _args, connection) => connection.send(`${tag} NO [CANNOT] no`)
  const from = server.commands().length
  await expect(run(file)).rejects.toMatchObject({ code: 'mailbox_not_found', reason: 'Sent' })
  const binned = run((session) =>
    fileMessages(session, [{ mailbox: 'INBOX', uidValidity: '1', uid: 1 }], 'trash'),
  )
  await expect(binned).rejects.toMatchObject({ code: 'mailbox_not_found', reason: 'Trash' })
  expect(sinceStart('APPEND', from)).toEqual([])
})

test('a Sent that the owner hides stays the only one', async () => {
  server.mailboxes.push({ path: 'Gesendet', specialUse: '\\Sent' })
  const from = server.commands().length
  await expect(run(file, { hidden: ['Gesendet'] })).rejects.toMatchObject({ code: 'mailbox_not_found' })
  expect(sinceStart('CREATE', from)).toEqual([])
})
