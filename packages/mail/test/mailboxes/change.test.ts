/** Names of new mailboxes are checked against what is there, before the server is asked. */
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type ScriptedImap,
  startScriptedImap,
  testHosts,
} from '@email-connector/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  createMailbox,
  deleteMailbox,
  type ImapSession,
  MailError,
  renameMailbox,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'

const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder land 1' }
let authority: CertificateAuthority
let server: ScriptedImap
let list: ScriptedImap['handlers'][string] | undefined

beforeAll(async () => {
  authority = await createCertificateAuthority()
  const certificate = await authority.issue({ names: testHosts })
  server = await startScriptedImap({ tls: 'implicit', certificate, capabilities: 'IMAP4rev1 SPECIAL-USE' })
  list = server.handlers.LIST
})
afterAll(async () => {
  await server?.stop()
  await authority?.remove()
})
beforeEach(() => {
  if (list !== undefined) server.handlers.LIST = list
  const there = ['INBOX', 'Archive', 'Projects', 'Projects/2026', 'Invoices', 'twin', 'Twin']
  server.mailboxes.splice(0, server.mailboxes.length, ...there.map((path) => ({ path })))
  server.mailboxes.push(
    { path: 'Gesendet', specialUse: '\\Sent' },
    { path: 'Papierkorb', specialUse: '\\Trash' },
  )
  const pathsOf = (args: string) => args.match(/[^" ]+/g) ?? []
  server.handlers.CREATE = (tag, args, connection) => {
    server.mailboxes.push({ path: pathsOf(args)[0] ?? '' })
    return connection.send(`${tag} OK created`)
  }
  server.handlers.RENAME = (tag, args, connection) => {
    server.mailboxes.push({ path: pathsOf(args)[1] ?? '' })
    return connection.send(`${tag} OK renamed`)
  }
})

const run = <T>(use: (session: ImapSession) => Promise<T>) =>
  withImapSession(
    accountOn({ host: server.host, port: server.port, tls: 'implicit' }, alice),
    depsFor(authority.ca),
    use,
  )
const faultOf = async (use: (session: ImapSession) => Promise<unknown>) => {
  const from = server.commands().length
  const error: unknown = await run(use).then(
    () => expect.fail('It was done'),
    (cause) => cause,
  )
  if (!(error instanceof MailError)) throw error
  expect(error.code).toBe('invalid_input')
  const asked = server.commands().slice(from)
  return {
    field: error.field,
    reason: error.reason,
    isAsked: asked.some((one) => /^(CREATE|RENAME|DELETE)/.test(one)),
  }
}

describe('a name that cannot be is refused with its reason, and the server is not asked', () => {
  test.each([
    ['Archive', /with this name already/],
    ['archive', /differs in case only/],
    ['projects/2026', /with this name already/],
    ['inbox', /differs in case only/],
    ['sent', /means the sent mailbox/],
    ['Bin', /means the trash mailbox/],
    ['a//b', /a level is empty/],
    ['/Lead', /a level is empty/],
    ['Trail/', /a level is empty/],
    ['a/ b', /a space at its beginning or end/],
    ['A*b', /\* and % cannot be/],
  ])('create %s', async (name, reason) => {
    const fault = await faultOf((session) => createMailbox(session, name))
    expect(fault).toEqual({ field: 'name', reason: expect.stringMatching(reason), isAsked: false })
  })

  test.each([
    ['Projects', 'Archive', 'new_name', /with this name already/],
    ['Projects', 'Projects', 'new_name', /has this name already/],
    ['Projects', 'Projects/Old', 'new_name', /cannot go into itself/],
    ['Projects', 'Sent', 'new_name', /means the sent mailbox/],
    ['Projects', 'a//b', 'new_name', /a level is empty/],
    ['Gesendet', 'Out', 'name', /keep their names/],
    ['INBOX', 'In', 'name', /keep their names/],
  ])('rename %s to %s', async (name, newName, field, reason) => {
    const fault = await faultOf((session) => renameMailbox(session, name, newName))
    expect(fault).toEqual({ field, reason: expect.stringMatching(reason), isAsked: false })
  })

  test('delete a special use', async () => {
    const fault = await faultOf((session) => deleteMailbox(session, 'trash'))
    expect(fault).toEqual({ field: 'name', reason: expect.stringMatching(/stay/), isAsked: false })
  })

  test('where "." parts levels, a name with a point and a space is told so', async () => {
    server.handlers.LIST = (tag, _args, connection) =>
      connection.send(`* LIST () "." INBOX\r\n${tag} OK listed`)
    const { reason } = await faultOf((session) => createMailbox(session, 'Dr. Maier'))
    expect(reason).toMatch(/^\. and \/ part levels on this server/)
  })
})

test.each([
  ['ALREADYEXISTS', /with this name already/],
  ['CANNOT', /takes no such name/],
])('what the server says of a name by %s (RFC 5530 §3) is told of its field', async (code, reason) => {
  for (const command of ['CREATE', 'RENAME'])
    server.handlers[command] = (tag, _args, connection) => connection.send(`${tag} NO [${code}] no`)
  expect(await faultOf((session) => createMailbox(session, 'New'))).toMatchObject({
    ...{ field: 'name', reason: expect.stringMatching(reason) },
  })
  expect(await faultOf((session) => renameMailbox(session, 'Projects', 'New'))).toMatchObject({
    ...{ field: 'new_name', reason: expect.stringMatching(reason) },
  })
})

test.each([
  ['invoices/2026', 'Invoices/2026'],
  ['PROJECTS/2026/May', 'Projects/2026/May'],
  // Two that differ in case: neither is meant more than the other.
  ['TWIN/a', 'TWIN/a'],
  ['twin/a', 'twin/a'],
  ['Starred', 'Starred'],
])('a mailbox %s goes below what is there, as %s', async (name, path) => {
  expect((await run((session) => createMailbox(session, name))).path).toBe(path)
})

test('a mailbox may get its own name in another case, and says what it was', async () => {
  const renamed = await run((session) => renameMailbox(session, 'Projects', 'projects'))
  expect(renamed).toMatchObject({ path: 'projects', before: 'Projects' })
})
