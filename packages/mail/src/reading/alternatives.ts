/**
 * Which of two texts of one place is read (R75). A mail program shows the HTML; a plain part that says all of it and
 * nothing else is the same mail in a shorter form and is read instead. One that says something else is named and never
 * read alone: it is where a mail can tell a model what it does not tell a person. A shorter edition in the words of the
 * HTML, and a notice that the email has to be seen as HTML, say nothing else.
 */
import {
  countAll,
  countMissing,
  countWords,
  findForeign,
  type TextWords,
  type Words,
} from '../body-text/words.ts'
import { isNoticeWord, namesForm } from './format-notice.ts'

export type Choice =
  | { readonly shown: 'plain'; readonly differs: false }
  | { readonly shown: 'html' | 'both'; readonly differs: boolean }

/** Of the plain part's own words; a line of the footer is no other message. */
const maxForeignShare = 0.1

/** Of a notice: what the newsletter is called, in words that the HTML shows, too. */
const maxNameShare = 0.04

/** HTML of so few words leaves its reader with nothing but the plain part. */
const maxStubWords = 2

export function chooseText(plainText: TextWords, html: TextWords): Choice {
  const plain = countWords(plainText.visible)
  const visible = countWords(html.visible)
  if (plain.size === 0) return { shown: 'html', differs: false }
  // Pictures, or a stub: what the plain part says is shown beside them, and marked.
  if (visible.size <= maxStubWords && lettersOf(plain) > 3 * lettersOf(visible) + 3)
    return { shown: 'both', differs: true }
  const lacking = countMissing(visible, plain)
  if (lacking === 0 && countMissing(plain, visible) === 0) return { shown: 'plain', differs: false }
  const saying = [...html.visible, ...html.beside]
  const isNotice = toNoticeJudge(plainText, html)
  const foreign = findForeign(plain, countWords(saying))
  const own = foreign.filter((word) => !isNotice(word))
  const isForeign = own.length > (plain.size - foreign.length + own.length) * maxForeignShare
  const isStub = lacking > countAll(visible) / 2
  return {
    shown: 'html',
    differs: isForeign || (isStub && !isEdition(plainText.visible, saying, isNotice)),
  }
}

/** A notice leads nowhere that the HTML does not lead or name: it would send its reader somewhere else. */
function toNoticeJudge(plain: TextWords, html: TextWords): (word: string) => boolean {
  const known = new Set(html.sites)
  const isNotice = plain.visible.some(namesForm) && plain.sites.every((site) => known.has(site))
  return (word) => isNotice && isNoticeWord(word)
}

/**
 * Of a text that leaves much out the words must be in the order of the HTML, by runs of three or of two that no notice
 * has: of the words of a long newsletter any other message could be made.
 */
function isEdition(
  plain: readonly string[],
  html: readonly string[],
  isNotice: (word: string) => boolean,
): boolean {
  const runs = new Set(
    html.flatMap((_, at) => [html.slice(at, at + 2).join(' '), html.slice(at, at + 3).join(' ')]),
  )
  const isInRun = plain.map(() => false)
  for (const at of plain.keys())
    for (const length of [2, 3]) {
      const run = plain.slice(at, at + length)
      if (run.length < length || !runs.has(run.join(' ')) || (length === 2 && run.some(isNoticeWord)))
        continue
      isInRun.fill(true, at, at + length)
    }
  const own = plain.filter((word) => !isNotice(word))
  const unsaid = plain.filter((word, at) => !isNotice(word) && !isInRun[at])
  if (unsaid.length <= own.length * maxForeignShare) return true
  const shown = new Set(html)
  return unsaid.length <= plain.length * maxNameShare && unsaid.every((word) => shown.has(word))
}

function lettersOf(words: Words): number {
  return [...words.keys()].join('').length
}
