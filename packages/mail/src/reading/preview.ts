/**
 * The first words of a mail as its reader sees them, out of the start of its parts that a row has. Mostly that is BODY[1];
 * where it holds no text, a blank one or a stub that only sends its reader elsewhere, `findWanted` names the part that
 * more has to be fetched of. An email without text says what it is instead.
 */
import { collapsePadding, removeInvisible } from '../body-text/invisible-characters.ts'
import { readPlain } from '../body-text/read-plain.ts'
import { notRendered } from '../body-text/readable-text.ts'
import { toWritten } from '../body-text/written-text.ts'
import { previewBytes, widePreviewBytes } from '../imap/fetch-items.ts'
import type { FetchedMessage } from '../imap/session.ts'
import { decodeText } from '../mime/charset.ts'
import { openInlinePgp } from '../mime/inline-pgp.ts'
import { decodeTransfer } from '../mime/transfer.ts'
import { describeEmpty } from './empty-body.ts'
import { nestedMails, toHeading } from './nested-mails.ts'
import { formOf } from './render-part.ts'
import { type BodyStructure, sortParts, type TextPart } from './structure.ts'

const maxPreviewChars = 200
/** Less than this, out of a start that goes on, is no preview yet. */
const minPreviewChars = 40
const noPreview = '[No preview: the text of this email begins far behind its styles.]'
/** Texts that are looked at: both of an alternative, and of what follows a blank one. */
const maxCandidates = 4

/** What a reader sees first. Of an email that begins with more than is fetched of it, that is what is said. */
export async function toPreview(message: FetchedMessage): Promise<string> {
  const candidates = candidatesOf(message)
  if (candidates.length === 0) return message.bodyStructure === undefined ? '' : describe(message)
  const { shown, isFarBehind } = await readCandidates(message, candidates)
  return shown === '' && isFarBehind ? noPreview : shown
}

/** The section that more is to be fetched of; most rows need none. */
export async function findWanted(message: FetchedMessage): Promise<string | undefined> {
  const candidates = candidatesOf(message)
  const { shown, isThin } = await readCandidates(message, candidates)
  const peeked = startOf(message, '1')
  if (isThin && peeked !== undefined && peeked.length < widePreviewBytes) return '1'
  if (isThin || (shown !== '' && !isStub(shown))) return undefined
  return candidates.find((part) => part.size > 0 && startOfPart(message, part) === undefined)?.partId
}

function candidatesOf({ bodyStructure }: FetchedMessage): TextPart[] {
  const { bodies } = sortParts(bodyStructure)
  const texts = bodies.flatMap(({ plain, html }) => [...plain.slice(0, 1), ...html.slice(0, 1)])
  return texts.slice(0, maxCandidates)
}

/**
 * Their first words. `isThin`: what is shown is little, of a part whose start goes on behind what is here; `isFarBehind`:
 * some part had no words as far as anything is fetched.
 */
async function readCandidates(message: FetchedMessage, candidates: readonly TextPart[]) {
  let shown = ''
  let isThin = false
  let isFarBehind = false
  for (const part of candidates) {
    const start = startOfPart(message, part)
    if (start === undefined) continue
    const { text, isWords } = await readStart(part, start.bytes)
    isFarBehind ||= start.isCut && text === ''
    if (shown !== '' && text === '') continue
    shown = text
    isThin = start.isCut && (!isWords || text.length < minPreviewChars)
    if (shown !== '' && !isStub(shown)) break
  }
  return { shown, isThin, isFarBehind }
}

const maxStubWords = 8
/** "View in your browser", "This message is in HTML": what such a text is about, in some languages. */
const elsewhere =
  /\bhtml\b|\bbrowser|navigat|navegador|przegl|webversion|web version|ブラウザ|浏览器|瀏覽器|браузер/i
const links = /(?:https?:\/\/|www\.)\S*|\[image[^\]]*\]/gi

/** Words that lead to the mail instead of being it: the text beside it is read. */
function isStub(text: string): boolean {
  if (text.length >= maxPreviewChars) return false
  const own = text.replaceAll(links, '')
  const words = own.match(/[\p{L}\p{N}]+/gu)?.length ?? 0
  return elsewhere.test(own) || (words <= maxStubWords && own !== text)
}

/** Without text: encrypted, pictures, files, other emails. */
function describe({ bodyStructure }: FetchedMessage): string {
  const [nested] = nestedMails(bodyStructure)
  const parts = sortParts(bodyStructure)
  if (nested === undefined || parts.closed.length > 0) return describeEmpty(bodyStructure, parts, false).note
  return toHeading(nested.node).replaceAll('\n', ' ').slice(0, maxPreviewChars)
}

