/**
 * Small changes of the words of a stored message: each old text must stand exactly once in what its readers see, plain
 * part and HTML alike, so that both go on saying the same. Blanks and line ends are read alike.
 */
import { escapeText } from '../body-text/escape-text.ts'
import { composeText } from '../composing/entity.ts'
import { flow } from '../composing/flowed.ts'
import { parseMime } from '../composing/mime-tree.ts'
import { findNode, replacementOf, splice } from '../composing/splice-parts.ts'
import { MailError } from '../mail-error.ts'
import type { TextPart } from '../reading/structure.ts'
import { findWords } from './find-words.ts'
import { findInHtml } from './html-words.ts'
import { keepTarget, linksTo, type TextChange, withTarget } from './link-targets.ts'
import { findLoosely, withoutMarks } from './loose-words.ts'
import { ownTexts } from './own-texts.ts'
import { readPart } from './read-part.ts'

interface Words {
  readonly part: TextPart
  text: string
}

export async function replaceTexts(raw: Buffer, changes: readonly TextChange[]): Promise<Buffer> {
  const root = parseMime(raw)
  const words = ownTexts(root.structure)
    .flatMap(({ plain, html }) => [...plain, ...html])
    .filter(({ type }) => type === 'text/plain' || type === 'text/html')
    .map((part) => ({ part, text: readPart(raw, root, part) }))
  const plains = words.filter(({ part }) => part.type === 'text/plain')
  const htmls = words.filter(({ part }) => part.type === 'text/html')
  changes.forEach((change, index) => {
    const field = `replace[${index}].old_text`
    const sought = toWords(change.oldText, field)
    if (words.length === 0) throw new MailError('invalid_input', { field, reason: 'the draft has no text' })
    for (const kind of [plains, htmls]) if (kind.length > 0) replaceIn(kind, change, sought, field)
  })
  const replaced = []
  for (const { part, text } of words) {
    const node = findNode(root, part.partId)
    if (node === undefined) throw new Error('A part that was read is there')
    const body = part.type === 'text/html' ? { html: text } : flow(text)
    replaced.push(replacementOf(root, node, await composeText(body)))
  }
  return splice(raw, replaced)
}

function replaceIn(
  kind: readonly Words[],
  change: TextChange,
  sought: readonly string[],
  field: string,
): void {
  const isHtml = kind[0]?.part.type === 'text/html'
  const find = isHtml ? inHtml : inText
  const found = kind.flatMap((words) =>
    find(words.text, change, sought).map((replaced) => ({ words, replaced })),
  )
  const [only] = found
  if (only === undefined) {
    const reason = `it is not in the ${isHtml ? 'HTML' : 'text'} of the draft`
    throw new MailError('invalid_input', { field, reason })
  }
  if (found.length > 1) {
    const reason = `it is there ${found.length} times: give more of the words around it`
    throw new MailError('invalid_input', { field, reason })
  }
  only.words.text = only.replaced()
}

/** One for each place: the text with the new words there. */
type Replaced = () => string

function inText(text: string, { oldText, newText }: TextChange, sought: readonly string[]): Replaced[] {
  const exact = findWords(text, sought)
  const places = exact.length > 0 ? exact : findLoosely(text, oldText)
  const written = newText.replaceAll(/\r\n?/g, '\n')
  return places.map(
    ({ start, end }) =>
      () =>
        text.slice(0, start) + written + text.slice(end),
  )
}

function inHtml(html: string, change: TextChange, sought: readonly string[]): Replaced[] {
  const { oldText, newText } = change
  const exact = findInHtml(html, sought)
  const marked = withoutMarks(oldText).trim()
  const places = exact.length > 0 || marked === '' ? exact : findInHtml(html, marked.split(/\s+/))
  if (places.length === 0)
    return linksTo(html, change).map((link) => () => withTarget(html, link, newText) ?? html)
  const written = toHtml(exact.length > 0 ? newText : withoutMarks(newText))
  return places.map((ranges) => () => {
    let text = ''
    let at = 0
    ranges.forEach(([start, end], index) => {
      text += html.slice(at, start) + (index === 0 ? written : '')
      at = end
    })
    return keepTarget(html, ranges[0]?.[0] ?? 0, text + html.slice(at), change)
  })
}

function toWords(oldText: string, field: string): readonly string[] {
  const words = oldText.trim().split(/\s+/)
  if (words[0] === '') throw new MailError('invalid_input', { field, reason: 'it is empty' })
  return words
}

function toHtml(text: string): string {
  return escapeText(text).replaceAll(/\r\n?|\n/g, '<br>\n')
}
