/**
 * Text of any length made safe to show, a piece at a time: between two pieces the event loop runs, so a long text never
 * holds up the requests beside it. What a renderer throws is the answer for that text alone.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { breakMarkup } from './break-markup.ts'
import { foldQuotes } from './fold-quotes.ts'
import { removeInvisible } from './invisible-characters.ts'
import { createLinkList, showMarks } from './link-list.ts'
import type { LinkJudge } from './link-names.ts'
import { neutraliseLinks } from './links.ts'
import type { ReadableText, Reading } from './readable-text.ts'

/** Some 100 ms of the worst text. */
const maxPieceChars = 1024 * 1024

/** `body_not_rendered`: a bug of the renderer that this text found; the email beside it must not suffer. */
export const notRendered: ReadableText = {
  text: '[This text could not be rendered.]',
  warnings: ['body_not_rendered'],
}

/** Each call is a turn of the event loop of its own. */
export async function renderApart(render: () => ReadableText): Promise<ReadableText> {
  await nextTurn()
  try {
    return render()
  } catch {
    return notRendered
  }
}

/**
 * The HTML of a mail as people read it, for a quote or a forward: safe HTML with whole targets, and plain text of the
 * same words. Loads the renderer; throws only for a bug of it, since a sentence about that must not go out.
 */
export async function renderForPeople(
  html: string,
): Promise<{ readonly html: string; readonly text: string }> {
  const [{ htmlForPeople }, { textForPeople }] = await Promise.all([
    import('./html-for-people.ts'),
    import('./text-for-people.ts'),
  ])
  await nextTurn()
  const shown = htmlForPeople(html)
  await nextTurn()
  return { html: shown, text: textForPeople(html) }
}

/** The first piece is laid out; of the others only the words are read. */
export async function readLongHtml(html: string): Promise<ReadableText> {
  // The renderer is a quarter of the program, and most calls read no HTML.
  const [{ htmlToText }, { plainRest, restMark }] = await Promise.all([
    import('./html-to-text.ts'),
    import('./plain-rest.ts'),
  ])
  const [first = '', ...rest] = toPieces(html, '<')
  const read = [await renderApart(() => htmlToText(first))]
  for (const piece of rest) read.push(await readPlain(() => plainRest(piece)))
  if (rest.length === 0) return join(read)
  read.splice(1, 0, { text: restMark, warnings: ['hidden_text_possible'] })
  return join(read)
}

/** `areLinks`: false for tables and records, in which a link is a value. */
export async function readLongText(text: string, { areLinks }: { areLinks: boolean }): Promise<ReadableText> {
  const read: ReadableText[] = []
  for (const piece of toPieces(text, '\n'))
    read.push(areLinks ? await readPlain(piece) : await renderApart(() => toValues(readValues(piece))))
  return { ...join(read), text: read.map((one) => one.text).join('') }
}

/** The list of who registers names loads with the first link. */
export async function readPlain(
  text: string | (() => string),
  { firstLink, quotes = 'shown', isReply, senderHost }: Reading = {},
): Promise<ReadableText> {
  const value = typeof text === 'string' ? text : text()
  const judge = /\]\(|:\/\//.test(value) ? await loadJudge(senderHost) : undefined
  return await renderApart(() => {
    const clean = readValues(value)
    const folded = quotes === 'shown' ? clean.text : foldQuotes(clean.text, { quotes, isReply })
    const list = firstLink === undefined ? undefined : createLinkList(firstLink)
    const neutral = neutraliseLinks(folded, { judge, list })
    return {
      text: list === undefined ? neutral.text : showMarks(neutral.text),
      warnings: [...clean.warnings, ...neutral.warnings],
      ...(list === undefined ? {} : { links: list.links }),
    }
  })
}

async function loadJudge(senderHost: string | undefined): Promise<LinkJudge> {
  const { createLinkJudge } = await import('./link-names.ts')
  return createLinkJudge(senderHost)
}

/** A link in a table keeps its query; nothing in it loads by itself. */
function toValues(read: ReadableText): ReadableText {
  return { ...read, text: breakMarkup(read.text) }
}

function readValues(value: string): ReadableText {
  const { text, removed } = removeInvisible(value)
  return { text, warnings: removed ? ['hidden_text_removed'] : [] }
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

function join(read: readonly ReadableText[]): ReadableText {
  return {
    text: read.map(({ text }) => text).join('\n'),
    warnings: [...new Set(read.flatMap(({ warnings }) => warnings))],
  }
}
