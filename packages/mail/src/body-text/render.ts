/**
 * One text of a stranger made safe to show, from its first character to its last, in one go: what takes long runs in a
 * thread of its own (read-text.ts). Beyond a piece of a megabyte HTML is no longer laid out, only its words are read.
 * Never throws: what a renderer does is the answer for that text alone.
 */
import { openInlinePgp } from '../mime/inline-pgp.ts'
import { escapeText } from './escape-text.ts'
import { findHosts } from './named-hosts.ts'
import { readPlain, readValues } from './read-plain.ts'
import { notRendered, type ReadableText, type Reading } from './readable-text.ts'
import { listWords, type TextWords } from './words.ts'
import { toWritten, type WrittenForm } from './written-text.ts'

/** Plain values only: it goes to another thread as a message. */
export interface RenderJob {
  readonly content: string
  /** `values`: tables and records, in which a link is a value. */
  readonly from: 'html' | 'values' | WrittenForm
  /**
   * `people_html` and `people_text`: as people read it, for a quote or a forward; of plain text the lines that its
   * writer typed. `review`: no text, but what a person cannot see of HTML that a browser shows.
   */
  readonly to: 'text' | 'html' | 'people_html' | 'people_text' | 'review'
  /** Of what people read: characters of words. */
  readonly maxChars?: number | undefined
  readonly reading?: Reading | undefined
  /** The words of it, too. */
  readonly words?: boolean | undefined
}

const maxPieceChars = 1024 * 1024

export async function render(job: RenderJob): Promise<ReadableText> {
  try {
    return await (job.from === 'html' ? renderHtml(job) : renderWritten(job, job.from))
  } catch {
    return notRendered
  }
}

async function renderWritten(
  { content, to, reading = {}, words, maxChars }: RenderJob,
  from: Exclude<RenderJob['from'], 'html'>,
): Promise<ReadableText> {
  const typed = toWritten(content, from === 'values' ? 'plain' : from)
  if (to === 'people_html' || to === 'people_text') {
    const whole = typed.slice(0, maxChars)
    if (to === 'people_text') return { text: whole, warnings: [] }
    const { plainForPeople } = await import('./plain-for-people.ts')
    return { text: plainForPeople(whole), warnings: [] }
  }
  // HTML is read with its quotes, whatever it was made from.
  const wanted = to === 'html' ? { ...reading, quotes: 'shown' as const } : reading
  const opened = from === 'values' ? { text: typed, isEncrypted: false } : openInlinePgp(typed)
  const read =
    from === 'values' ? toPieces(typed, '\n').map(readValues) : await readPieces(opened.text, wanted)
  const joined = join(read, '')
  const shown = joined.text.trim()
  return {
    ...joined,
    ...(opened.isEncrypted ? { warnings: [...joined.warnings, 'encrypted'] } : {}),
    ...(to === 'html' ? { text: shown === '' ? '' : `<pre>${escapeText(shown)}</pre>` } : {}),
    ...(words ? { words: await wordsOfPlain((await readPlain(opened.text)).text, reading.senderHost) } : {}),
  }
}

/** How programs write a picture where they make text of HTML: what it is called, and no sentence. */
const pictureMark = /\[image: [^\]\n]{0,60}\]/gi

/** The list of who registers names loads with the first name. */
async function wordsOfPlain(text: string, senderHost: string | undefined): Promise<TextWords> {
  const hosts = findHosts(text)
  const visible = listWords(text.replaceAll(pictureMark, ' '))
  if (hosts.length === 0) return { visible, beside: [], sites: [] }
  const { sitesOf } = await import('./link-names.ts')
  const own = new Set(sitesOf(senderHost === undefined ? [] : [senderHost]))
  return { visible, beside: [], sites: sitesOf(hosts).filter((site) => !own.has(site)) }
}

/** A body is one piece; in an attachment nobody asks for quotes. */
async function readPieces(text: string, reading: Reading): Promise<ReadableText[]> {
  const read: ReadableText[] = []
  let linked = 0
  for (const piece of toPieces(text, '\n')) {
    const firstLink = reading.firstLink && reading.firstLink + linked
    const one = await readPlain(piece, { ...reading, firstLink })
    linked += one.links?.length ?? 0
    read.push(one)
  }
  return read
}

/** The renderer is a quarter of the program, and most calls read no HTML: it loads with the first. */
async function renderHtml({ content, to, reading, words, maxChars }: RenderJob): Promise<ReadableText> {
  if (to === 'people_html') {
    const { htmlForPeople } = await import('./html-for-people.ts')
    return { text: htmlForPeople(content, maxChars), warnings: [] }
  }
  if (to === 'people_text') {
    const { textForPeople } = await import('./text-for-people.ts')
    return { text: textForPeople(content).slice(0, maxChars), warnings: [] }
  }
  if (to === 'text') return await renderAsText(content, reading, words)
  const read = await renderAsHtml(to, content, reading)
  if (!words) return read
  const [{ toVisibleTree }, { wordsOfTree }] = await Promise.all([
    import('./visible-tree.ts'),
    import('./words-of-html.ts'),
  ])
  return { ...read, words: wordsOfTree(toVisibleTree(content)) }
}

async function renderAsHtml(
  to: 'html' | 'review',
  html: string,
  reading: Reading | undefined,
): Promise<ReadableText> {
  if (to === 'html') {
    const { sanitizeHtml } = await import('./sanitize-html.ts')
    return sanitizeHtml(html, reading)
  }
  const { reviewHtml } = await import('./review-html.ts')
  return { text: '', warnings: [], review: reviewHtml(html) }
}

/** One tree for the text and its words: it is what takes time. */
async function renderAsText(
  html: string,
  reading: Reading | undefined,
  areWordsWanted = false,
): Promise<ReadableText> {
  const [{ treeToText }, { toVisibleTree }, { wordsOfTree }] = await Promise.all([
    import('./html-to-text.ts'),
    import('./visible-tree.ts'),
    import('./words-of-html.ts'),
  ])
  const [first = '', ...rest] = toPieces(html, '<')
  const tree = toVisibleTree(first)
  const laidOut = treeToText(tree, reading)
  const words = areWordsWanted ? { words: wordsOfTree(tree) } : {}
  if (rest.length === 0) return { ...laidOut, ...words }
  const { plainRest, restMark } = await import('./plain-rest.ts')
  const read: ReadableText[] = [laidOut, { text: restMark, warnings: ['hidden_text_possible'] }]
  for (const piece of rest) read.push(await readPlain(plainRest(piece)))
  return { ...join(read, '\n'), ...words }
}

/** Cut in front of the last `mark` of a piece, where it has one; else where it is full, between two characters. */
function toPieces(text: string, mark: string): string[] {
  const pieces: string[] = []
  let from = 0
  while (text.length - from > maxPieceChars) {
    const full = from + maxPieceChars
    const before = text.lastIndexOf(mark, full)
    const isSplitPair = /[\uDC00-\uDFFF]/.test(text.charAt(full))
    const end = before > from ? before : isSplitPair ? full - 1 : full
    pieces.push(text.slice(from, end))
    from = end
  }
  return [...pieces, text.slice(from)]
}

function join(read: readonly ReadableText[], between: string): ReadableText {
  const links = read.flatMap((one) => one.links ?? [])
  return {
    text: read.map(({ text }) => text).join(between),
    warnings: [...new Set(read.flatMap(({ warnings }) => warnings))],
    ...(read.some((one) => one.links !== undefined) ? { links } : {}),
  }
}
