/**
 * Which of two texts of one place is read (R75). A mail program shows the HTML; a plain part that says all of it and
 * nothing else is the same mail in a shorter form and is read instead. One that says something else is named and never
 * read alone: it is where a mail can tell a model what it does not tell a person.
 */
import { countAll, countForeign, countMissing, type Words } from '../body-text/words.ts'
import type { HtmlWords } from '../body-text/words-of-html.ts'

export type Choice =
  | { readonly shown: 'plain'; readonly differs: false }
  | { readonly shown: 'html' | 'both'; readonly differs: boolean }

/** Of the plain part's different words; a line about the browser version is no other message. */
const maxForeignShare = 0.1

/** HTML of so few words leaves its reader with nothing but the plain part. */
const maxStubWords = 2

export function chooseText(plain: Words, { visible, hidden }: HtmlWords): Choice {
  if (plain.size === 0) return { shown: 'html', differs: false }
  // Pictures, or a stub: what the plain part says is shown beside them, and marked.
  if (visible.size <= maxStubWords && lettersOf(plain) > 3 * lettersOf(visible) + 3)
    return { shown: 'both', differs: true }
  const lacking = countMissing(visible, plain)
  if (lacking === 0 && countMissing(plain, visible) === 0) return { shown: 'plain', differs: false }
  const isStub = lacking > countAll(visible) / 2
  const foreign = countForeign(plain, visible, hidden)
  return { shown: 'html', differs: isStub || foreign > plain.size * maxForeignShare }
}

function lettersOf(words: Words): number {
  return [...words.keys()].join('').length
}
