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
import { decodeTransfer } from '../mime/transfer.ts'
import { describeEmpty } from './empty-body.ts'
import { nestedMails, toHeading } from './nested-mails.ts'
import { formOf } from './render-part.ts'
import { type BodyStructure, sortParts, type TextPart } from './structure.ts'

const maxPreviewChars = 200
const noPreview = '[No preview: the text of this email begins far behind its styles.]'
/** Texts that are looked at: both of an alternative, and of what follows a blank one. */
const maxCandidates = 4

/** What a reader sees first. Of an email that begins with more than is fetched of it, that is what is said. */
export async function toPreview(message: FetchedMessage): Promise<string> {
  const candidates = candidatesOf(message)
  if (candidates.length === 0) return message.bodyStructure === undefined ? '' : describe(message)
  const { shown, read } = await readCandidates(message, candidates)
  return shown === '' && read.some((length) => length >= widePreviewBytes) ? noPreview : shown
}

/** The section that more is to be fetched of; most rows need none. */
export async function findWanted(message: FetchedMessage): Promise<string | undefined> {
  const candidates = candidatesOf(message)
  const { shown, read } = await readCandidates(message, candidates)
  if (shown !== '' && !isStub(shown)) return undefined
  const peeked = startOf(message, '1')
  if (shown === '' && read.length > 0 && peeked !== undefined && peeked.length >= previewBytes)
    return peeked.length >= widePreviewBytes ? undefined : '1'
  return candidates.find((part) => part.size > 0 && contentOf(message, part) === undefined)?.partId
}

function candidatesOf({ bodyStructure }: FetchedMessage): TextPart[] {
  const { bodies } = sortParts(bodyStructure)
  const texts = bodies.flatMap(({ plain, html }) => [...plain.slice(0, 1), ...html.slice(0, 1)])
  return texts.slice(0, maxCandidates)
}

/** Their first words, and how much there was of each that is here. */
async function readCandidates(message: FetchedMessage, candidates: readonly TextPart[]) {
  let shown = ''
  const read: number[] = []
  for (const part of candidates) {
    const content = contentOf(message, part)
    if (content === undefined) continue
    read.push(content.length)
    const text = await readStart(part, content)
    if (shown === '' || text !== '') shown = text
    if (shown !== '' && !isStub(shown)) break
  }
  return { shown, read }
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

/** The start of a part, where the row has it. */
function contentOf(message: FetchedMessage, { partId, content }: TextPart): Buffer | undefined {
  // A server may send more than was asked for.
  if (content !== undefined) return content.subarray(0, widePreviewBytes)
  const leaf = firstLeaf(message.bodyStructure)
  const isFirst = (leaf?.node.part ?? '1') === partId
  const own = leaf?.depth === 0 || !isFirst ? startOf(message, partId) : undefined
  if (own !== undefined || !isFirst) return own
  const first = startOf(message, '1')
  return first && withoutPartHeaders(first, leaf?.depth ?? 0)
}

function startOf({ bodyParts }: FetchedMessage, section: string): Buffer | undefined {
  const start = bodyParts?.get(section)
  return Buffer.isBuffer(start) ? start.subarray(0, widePreviewBytes) : undefined
}

/** The bytes end anywhere, inside an entity too. What is left on one line is judged as the line it is shown as. */
async function readStart(part: TextPart, content: Buffer): Promise<string> {
  const isHtml = part.type === 'text/html'
  try {
    const decoded = decodeText(decodeTransfer(content, part.encoding, true), part.charset, { isHtml })
    const text = decoded.replace(/\uFFFD+$/, '')
    const form = formOf(part)
    const readable =
      form === 'html' || form === 'values'
        ? await readHtml(text.replace(/&[#\w]{0,12}$/, ''))
        : removeInvisible(toWritten(text, form)).text
    // A mail that is nothing but a quote says what it quotes.
    const own = readable.replaceAll(/^>.*$/gm, '')
    const line = collapsePadding(own.trim() === '' ? readable : own).trim()
    return (await readPlain(line)).text.slice(0, maxPreviewChars)
  } catch {
    return notRendered.text
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
function withoutPartHeaders(content: Buffer, depth: number): Buffer {
  let text = content.toString('latin1')
  for (let level = 0; level < depth; level++) {
    const boundary = /(?:^|\r?\n)--\S.*\r?\n/.exec(text)
    const end = boundary && /\r?\n\r?\n/.exec(text.slice(boundary.index + boundary[0].length - 2))
    if (!boundary || !end) return Buffer.alloc(0)
    text = text.slice(boundary.index + boundary[0].length - 2 + end.index + end[0].length)
  }
  const next = depth > 0 ? /\r?\n--\S/.exec(text) : null
  return Buffer.from(next ? text.slice(0, next.index) : text, 'latin1')
}
