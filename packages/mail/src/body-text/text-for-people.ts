/**
 * The HTML of a mail as plain text for people, as mail programs write it: for the `> ` quote of a reply and the plain
 * part of a forward. Every target is whole, every word that is seen is there, and nothing has the form in which a
 * model reads mail.
 */
import { altOf, isEmoji, isPixel } from './inline-text.ts'
import { layOutTree, type Manner } from './layout.ts'
import { wholeTarget } from './people-targets.ts'
import { createTextWriter } from './text-writer.ts'
import { toVisibleTree } from './visible-tree.ts'

/**
 * The words that a person sees of a mail's HTML, with `<https://…>` behind the words of each link.
 *
 * What is hidden does not become visible, what may be hidden is shown like any other text. Loads and runs nothing;
 * at most a megabyte is laid out, of the rest the words are kept.
 */
export function textForPeople(html: string): string {
  const tree = toVisibleTree(html)
  const manner: Manner = {
    unsureMark: undefined,
    toPicture: ({ attributes }) => (isPixel(attributes) ? '' : bracket(altOf(attributes))),
    showsPicture: ({ attributes }) => !isPixel(attributes),
    toTarget(link, words) {
      const target = wholeTarget(link.attributes.get('href'), tree.base)
      return target === undefined || says(words, target)
        ? ''
        : ` <${target.replace(/^mailto:(?=[^?]*$)/i, '')}>`
    },
    rule: '-'.repeat(24),
    struck: '',
  }
  const writer = createTextWriter()
  layOutTree(tree.children, writer, manner)
  if (tree.rest !== '') {
    writer.breakLine(2)
    writer.write(tree.rest, true)
  }
  return writer.toText()
}

function bracket(alt: string): string {
  return alt === '' || isEmoji(alt) ? alt : `[${alt}]`
}

/** The words are the target: with or without scheme and closing slash. */
function says(words: string, target: string): boolean {
  const bare = (text: string) =>
    text
      .replace(/^(?:https?:\/\/|mailto:|tel:)/i, '')
      .replace(/\/$/, '')
      .toLowerCase()
  return bare(words.trim()) === bare(target)
}
