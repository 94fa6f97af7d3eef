/**
 * Mutated mails through every function that reads content, and mutated FETCH answers through whole calls: whatever
 * comes, an answer or a MailError, and never a second of processor time. Seeded, so a finding can be had again.
 */
import {
  createCertificateAuthority,
  createLargeMailbox,
  startScriptedImap,
  testHosts,
} from '@email-connector/testing'
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import { htmlToText } from '../../src/body-text/html-to-text.ts'
import { sanitizeHtml } from '../../src/body-text/sanitize-html.ts'
import { parseHeaders } from '../../src/headers.ts'
import {
  fetchAttachment,
  getMessage,
  listRecent,
  MailError,
  neutraliseLinks,
  removeInvisible,
  withImapSession,
} from '../../src/index.ts'
import { decodeText } from '../../src/mime/charset.ts'
import { unflow } from '../../src/mime/flowed.ts'
import { decodeTransfer } from '../../src/mime/transfer.ts'
import { readAuthentication } from '../../src/reading/authentication-results.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'
import { nastyMails } from './nasty-mails.ts'

export interface Finding {
  readonly target: 'content' | 'wire'
  readonly input: Buffer
  readonly problem: string
}

const maxCpuMs = 1000
const maxInputBytes = 200_000
const maxSeedBytes = 20_000
const charsets = ['', 'utf-8', 'utf-7', 'iso-2022-jp', 'gb18030', 'koi8-r', 'utf-16', 'shift_jis', 'x-none']
const tokens = [
  ...[
    '=?utf-8?B?',
    '?=',
    '=\r\n',
    '\r\n',
    '\0',
    '"',
    '\\',
    '(',
    ')',
    '{9}\r\n',
    '{99999999}\r\n',
    ' NIL ',
    '<',
    '>',
  ],
  ...[
    '<style>',
    '</style>',
    '<!--',
    '-->',
    'style="',
    'display:none',
    'translate(-',
    '@media{',
    '&#x',
    '<a href="',
  ],
  ...[
    'mailto:',
    'https://',
    'a@',
    '--b',
    'charset=',
    '\x1b$B',
    '+AGM-',
    '\u202e',
    '\xff\xfe',
    '[',
    ']',
    '* 1 FETCH (',
  ],
]

type Random = (below: number) => number

/** mulberry32: small, and the same everywhere. */
function createRandom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) % Math.max(1, below)
  }
}

function mutate(seed: Buffer, other: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(seed)
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(bytes.length + 1)
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
    const piece = after.subarray(0, 1 + random(60))
    const token = Buffer.from(tokens[random(tokens.length)] ?? '')
    const changes = [
      () => Buffer.concat([before, Buffer.from([random(256)]), after.subarray(1)]),
      () => Buffer.concat([before, after.subarray(random(200))]),
      () => Buffer.concat([before, token, after]),
      // what takes time by the square shows when it is long
      () => Buffer.concat([before, ...Array<Buffer>(random(5000)).fill(piece), after]),
      () => Buffer.concat([before, ...Array<Buffer>(random(20_000)).fill(token), after]),
      () => Buffer.concat([before, other.subarray(random(other.length))]),
    ]
    bytes = (changes[random(changes.length)]?.() ?? bytes).subarray(0, maxInputBytes)
  }
  return bytes
}

/** Throws if one of the functions that read content does anything but answer in time. */
export async function readContent(input: Buffer): Promise<void> {
  const steps: Record<string, () => unknown> = {
    headers: () => {
      const headers = parseHeaders(input)
      const receiver = { provider: 'gmail', imapHost: 'imap.gmail.com' } as const
      return [...headers.values()].map((values) => readAuthentication(values, 'example.org', receiver))
    },
    base64: () => decodeTransfer(input, 'base64'),
    quotedPrintable: () => decodeTransfer(input, 'quoted-printable'),
    charsets: () => charsets.map((charset) => decodeText(input, charset)),
    flowed: () => unflow(input.toString(), true),
    invisible: () => removeInvisible(input.toString()),
    links: () => neutraliseLinks(input.toString()),
    text: () => htmlToText(input.toString()),
    html: () => {
      const { text } = sanitizeHtml(input.toString())
      if (/<(script|style|iframe|img|link|form|object)\b|<[^>]*\son\w+\s*=/i.test(text))
        throw new Error('markup that acts was left')
    },
  }
  for (const [name, step] of Object.entries(steps)) {
    const ms = await leastCpuMs(maxCpuMs, step)
    if (ms > maxCpuMs) throw new Error(`${name} took ${ms} ms`)
  }
}