interface Start {
  readonly bytes: Buffer
  /** The part goes on behind it. */
  readonly isCut: boolean
}

/** The start of a part, where the row has it. */
function startOfPart(message: FetchedMessage, { partId, content }: TextPart): Start | undefined {
  if (content !== undefined) {
    const bytes = content.subarray(0, widePreviewBytes)
    return { bytes, isCut: bytes.length < content.length }
  }
  const leaf = firstLeaf(message.bodyStructure)
  const isFirst = (leaf?.node.part ?? '1') === partId
  const own = leaf?.depth === 0 || !isFirst ? startOf(message, partId) : undefined
  if (own !== undefined || !isFirst) return own && { bytes: own, isCut: isCut(own) }
  const first = startOf(message, '1')
  return first && withoutPartHeaders(first, leaf?.depth ?? 0)
}

/** What is as long as one of the two lengths that are asked for is taken to go on. */
function isCut({ length }: Buffer): boolean {
  return length === previewBytes || length >= widePreviewBytes
}

function startOf({ bodyParts }: FetchedMessage, section: string): Buffer | undefined {
  const start = bodyParts?.get(section)
  // A server may send more than was asked for.
  return Buffer.isBuffer(start) ? start.subarray(0, widePreviewBytes) : undefined
}

/** Pictures in front that say nothing but where they are from, with what separates them. */
const silentPictures =
  /^(?:(?:\[image: [^\s\]]{1,200}\.[^\s\]]{1,200}\]|\([^\s()]{1,200}\.[^\s()]{1,200}\)|[|\u00b7]|-{3,})\s*)+/

/** The bytes end anywhere, inside an entity or a tag too. What is left on one line is judged as the line it is shown as. */
async function readStart(part: TextPart, bytes: Buffer): Promise<{ text: string; isWords: boolean }> {
  const isHtml = part.type === 'text/html'
  try {
    const decoded = decodeText(decodeTransfer(bytes, part.encoding, true), part.charset, { isHtml })
    const text = decoded.replace(/\uFFFD+$/, '')
    const form = formOf(part)
    const readable =
      form === 'html' || form === 'values'
        ? await readHtml(text.replace(/(?:&[#\w]{0,12}|<\/?)$/, ''))
        : removeInvisible(openInlinePgp(toWritten(text, form)).text).text
    // A mail that is nothing but a quote says what it quotes, one that is nothing but pictures where they are from.
    const own = readable.replaceAll(/^>.*$/gm, '').trim()
    const line = collapsePadding(own === '' ? readable : own).trim()
    const words = line.replace(silentPictures, '')
    const shown = (await readPlain(words === '' ? line : words)).text.slice(0, maxPreviewChars)
    return { text: shown, isWords: own !== '' && words !== '' }
  } catch {
    return { text: notRendered.text, isWords: true }
  }
}

/** Loaded with the first preview of HTML: a list of plain emails does without. */
async function readHtml(html: string): Promise<string> {
  const { htmlToText } = await import('../body-text/html-to-text.ts')
  return htmlToText(html).text
}

/** The first part that is not itself a multipart, and how many multiparts stand between it and BODY[1]. */
function firstLeaf(structure: BodyStructure | undefined): { node: BodyStructure; depth: number } | undefined {
  let node = structure?.childNodes?.[0] ?? structure
  let depth = 0
  while (node?.childNodes?.[0] !== undefined && node.type.startsWith('multipart/') && depth < 10) {
    node = node.childNodes[0]
    depth++
  }
  return node && { node, depth }
}

/** BODY[1] of a nested multipart is its source: a boundary line and MIME headers stand before each level's content. */
function withoutPartHeaders(content: Buffer, depth: number): Start {
  let text = content.toString('latin1')
  for (let level = 0; level < depth; level++) {
    const boundary = /(?:^|\r?\n)--\S.*\r?\n/.exec(text)
    const end = boundary && /\r?\n\r?\n/.exec(text.slice(boundary.index + boundary[0].length - 2))
    if (!boundary || !end) return { bytes: Buffer.alloc(0), isCut: isCut(content) }
    text = text.slice(boundary.index + boundary[0].length - 2 + end.index + end[0].length)
  }
  const next = depth > 0 ? /\r?\n--\S/.exec(text) : null
  return next
    ? { bytes: Buffer.from(text.slice(0, next.index), 'latin1'), isCut: false }
    : { bytes: Buffer.from(text, 'latin1'), isCut: isCut(content) }
}
