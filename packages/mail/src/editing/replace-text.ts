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
import { ownTexts } from './own-texts.ts'
import { readPart } from './read-part.ts'

export interface TextChange {
  readonly oldText: string
  readonly newText: string
}

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
    for (const kind of [plains, htmls]) if (kind.length > 0) replaceIn(kind, sought, change, field)
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
  sought: readonly string[],
  { newText }: TextChange,
  field: string,
): void {
  const isHtml = kind[0]?.part.type === 'text/html'
  const found = kind.flatMap((words) =>
    (isHtml ? findInHtml(words.text, sought) : findInText(words.text, sought)).map((ranges) => ({
      words,
      ranges,
    })),
  )
  const [only] = found
  const where = isHtml ? 'HTML' : 'text'
  if (only === undefined)
    throw new MailError('invalid_input', { field, reason: `it is not in the ${where} of the draft` })
  if (found.length > 1) {
    const reason = `it is there ${found.length} times: give more of the words around it`
    throw new MailError('invalid_input', { field, reason })
  }
  const written = isHtml ? toHtml(newText) : newText.replaceAll(/\r\n?/g, '\n')
  const { words, ranges } = only
  let text = ''
  let at = 0
  ranges.forEach(([start, end], index) => {
    text += words.text.slice(at, start) + (index === 0 ? written : '')
    at = end
  })
  words.text = text + words.text.slice(at)
}

type Range = readonly [start: number, end: number]

function findInText(text: string, sought: readonly string[]): Range[][] {
  return findWords(text, sought).map(({ start, end }) => [[start, end]])
}

function toWords(oldText: string, field: string): readonly string[] {
  const words = oldText.trim().split(/\s+/)
  if (words[0] === '') throw new MailError('invalid_input', { field, reason: 'it is empty' })
  return words
}

function toHtml(text: string): string {
  return escapeText(text).replaceAll(/\r\n?|\n/g, '<br>\n')
}
