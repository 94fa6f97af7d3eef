/** Flags and labels under one face: Gmail's commands on a server that says it is Gmail, and mailboxes that keep only some. */
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type ScriptedImap,
  type ScriptedImapOptions,
  startScriptedImap,
  testHosts,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  type ImapSession,
  moveMessages,
  planUndo,
  setFlags,
  undoChanges,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'

const alice = { address: 'alice@test.example', login: 'alice', password: 'x' }
const ref = (uid: number, mailbox = 'INBOX') => ({ mailbox, uidValidity: '1', uid })
const gmail = 'IMAP4rev1 X-GM-EXT-1 UIDPLUS MOVE ESEARCH LIST-EXTENDED SPECIAL-USE SASL-IR AUTH=PLAIN'

describe('flags and labels against a scripted server', () => {
  let authority: CertificateAuthority
  let server: ScriptedImap | undefined

  beforeAll(async () => {
    authority = await createCertificateAuthority()
  })
  afterEach(async () => {
    await server?.stop()
    server = undefined
  })
  afterAll(() => authority.remove())

  async function start(options: ScriptedImapOptions): Promise<ScriptedImap> {
    const certificate = await authority.issue({ names: testHosts })
    server = await startScriptedImap({ tls: 'implicit', certificate, ...options })
    return server
  }
  const run = <T>({ host, port }: ScriptedImap, use: (session: ImapSession) => Promise<T>) =>
    withImapSession(accountOn({ host, port }, alice), depsFor(authority.ca), use)
  const sent = (to: ScriptedImap, name: string) => to.commands().filter((one) => one.startsWith(name))

  /** One message with flags and labels that STORE and MOVE change as Gmail does. */
  async function startGmail(labels: string[], flags: string[] = []): Promise<ScriptedImap> {
    const line = () => `* 1 FETCH (UID 7 FLAGS (${flags.join(' ')}) X-GM-LABELS (${labels.join(' ')}))`
    return await start({
      capabilities: gmail,
      handlers: {
        async 'UID FETCH'(tag, _args, connection) {
          await connection.send(line())
          await connection.send(`${tag} OK done`)
        },
        async 'UID STORE'(tag, args, connection) {
          const [, sign = '', item = '', list = ''] = /^\S+ ([+-])(\S+) \((.*)\)$/.exec(args) ?? []
          const kept = item === 'X-GM-LABELS' ? labels : flags
          for (const [given] of list.matchAll(/"[^"]*"|\S+/g)) {
            const name = given.includes(' ') ? given : given.replaceAll('"', '')
            const at = kept.indexOf(name)
            if (sign === '+' && at < 0) kept.push(name)
            if (sign === '-' && at >= 0) kept.splice(at, 1)
          }
          await connection.send(line())
          await connection.send(`${tag} OK done`)
        },
        async 'UID MOVE'(tag, _args, connection) {
          labels.splice(0)
          await connection.send('* OK [COPYUID 1 7 7] moved')
          await connection.send(`${tag} OK done`)
        },
      },
    })
  }

  test('on Gmail a name is a label, with spaces and other letters; `flagged` and `$` names are flags', async () => {
    const labels = ['"Two words"']
    const flags = ['\\Answered']
    const gmailServer = await startGmail(labels, flags)
    const add = ['flagged', '$Later', 'Zwölf Räume', 'Two words']
    const [outcome] = await run(gmailServer, (session) =>
      setFlags(session, [ref(7)], { add, remove: ['answered'] }),
    )
    expect(sent(gmailServer, 'UID STORE')).toEqual([
      'UID STORE 7 +FLAGS (\\Flagged $Later)',
      'UID STORE 7 -FLAGS (\\Answered)',
      'UID STORE 7 +X-GM-LABELS ("Zw&APY-lf R&AOQ-ume" "Two words")',
    ])
    expect(flags).toEqual(['\\Flagged', '$Later'])
    // The label that it had before is not the change's to take back.
    expect(outcome).toMatchObject({
      ok: true,
      changed: { add: ['\\Flagged', '$Later', 'Zwölf Räume'], remove: ['\\Answered'] },
    })
  })

  test('R89: on Gmail an undo of labels and flags leaves those that were there', async () => {
    const labels = ['Work']
    const gmailServer = await startGmail(labels)
    await run(gmailServer, async (session) => {
      const change = { add: ['Work', 'New one', 'flagged'], remove: [] }
      const { steps } = planUndo(session, await setFlags(session, [ref(7)], change))
      expect(labels).toEqual(['Work', '"New one"'])
      await undoChanges(session, steps)
    })
    expect(labels).toEqual(['Work'])
  })

  test('R89: on Gmail an undo of a move gives back the labels that the move took off', async () => {
    const labels = ['Work', '"Two words"', '\\Important']
    const gmailServer = await startGmail(labels)
    const steps = await run(
      gmailServer,
      async (session) => planUndo(session, await moveMessages(session, [ref(7)], 'trash')).steps,
    )
    expect(labels).toEqual([])
    const undone = await run(gmailServer, (session) => undoChanges(session, steps))
    expect(undone).toMatchObject([{ ok: true }])
    expect(labels).toEqual(['Work', '"Two words"', '\\Important'])
  })

  test.each([['[Gmail]/Sent Mail'], ['\\Sent'], ['\\Deleted'], ['']])(
    'on Gmail %j is no label to set',
    async (name) => {
      const gmailServer = await startGmail([])
      const setting = run(gmailServer, (session) => setFlags(session, [ref(7)], { add: [name], remove: [] }))
      await expect(setting).rejects.toMatchObject({ code: 'invalid_input', field: 'add' })
      expect(sent(gmailServer, 'UID STORE')).toEqual([])
    },
  )

  test('a change that names nothing is refused, and nothing is sent', async () => {
    const gmailServer = await startGmail([])
    const setting = run(gmailServer, (session) => setFlags(session, [ref(7)], { add: [], remove: [] }))
    await expect(setting).rejects.toMatchObject({ code: 'invalid_input', field: 'add' })
    expect(sent(gmailServer, 'UID')).toEqual([])
  })

  test('a flag that the mailbox does not keep is not sent to it, and named', async () => {
    const strict = await start({
      handlers: {
        async SELECT(tag, _args, connection) {
          await connection.send('* 1 EXISTS')
          await connection.send('* OK [PERMANENTFLAGS (\\Seen \\Flagged)] limited')
          await connection.send('* OK [UIDVALIDITY 1] valid')
          await connection.send(`${tag} OK [READ-WRITE] selected`)
        },
        // It would say yes, for as long as this session lasts.
        async 'UID STORE'(tag, _args, connection) {
          await connection.send('* 1 FETCH (UID 7 FLAGS (\\Seen Work))')
          await connection.send(`${tag} OK done`)
        },
        async 'UID FETCH'(tag, _args, connection) {
          await connection.send('* 1 FETCH (UID 7 FLAGS ())')
          await connection.send(`${tag} OK done`)
        },
      },
    })
    const change = { add: ['Work', '\\Seen'], remove: [] }
    const outcomes = await run(strict, (session) => setFlags(session, [ref(7)], change))
    expect(outcomes).toEqual([{ ref: ref(7), ok: false, code: 'not_supported', refused: ['Work'] }])
    expect(sent(strict, 'UID STORE')).toEqual([])
    // What no message of it can have is gone already.
    const removed = await run(strict, (session) => setFlags(session, [ref(7)], { add: [], remove: ['Work'] }))
    expect(removed).toMatchObject([{ ok: true }])
    expect(sent(strict, 'UID STORE')).toEqual([])
  })

  test('two thousand scattered messages go in commands of a length that servers take, and a fault tells how far', async () => {
    const uids = Array.from({ length: 2_000 }, (_, at) => 3_000_000 + 2 * at)
    let moves = 0
    const large = await start({
      mailboxes: [
        { path: 'INBOX', exists: 2_000 },
        { path: 'Archive', specialUse: '\\Archive' },
      ],
      handlers: {
        async 'UID MOVE'(tag, args, connection) {
          const [set = ''] = args.split(' ')
          const count = set.split(',').length
          const first = 1 + moves * 1_000
          moves += 1
          if (moves === 3) return connection.send(`${tag} NO [OVERQUOTA] full`)
          await connection.send(`* OK [COPYUID 1 ${set} ${first}:${first + count - 1}] moved`)
          await connection.send(`${tag} OK done`)
        },
      },
    })
    const outcomes = await run(large, (session) =>
      moveMessages(
        session,
        uids.map((uid) => ref(uid)),
        'Archive',
      ),
    )
    expect(Math.max(...large.commands().map((one) => one.length))).toBeLessThan(8_000)
    expect(moves).toBe(3)
    const done = outcomes.filter(({ ok }) => ok).length
    expect(done).toBeGreaterThan(1_000)
    expect(outcomes.filter(({ code }) => code === 'over_quota')).toHaveLength(2_000 - done)
  })
})
