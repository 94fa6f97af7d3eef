/**
 * A third of the hostile mails, in a long run all, through every reading tool, on a real Dovecot and over the real endpoint:
 * no answer holds what it must not, each says of the mail what it must, and a reader still finds what is there to read.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createTempFolder,
  type Dovecot,
  findDovecot,
  freePorts,
  startDovecot,
  startTiedProcess,
} from '@email-connector/testing'
import { inLongRun } from '@email-connector/testing/long-run'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tools as catalog } from '../../src/tools/catalog.ts'
import { corpus } from './corpus/corpus.ts'
import type { HostileMail } from './corpus/mail.ts'
import { judge } from './judge.ts'
import { findStrace, toDestinations, traced } from './outbound.ts'
import type { Reading } from './read-everything.ts'
import type { ProbeOrder, ProbeReport } from './reading-probe.ts'

const hasRows = new Set(['get_recent_emails', 'search_emails', 'get_thread'])
/**
 * A row shows the beginning of the first part, which is all that is fetched of an email for it. Where that part is an
 * alternative that nobody is shown, so is it in the row; get_email reads the part that is shown, and says so.
 */
const shownInRows = corpus
  .filter(({ name }) =>
    [
      'hidden html: plain part that nobody sees',
      'hidden html: first of two HTML alternatives',
      'composition: alternative of three that differ',
    ].includes(name),
  )
  .map(({ unseen }) => unseen)

test('the corpus is large, and each mail has a name of its own', () => {
  expect(corpus.length).toBeGreaterThanOrEqual(300)
  expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length)
})

const mails = inLongRun(
  corpus,
  corpus.filter((_, at) => at % 3 === 0),
)