/** A server whose FETCH answers are whatever it was last given. */
export async function openWire() {
  const authority = await createCertificateAuthority()
  const certificate = await authority.issue({ names: testHosts })
  const { mailbox } = createLargeMailbox({ exists: 3 })
  let answer: Buffer = Buffer.alloc(0)
  const fetched = async (
    tag: string,
    _args: string,
    connection: { write(chunk: Buffer | string): Promise<void> },
  ) => {
    await connection.write(answer)
    await connection.write(`\r\n${tag} OK done\r\n`)
  }
  const server = await startScriptedImap({
    tls: 'implicit',
    certificate,
    mailboxes: [mailbox],
    handlers: { FETCH: fetched, 'UID FETCH': fetched },
  })
  const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'x' }
  const account = accountOn({ host: server.host, port: server.port }, alice)
  const ref = { mailbox: 'INBOX', uidValidity: '1', uid: 6 }
  const calls = [
    (session: Parameters<typeof getMessage>[0]) =>
      listRecent(session, { mailbox: 'INBOX', limit: 3, unreadOnly: false }),
    (session: Parameters<typeof getMessage>[0]) =>
      getMessage(session, ref, { format: 'text', offset: 0, maxChars: 1000 }),
    (session: Parameters<typeof getMessage>[0]) => fetchAttachment(session, ref, '2', { maxBytes: 100_000 }),
  ]
  return {
    /** Throws if a call ends in anything but an answer or a MailError. */
    async read(input: Buffer): Promise<void> {
      answer = input
      for (const call of calls) {
        const deps = { ...depsFor(authority.ca), deadlineMs: 500 }
        const ms = await leastCpuMs(2 * maxCpuMs, () =>
          withImapSession<unknown>(account, deps, call).catch((error: unknown) => {
            if (!(error instanceof MailError)) throw error
          }),
        )
        if (ms > 2 * maxCpuMs) throw new Error(`a call took ${ms} ms`)
      }
    },
    async close() {
      await server.stop()
      await authority.remove()
    },
  }
}

const wireSeeds = [
  '* 3 FETCH (UID 6 FLAGS (\\Seen) INTERNALDATE "01-Jan-2020 00:03:00 +0000" RFC822.SIZE 300 ENVELOPE ("Wed, 01 Jan 2020 00:03:00 +0000" "=?utf-8?B?w6Q=?=" (("A" NIL "a" "example.org")) NIL NIL ((NIL NIL "b" "example.org")) NIL NIL NIL "<m@example.org>") BODYSTRUCTURE (("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 4 1 NIL NIL NIL NIL)("APPLICATION" "PDF" ("NAME*0*" "utf-8\'\'%C3%A4" "NAME*1" "b") NIL NIL "BASE64" 8 NIL ("ATTACHMENT" ("FILENAME" "a.pdf")) NIL NIL) "MIXED" ("BOUNDARY" "b") NIL NIL NIL) BODY[1]<0> {4}\r\nabcd BODY[2]<0> {8}\r\nYWJjZGVm BODY[HEADER.FIELDS (FROM REFERENCES)] {20}\r\nFrom: a@example.org\r\n)',
  '* 3 FETCH (UID 6 FLAGS () BODYSTRUCTURE ("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 9 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1) 1 NIL NIL NIL NIL) BODY[1] "x")',
]

/** Runs until the time is over; `report` gets each finding. Answers how many inputs were tried. */
export async function fuzzMail(options: {
  seed: number
  seconds: number
  report: (finding: Finding) => void
}): Promise<number> {
  const random = createRandom(options.seed)
  const seeds = nastyMails().map(({ raw }) => raw.subarray(0, maxSeedBytes))
  const pick = (from: readonly Buffer[]) => from[random(from.length)] ?? Buffer.alloc(0)
  const wires = wireSeeds.map((text) => Buffer.from(text, 'latin1'))
  const wire = await openWire()
  const end = performance.now() + options.seconds * 1000
  let tried = 0
  try {
    while (performance.now() < end) {
      const target = tried++ % 4 === 0 ? 'wire' : 'content'
      const input =
        target === 'wire'
          ? mutate(pick(wires), pick(seeds), random)
          : mutate(pick(seeds), pick(seeds), random)
      try {
        if (target === 'wire') await wire.read(input)
        else await readContent(input)
      } catch (error) {
        options.report({
          target,
          input,
          problem: error instanceof Error ? (error.stack ?? error.message) : String(error),
        })
      }
    }
  } finally {
    await wire.close()
  }
  return tried
}
