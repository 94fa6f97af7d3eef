/** R58, R59, R102: a server that sends more than was asked for costs one call, and little memory. */
import { fileURLToPath } from 'node:url'
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type ImapConnection,
  type ImapHandler,
  type ScriptedImap,
  type ServerCertificate,
  startScriptedImap,
  startTiedProcess,
  testHosts,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const megabyte = 1024 * 1024

/** `total` octets of what `piece` makes, until the client has gone; counts what left. */
async function flood(connection: ImapConnection, total: number, piece: (count: number) => string) {
  let sent = 0
  for (let count = 0; sent < total && connection.isOpen(); count += 1) {
    const bytes = piece(count)
    await connection.write(bytes).catch(() => undefined)
    sent += bytes.length
  }
  return sent
}

const letters = 'A'.repeat(2 * megabyte)
const words = 'a '.repeat(100_000)

describe('a mail server that floods', () => {
  let authority: CertificateAuthority
  let certificate: ServerCertificate
  beforeAll(async () => {
    authority = await createCertificateAuthority()
    certificate = await authority.issue({ names: testHosts })
  })
  afterAll(() => authority.remove())

  async function suffer(work: string, handlers: Record<string, ImapHandler>, capabilities?: string) {
    const server: ScriptedImap = await startScriptedImap({
      tls: 'implicit',
      certificate,
      ...(capabilities === undefined ? {} : { capabilities }),
      mailboxes: [
        { path: 'INBOX', exists: 1_000 },
        { path: 'Trash', specialUse: '\\Trash' },
      ],
      handlers,
    })
    const probe = fileURLToPath(new URL('./memory-probe.ts', import.meta.url))
    const child = startTiedProcess(process.execPath, [
      '--import',
      'tsx',
      probe,
      work,
      String(server.port),
      authority.ca,
    ])
    await child.ended
    await server.stop()
    const [json] = /\{.*"peakBytes".*\}/.exec(child.output()) ?? expect.fail(child.output())
    return JSON.parse(json) as { result?: number; failed?: string; peakBytes: number }
  }

  const structure = '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 10 1)'
  const floods: [what: string, work: string, handlers: Record<string, ImapHandler>, code?: string][] = [
    [
      'a gigabyte of LIST lines',
      'mailboxes',
      {
        LIST: async (_tag, _args, connection) => {
          await flood(connection, 1024 * megabyte, (count) =>
            Array.from({ length: 500 }, (_, at) => `* LIST () "/" "folder-${count * 500 + at}"\r\n`).join(''),
          )
        },
      },
    ],
    [
      '350 FETCH rows of 2 MB',
      'recent',
      {
        FETCH: async (_tag, _args, connection) => {
          await flood(
            connection,
            700 * megabyte,
            (count) =>
              `* ${count + 1} FETCH (UID ${count + 1} BODY[1]<0> {${letters.length}}\r\n${letters})\r\n`,
          )
        },
      },
    ],
    [
      'twenty bodies of 6 MB where the structures say 10 octets',
      'bodies',
      {
        'UID FETCH': async (tag, args, connection) => {
          for (let uid = 1; uid <= 20; uid += 1) {
            if (args.includes('BODYSTRUCTURE'))
              await connection.send(`* ${uid} FETCH (UID ${uid} BODYSTRUCTURE ${structure})`)
            else
              await connection.write(
                `* ${uid} FETCH (UID ${uid} BODY[1]<0> {${3 * letters.length}}\r\n${letters}${letters}${letters})\r\n`,
              )
          }
          await connection.send(`${tag} OK done`)
        },
      },
    ],
    [
      'a gigabyte of SEARCH numbers',
      'unread',
      {
        'UID SEARCH': async (_tag, _args, connection) => {
          const numbers = Array.from({ length: 100_000 }, (_, at) => at + 1).join(' ')
          await flood(connection, 1024 * megabyte, () => `* SEARCH ${numbers}\r\n`)
        },
      },
    ],
    [
      'four million numbers as one line',
      'unread',
      {
        'UID SEARCH': async (_tag, _args, connection) => {
          const numbers = '1 '.repeat(4_000_000)
          await flood(connection, 1024 * megabyte, () => `* SEARCH ${numbers}1\r\n`)
        },
      },
    ],
    [
      'four million numbers as one set',
      'unread',
      {
        'UID SEARCH': async (tag, _args, connection) => {
          await connection.send(`* ESEARCH (TAG "1") UID ALL ${'1,3,'.repeat(2_000_000)}1`)
          await connection.send(`${tag} OK done`)
        },
      },
    ],
    [
      'lines of 100,000 words',
      'mailboxes',
      {
        LIST: async (_tag, _args, connection) => {
          await flood(connection, 1024 * megabyte, () => `* OK [${words}] x\r\n`)
        },
      },
    ],
    [
      'capabilities without end',
      'nothing',
      {
        LOGIN: async (_tag, _args, connection) => {
          await flood(
            connection,
            1024 * megabyte,
            (count) =>
              `* CAPABILITY ${Array.from({ length: 20_000 }, (_, at) => `X${count}-${at}`).join(' ')}\r\n`,
          )
        },
      },
    ],
    [
      'a sentence of 2 MB that begins again and again',
      'nothing',
      { LOGIN: (tag, _args, connection) => connection.send(`${tag} NO ${'basicauth'.repeat(200_000)}`) },
      'login_refused',
    ],
    [
      'an item whose name is 2 MB long',
      'recent',
      {
        FETCH: async (tag, _args, connection) => {
          const name = `body[${'.fields'.repeat(300_000)}\n`
          await connection.send(`* 1 FETCH (UID 1 {${name.length}}\r\n${name} "x")`)
          await connection.send(`${tag} OK done`)
        },
      },
    ],
    [
      'a structure of 170,000 brackets, 900 in each other',
      'recent',
      {
        FETCH: async (tag, _args, connection) => {
          const nested = `${'('.repeat(900)}${')'.repeat(900)} `.repeat(190)
          await connection.send(`* 1 FETCH (UID 1 FLAGS () BODYSTRUCTURE (${nested}))`)
          await connection.send(`${tag} OK done`)
        },
      },
    ],
    [
      'a COPYUID of 20,000 parts',
      'move',
      {
        'UID MOVE': async (tag, _args, connection) => {
          const set = Array.from({ length: 20_000 }, () => '1:9999').join(',')
          await connection.send(`* OK [COPYUID 1 ${set} ${set}] moved`)
          await connection.send(`${tag} OK done`)
        },
      },
    ],
  ]

  test.each(floods)(
    'R58, R59, R102: %s is one failed call in less than 300 MB',
    async (_what, work, handlers, code = 'connection_lost') => {
      const seen = await suffer(work, handlers)
      console.info(`${work}: ${seen.failed}, ${Math.round(seen.peakBytes / megabyte)} MB held`)
      expect(seen.failed).toBe(code)
      expect(seen.peakBytes).toBeLessThan(300 * megabyte)
    },
  )
})
