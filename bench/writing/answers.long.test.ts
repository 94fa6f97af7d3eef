/**
 * R83 over mails in the manner of ten mail programs, of MJML, react-email and real people: each is replied to and
 * forwarded over real servers. What arrives is parsed by a second MIME parser, and Chromium says whether all that a
 * person saw of the original is there: words, targets, files byte for byte; Dovecot's own THREAD says that it belongs.
 * A long run tries more of them.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:tls'
import {
  loopbackConnector,
  type OpenTools,
  openTools,
  toAccount,
} from '@email-connector/server/testing/open-tools'
import {
  type Dovecot,
  findChromium,
  findDovecot,
  type Submission,
  startDovecot,
  startSubmission,
  startVisibleWordsReader,
  type VisibleWordsReader,
} from '@email-connector/testing'
import PostalMime, { type Email } from 'postal-mime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compareWords } from '../reading/compare.ts'
import { openSamples, type SampleMail } from '../reading/corpus.ts'

const count = 200
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** HTML with a plain part, a picture by cid, and a file of bytes of its own. */
function toMail({ html }: SampleMail, number: number, file: Buffer): string {
  const lines = (bytes: Buffer) => bytes.toString('base64').replaceAll(/.{76}/g, '$&\r\n')
  const part = (fields: string[], bytes: Buffer) =>
    [...fields, 'Content-Transfer-Encoding: base64', '', lines(bytes)].join('\r\n')
  const body = html.replace(/<\/body>|$/i, (end) => `<img src="cid:p${number}@x" alt="Logo">${end}`)
  return [
    'From: Ann Lee <ann@relayed.example>',
    'To: alice@test.example',
    `Subject: Sample ${number}`,
    `Date: Fri, 27 Nov 2026 10:15:00 +0100`,
    `Message-ID: <sample-${number}@test.example>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=mix',
    '',
    '--mix\r\nContent-Type: multipart/related; boundary=rel\r\n',
    `--rel\r\n${part(['Content-Type: text/html; charset=utf-8'], Buffer.from(body))}`,
    `--rel\r\n${part(['Content-Type: image/png; name=p.png', `Content-ID: <p${number}@x>`, 'Content-Disposition: inline'], picture)}`,
    '--rel--',
    `--mix\r\n${part(['Content-Type: application/octet-stream', `Content-Disposition: attachment; filename="f ${number}.bin"`], file)}`,
    '--mix--',
    '',
  ].join('\r\n')
}

/** As a browser goes there; what is in a comment is nobody's link. */
const targetsOf = (html: string) =>
  [...html.replaceAll(/<!--[\s\S]*?-->/g, '').matchAll(/<a\b[^>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)]
    .map(([, double, single]) =>
      (double ?? single ?? '')
        .replaceAll(/&#(\d{1,6});/g, (_, code) => String.fromCodePoint(Number(code)))
        .replaceAll('&amp;', '&')
        .trim(),
    )
    .filter((target) => /^https?:\/\/[!-~]+$/i.test(target) && URL.canParse(target))
    .map((target) => new URL(target).href.replaceAll('|', '%7C'))

describe.skipIf(!findDovecot() || !findChromium())(
  'what is answered and forwarded',
  { timeout: 1_800_000 },
  () => {
    let dovecot: Dovecot
    let submission: Submission
    let tools: OpenTools | undefined
    let chromium: VisibleWordsReader
    let samples: SampleMail[]

    beforeAll(async () => {
      dovecot = await startDovecot()
      submission = await startSubmission({ mailServer: dovecot })
      chromium = await startVisibleWordsReader()
      samples = await openSamples(count)
    })
    afterAll(async () => {
      await chromium?.close()
      await tools?.close()
      await submission?.stop()
      await dovecot?.stop()
    })

    /** A client may call 120 times a minute. */
    async function openFresh(): Promise<OpenTools> {
      await tools?.close()
      const account = toAccount(dovecot.alice, dovecot, submission.smtpsPort)
      tools = await openTools({ accounts: [account], connector: loopbackConnector(dovecot.ca) })
      return tools
    }

    const shownOf = async (sample: SampleMail) => ({
      ...(await chromium.read(sample.html)),
      hidden: [],
      covered: [],
    })

    test('R83: every visible word and target of an original arrives, files byte for byte, in one thread', async () => {
      const faults: string[] = []
      let words = 0
      let open = await openFresh()
      for (const [number, sample] of samples.entries()) {
        if (number % 30 === 29) open = await openFresh()
        const file = randomBytes(3_000 + number)
        const raw = toMail(sample, number, file)
        await dovecot.appendRaw(dovecot.alice, 'INBOX', raw)
        const found = await open.call('search_emails', {
          query: `rfc822msgid:sample-${number}@test.example`,
          mailbox: 'INBOX',
        })
        const id = found.structured.emails[0].id
        const shown = await shownOf(sample)
        words += shown.shown.length
        for (const tool of ['reply_to_email', 'forward_email']) {
          const to = tool === 'forward_email' ? { to: ['carol@relayed.example'] } : {}
          const answer = await open.call(tool, { id, body: 'Mine.', ...to })
          const fault = (text: string) => faults.push(`${sample.name}, ${tool}: ${text}`)
          if (answer.structured.state !== 'sent') {
            fault(answer.text)
            continue
          }
          const sent = submission.messages.at(-1)?.raw ?? Buffer.alloc(0)
          const email = await PostalMime.parse(sent)
          const arrived = await chromium.read(email.html ?? '')
          // What another box lies over is there; the column of a quote is narrower than the page.
          const { missing } = compareWords([...arrived.shown, ...arrived.covered].join(' '), shown)
          if (missing.length > 0) fault(`lacks ${missing.slice(0, 5).join(' ')} (${missing.length})`)
          const here = new Set(targetsOf(email.html ?? ''))
          const visible = targetsOf((await PostalMime.parse(raw)).html ?? '').filter((one) => !here.has(one))
          if (visible.length > 0) fault(`has no target ${visible[0]}`)
          for (const one of checkParts(email, file, tool === 'forward_email')) fault(one)
          if (
            sent
              .toString('latin1')
              .split('\r\n')
              .some((line) => line.length > 998)
          )
            fault('has a long line')
        }
      }
      expect(words).toBeGreaterThan(count * 20)
      expect(faults).toEqual([])
      expect(await threadsOf(dovecot)).toEqual([])
    })

    function checkParts({ attachments, html = '' }: Email, file: Buffer, isForward: boolean): string[] {
      const faults: string[] = []
      const bytesOf = (one: Email['attachments'][number]) => Buffer.from(one.content as ArrayBuffer)
      const logo = attachments.find(({ contentId }) => contentId !== undefined && contentId !== null)
      if (logo === undefined || !bytesOf(logo).equals(picture)) faults.push('has no picture')
      else if (!html.includes(`cid:${logo.contentId?.replaceAll(/[<>]/g, '')}`))
        faults.push('does not show its picture')
      const files = attachments.filter(({ disposition }) => disposition === 'attachment')
      if (files.length !== (isForward ? 1 : 0)) faults.push(`has ${files.length} files`)
      if (isForward && files[0] !== undefined && !bytesOf(files[0]).equals(file))
        faults.push('has another file')
      return faults
    }
  },
)

/** Each original and its two answers are one thread of Dovecot's own. */
async function threadsOf({ host, imapsPort, ca, alice }: Dovecot): Promise<string[]> {
  const socket = connect({ host, port: imapsPort, ca })
  let answer = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    answer += chunk
  })
  const run = async (tag: string, command: string) => {
    socket.write(`${tag} ${command}\r\n`)
    while (!answer.includes(`\r\n${tag} `)) await once(socket, 'data')
  }
  await once(socket, 'data')
  await run('a', `LOGIN "${alice.login}" "${alice.password}"`)
  await run('b', 'SELECT Sent')
  await run('c', 'COPY 1:* INBOX')
  await run('d', 'SELECT INBOX')
  await run('e', 'THREAD REFERENCES UTF-8 ALL')
  socket.destroy()
  const line = /^\* THREAD (.*)\r$/m.exec(answer)?.[1] ?? ''
  const threads: number[] = []
  let depth = 0
  for (const [token] of line.matchAll(/[()]|\d+/g)) {
    if (token === '(') depth += 1
    else if (token === ')') depth -= 1
    else if (depth > 0) threads.push((threads.pop() ?? 0) + 1)
    if (token === ')' && depth === 0) threads.push(0)
  }
  return threads.filter((size) => size !== 0 && size !== 3).map((size) => `a thread of ${size}`)
}