describe.skipIf(!findDovecot())('the corpus in one mailbox', { timeout: 600_000 }, () => {
  const folder = createTempFolder('adversarial')
  let dovecot: Dovecot
  let report: ProbeReport
  let readings: readonly Reading[] = []
  let uids: readonly number[] = []
  let destinations: ReadonlySet<string> = new Set()
  /** Where the probe makes one connection more when all is read. */
  let leakPort = 0
  const mailOf = (uid: number): HostileMail => mails[uids.indexOf(uid)] ?? expect.fail(`no mail ${uid}`)

  /** The readings, and what was spoken to meanwhile. */
  async function probe(
    order: Pick<ProbeOrder, 'user' | 'stored' | 'leakPort'>,
  ): Promise<[ProbeReport, Set<string>]> {
    const at = (file: string) => join(folder.path, file)
    const [orderPath, reportPath, tracePath] = [at('order'), at('report'), at('trace')] as const
    const { imapsPort, ca } = dovecot
    writeFileSync(orderPath, JSON.stringify({ ...order, imapsPort, ca } satisfies ProbeOrder))
    const program = fileURLToPath(new URL('reading-probe.ts', import.meta.url))
    const threads = new URL('../../../testing/src/built-threads-hook.mjs', import.meta.url).href
    const [command = '', ...args] = traced(
      [process.execPath, '--import', 'tsx', '--import', threads, program, orderPath, reportPath],
      tracePath,
    )
    const child = startTiedProcess(command, args)
    expect(await child.ended, child.output()).toBe(0)
    const trace = findStrace() === undefined ? '' : readFileSync(tracePath, 'utf8')
    return [JSON.parse(readFileSync(reportPath, 'utf8')), toDestinations(trace)]
  }

  beforeAll(async () => {
    dovecot = await startDovecot()
    uids = await dovecot.reader(dovecot.alice).append(
      'INBOX',
      mails.map(({ raw }) => raw),
    )
    const stored = mails.map(({ attachments }, at) => ({
      uid: uids[at] ?? 0,
      attachmentIds: attachments.map(({ id }) => id),
    }))
    ;[leakPort = 0] = await freePorts(1)
    ;[report, destinations] = await probe({ user: dovecot.alice, stored, leakPort })
    readings = report.readings
  }, 600_000)
  afterAll(async () => {
    await dovecot?.stop()
    await folder.remove()
  })

  /** The rows of get_email and the mails that they show. */
  const details = (accept: (reading: Reading) => boolean = () => true) =>
    readings
      .filter((one) => one.tool === 'get_email' && accept(one))
      .flatMap(({ answer, uids, at }) =>
        uids.map((uid, index) => ({ at, mail: mailOf(uid), detail: answer.structured.emails[index] })),
      )

  test('every tool that reads mail was called, and every call was answered by its schema', () => {
    const reading = catalog.filter(({ annotations }) => annotations.readOnlyHint).map(({ name }) => name)
    expect(new Set(readings.map(({ tool }) => tool))).toEqual(new Set(reading))
    expect(readings.filter(({ answer }) => answer.isError).map(({ at, answer }) => [at, answer])).toEqual([])
    expect(report.logged.filter(({ event }) => event === 'bug')).toEqual([])
    expect(details().flatMap(({ mail, detail }) => (detail?.code ? [[mail.name, detail]] : []))).toEqual([])
    expect(details()).toHaveLength(4 * mails.length)
  })

  test.skipIf(!findStrace())('R48: meanwhile nothing was spoken to but the mail server', () => {
    const own = [dovecot.imapsPort, report.endpointPort, leakPort].flatMap((port) => [
      `127.0.0.1:${port}`,
      `[::1]:${port}`,
    ])
    expect([...destinations].filter((one) => !own.includes(one))).toEqual([])
    // The trace saw what there was to see.
    expect([...destinations].some((one) => one.endsWith(`:${dovecot.imapsPort}`))).toBe(true)
  })

  test.skipIf(!findStrace())('R48: one connection more would be seen', () => {
    expect(destinations).toContain(`127.0.0.1:${leakPort}`)
  })

  test('R47 R49 R53: no answer has what a client would fetch, what nobody sees, or a mail outside the marks', () => {
    const faults = readings.flatMap(({ at, tool, answer, wholeLinks }) =>
      judge(answer, { wholeLinks })
        .filter((fault) => !(hasRows.has(tool) && shownInRows.some((word) => fault.includes(word))))
        .map((fault) => `${at}: ${fault}`),
    )
    expect(faults).toEqual([])
  })

  test('R46: as HTML an email has the elements of a list, no attribute that loads, and no target with a query', () => {
    const kept =
      /^<(?:\/?(?:p|br|hr|div|span|h[1-6]|ul|ol|li|dl|dt|dd|table|thead|tbody|tfoot|tr|td|th|caption|blockquote|pre|code|a|b|strong|i|em|u|s|del|ins|sub|sup|small|abbr|q|cite|address)(?: (?:href="(?:https?|mailto):[^"?#]*"|(?:colspan|rowspan|start|value)="\d{1,3}"))*)>$/
    const wrong = details(({ at }) => at.includes('"html"')).flatMap(({ mail, detail }) =>
      [...(detail.body_format === 'none' ? '' : (detail.body as string)).matchAll(/<[^>]*>?/g)]
        .filter(([tag]) => !kept.test(tag))
        .map(([tag]) => `${mail.name}: ${tag}`),
    )
    expect(wrong).toEqual([])
  })

  test('R47 R49 R50: the warnings say what was hidden, and who or what passes for another', () => {
    const silent = details(({ wholeLinks }) => !wholeLinks).flatMap(({ at, mail, detail }) =>
      mail.flags
        .filter((flag) => ![flag].flat().some((one) => detail.warnings.includes(one)))
        // HTML alone is shown where it is asked for, so that the plain part is not looked at.
        .filter((flag) => !(flag === 'text_part_differs' && at.includes('"html"')))
        .map((flag) => `${at} ${mail.name}: ${flag}, has ${detail.warnings}`),
    )
    expect(silent).toEqual([])
    const files = readings.filter(({ tool }) => tool === 'get_attachment')
    const unflagged = files.flatMap(({ answer, uids: [uid = 0], at }) => {
      const { name, attachments } = mailOf(uid)
      const flags = attachments.flatMap((one) =>
        at.includes(`"attachment_id":"${one.id}"`) ? one.flags : [],
      )
      return flags
        .filter((flag) => !answer.structured.warnings?.includes(flag))
        .map((flag) => `${name}: ${flag}`)
    })
    expect(unflagged).toEqual([])
  })

  test('R50: no verdict of a stranger is shown', () => {
    expect(
      details().filter(({ mail, detail }) => mail.name.includes('verdict') && detail.authentication),
    ).toEqual([])
  })

  test('what a person reads is still there: in the mail, in its headers, in its attachments', () => {
    const lost = details(({ wholeLinks }) => !wholeLinks).flatMap(({ at, mail, detail }) =>
      JSON.stringify(detail).includes(mail.seen) ? [] : `${at} ${mail.name}`,
    )
    expect(lost).toEqual([])
    const unread = readings
      .filter(({ tool }) => tool === 'get_attachment')
      .flatMap(({ answer, uids: [uid = 0], at }) => {
        const { name, attachments, seen } = mailOf(uid)
        const isRead = attachments.some((one) => one.isRead && at.includes(`"attachment_id":"${one.id}"`))
        return isRead && !answer.text.includes(seen) ? [`${name}: ${answer.text.slice(0, 300)}`] : []
      })
    expect(unread).toEqual([])
  })

  test('no mail passes for another: in a call for several each stands alone between two marks', () => {
    const wrong = readings
      .filter(({ tool, uids }) => tool === 'get_email' && uids.length > 1)
      .flatMap(({ at, answer, uids }) => {
        const [, mark = ''] = /^--- ([0-9a-f]{16})$/m.exec(answer.text) ?? []
        const pieces = answer.text.split(new RegExp(`^--- ${mark}$`, 'm')).slice(1, -1)
        const own = pieces.map((piece, index) =>
          piece.startsWith(`\nId: ${answer.structured.emails[index]?.id}\n`),
        )
        return pieces.length === uids.length && own.every(Boolean)
          ? []
          : [`${at}: ${pieces.length} of ${uids.length}`]
      })
    expect(wrong).toEqual([])
  })
})
