/**
 * The text of messages: of each only the parts that will be read, those of several messages in one flight. Both texts of
 * an alternative are read, since which of them is the mail is a matter of their words. Rendering makes text safe to
 * show; what is hidden or misleading in it becomes a warning, and a text that is empty says why.
 */
import { readPlain } from '../body-text/long-text.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import type { DeliveryReport, MessageBody } from '../message.ts'
import { chooseText } from './alternatives.ts'
import { describeEmpty } from './empty-body.ts'
import { type FetchedText, fetchTexts, toText } from './fetch-texts.ts'
import { nestedMails, toHeading } from './nested-mails.ts'
import { type Format, isBlank, type Rendered, renderPart } from './render-part.ts'
import { isReport, readReport } from './report.ts'
import {
  type BodyPlace,
  type BodyStructure,
  findParts,
  type MessageParts,
  sortParts,
  type TextPart,
  toTextPart,
} from './structure.ts'
import { countAll, countMissing, wordsOf, wordsOfHtml } from './words.ts'

export interface GetMessageOptions {
  /** `source`: plain text as its writer typed it, links and all: for a draft that is changed or sent on, not to be shown. */
  readonly format: Format
  /** Characters to leave out at the start, to read a long body in slices. */
  readonly offset: number
  /** 0: the body is not wanted, and not fetched. */
  readonly maxChars: number
}

/** More encoded octets than this of one part are not fetched: 150,000 words. Ten parts fit into one response. */
const maxPartBytes = 1024 * 1024
const maxBatchBytes = 8 * maxPartBytes

export interface StructuredMessage {
  readonly message: FetchedMessage
  readonly parts: MessageParts
}

export interface ReadBody {
  readonly body: MessageBody
  readonly report: readonly DeliveryReport[]
  readonly warnings: string[]
}

interface ChosenParts {
  readonly uid: number
  readonly parts: readonly TextPart[]
  readonly from: StructuredMessage
}

/** By UID; a message that has gone meanwhile is left out. */
export async function readBodies(
  session: ImapSession,
  mailbox: SelectedMailbox,
  messages: readonly StructuredMessage[],
  options: GetMessageOptions,
): Promise<Map<number, ReadBody>> {
  const chosen = messages.map((from) => ({
    uid: from.message.uid,
    parts: options.maxChars === 0 ? [] : chooseParts(from, options.format),
    from,
  }))
  const read = new Map<number, ReadBody>()
  for (const some of toBatches(chosen)) {
    const contents = await fetchTexts(session, mailbox, some, maxPartBytes)
    for (const { uid, parts, from } of some) {
      // Every part that is there was answered for, if only as empty.
      if (parts.some((part) => !contents.has(part))) continue
      read.set(
        uid,
        await toBody(from.message, from.parts, byNumber(parts, contents), options, { nested: true }),
      )
    }
  }
  return read
}

/** Of one message, by the numbers of its parts. */
type Contents = ReadonlyMap<string, FetchedText>

function byNumber(parts: readonly TextPart[], contents: ReadonlyMap<TextPart, FetchedText>): Contents {
  const numbered = new Map<string, FetchedText>()
  for (const part of parts) {
    const text = contents.get(part)
    if (text !== undefined) numbered.set(part.partId, text)
  }
  return numbered
}

/** Of a structure whose content is here; mails inside it are left to the caller. */
export async function readParsed(structure: BodyStructure): Promise<ReadBody> {
  const parts = sortParts(structure)
  const reports = findParts(structure, isReport).map(toTextPart)
  const texts = parts.bodies.flatMap(({ plain, html }) => [...plain, ...html])
  const contents = new Map(
    [...texts, ...reports].map((part) => [
      part.partId,
      toText(part, part.content ?? Buffer.alloc(0), maxPartBytes),
    ]),
  )
  const whole = { format: 'text', offset: 0, maxChars: Number.MAX_SAFE_INTEGER } as const
  return await toBody({ bodyStructure: structure }, parts, contents, whole, { nested: false })
}

function chooseParts({ message, parts: { bodies } }: StructuredMessage, format: Format): TextPart[] {
  const texts = bodies.flatMap(({ plain, html }) => {
    if (format === 'text') return [...plain, ...html]
    return format === 'html' ? (html.length > 0 ? html : plain) : plain.length > 0 ? plain : html
  })
  if (format === 'source') return texts
  const reports = findParts(message.bodyStructure, isReport).map(toTextPart)
  // A mail that only holds other mails is read as what they say.
  const nested =
    texts.length === 0 ? nestedMails(message.bodyStructure).flatMap(({ bodies: inner }) => inner) : []
  return [...texts, ...reports, ...nested.flatMap(({ plain, html }) => [...plain, ...html])]
}

type Structured = Pick<FetchedMessage, 'bodyStructure'>

async function toBody(
  message: Structured,
  parts: MessageParts,
  contents: Contents,
  { format, offset, maxChars }: GetMessageOptions,
  { nested }: { nested: boolean },
): Promise<ReadBody> {
  const isWanted = maxChars > 0
  const reader = createReader(contents, format)
  const own = isWanted ? await reader.readPlaces(parts.bodies) : ''
  const whole =
    own === '' && isWanted && nested && format !== 'source' ? await readNested(message, reader) : own
  const { warnings, sources } = reader
  const text = sliceText(whole, offset, maxChars)
  if (offset + text.length < whole.length || reader.isCut()) warnings.push('body_truncated')
  const source = sources.includes('text/html') ? 'text/html' : (sources[0] ?? 'none')
  const empty =
    whole === '' && isWanted ? describeEmpty(message.bodyStructure, parts, reader.hasHidden()) : undefined
  if (empty !== undefined) warnings.push(empty.code)
  else if (isWanted && parts.closed.some(({ kind }) => kind.endsWith('_encrypted')))
    warnings.push('encrypted')
  const reports = isWanted ? findParts(message.bodyStructure, isReport) : []
  return {
    body: { source, text, offset, totalChars: whole.length, ...(empty ? { note: empty.note } : {}) },
    report: reports.flatMap((node) => {
      const fetched = contents.get(node.part ?? '1')
      return readReport(node.type, fetched?.text ?? '')
    }),
    warnings,
  }
}

type Reader = ReturnType<typeof createReader>

/** Mails inside one that has no text of its own, each with who wrote it: forwards, digests, journal reports. */
async function readNested(message: Structured, reader: Reader): Promise<string> {
  const shown: string[] = []
  for (const { node, bodies } of nestedMails(message.bodyStructure)) {
    const text = await reader.readPlaces(bodies)
    shown.push([toHeading(node), text].filter((one) => one !== '').join('\n\n'))
  }
  return shown.join('\n\n')
}

function createReader(contents: Contents, format: Format) {
  const warnings: string[] = []
  const sources: string[] = []
  let isCut = false
  let hasHidden = false

  async function render(texts: readonly TextPart[]): Promise<Rendered[]> {
    const rendered: Rendered[] = []
    for (const part of texts) {
      const fetched = contents.get(part.partId)
      if (fetched === undefined) continue
      if (fetched.isCut) isCut = true
      if (fetched.isFailed) warnings.push('part_not_read')
      const failed = `[Part ${part.partId} could not be read.]`
      const one = await renderPart(part, fetched.text, format)
      rendered.push({
        ...one,
        type: part.type,
        raw: fetched.text,
        ...(fetched.isFailed ? { text: failed } : {}),
      })
    }
    return rendered
  }

  function take(rendered: readonly Rendered[]): string {
    for (const one of rendered) {
      warnings.push(...one.warnings)
      if (one.text !== '') sources.push(one.type)
      if (one.warnings.includes('hidden_text_removed')) hasHidden = true
    }
    return rendered
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .join('\n\n')
  }

  async function readPlace({ plain, html }: BodyPlace): Promise<string> {
    if (format !== 'text' || html.length === 0 || plain.length === 0)
      return take(
        await render(format === 'source' && plain.length > 0 ? plain : html.length > 0 ? html : plain),
      )
    const [asPlain, asHtml] = [await render(plain), await render(html)]
    const choice = chooseText(
      wordsOf(asPlain.map(({ raw }) => readPlain(raw).text).join('\n')),
      wordsOfAll(asHtml),
    )
    if (choice.differs) warnings.push('text_part_differs')
    if (choice.shown === 'plain') return take(asPlain)
    const shown = take(asHtml)
    if (choice.shown === 'html') return shown
    const mark = '[The HTML of this email shows next to no words. Its plain text part says:]'
    return [shown, mark, take(asPlain)].filter((one) => one !== '').join('\n\n')
  }

  return {
    warnings,
    sources,
    isCut: () => isCut,
    hasHidden: () => hasHidden,
    async readPlaces(places: readonly BodyPlace[]): Promise<string> {
      const shown: string[] = []
      for (const place of places) {
        const text = await readPlace(place)
        const isRepeat = [...place.plain, ...place.html].some((part) => part.isRepeat)
        if (!isBlank(text) && !(isRepeat && isSaid(text, shown.join('\n')))) shown.push(text)
      }
      return shown.join('\n\n')
    },
  }
}

/** Nine words in ten. */
function isSaid(text: string, before: string): boolean {
  const words = wordsOf(text)
  return countMissing(words, wordsOf(before)) <= countAll(words) / 10
}

/** HTML, and plain text that comes between or behind it. */
function wordsOfAll(rendered: readonly Rendered[]): ReturnType<typeof wordsOfHtml> {
  const html = rendered.filter(({ type }) => type === 'text/html').map(({ raw }) => raw)
  const plain = rendered.filter(({ type }) => type !== 'text/html').map(({ raw }) => raw)
  if (plain.length === 0 && html.length === 1) return wordsOfHtml(html[0] ?? '')
  const each = html.map(wordsOfHtml)
  const sum = (lists: readonly ReadonlyMap<string, number>[]) => {
    const all = new Map<string, number>()
    for (const list of lists) for (const [one, count] of list) all.set(one, (all.get(one) ?? 0) + count)
    return all
  }
  return {
    visible: sum([...each.map(({ visible }) => visible), wordsOf(plain.join('\n'))]),
    hidden: sum(each.map(({ hidden }) => hidden)),
  }
}

/** What is in memory at once. */
function toBatches(messages: readonly ChosenParts[]): ChosenParts[][] {
  const batches: ChosenParts[][] = []
  let bytes = 0
  for (const message of messages) {
    const more = message.parts.reduce((sum, { size }) => sum + Math.min(size, maxPartBytes), 0)
    const batch = batches.at(-1)
    if (batch && bytes + more <= maxBatchBytes) {
      batch.push(message)
      bytes += more
    } else {
      batches.push([message])
      bytes = more
    }
  }
  return batches
}

/** Never ends or begins inside a surrogate pair. */
function sliceText(text: string, offset: number, maxChars: number): string {
  const from = isLowSurrogate(text, offset) ? offset - 1 : offset
  const to = offset + maxChars
  return text.slice(Math.max(0, from), isLowSurrogate(text, to) ? to - 1 : to)
}

function isLowSurrogate(text: string, at: number): boolean {
  return at > 0 && at < text.length && /[\uDC00-\uDFFF]/.test(text.charAt(at))
}
