/**
 * The text of HTML that was too long or too costly to lay out: every word of it, tags and code left out, in one pass
 * without a tree. Styles are not applied, so it may hold what a mail program hides; `restMark` says so.
 */
import { type Token, Tokenizer, TokenizerMode } from 'parse5'

export const restMark =
  '[From here on only the words: this part was too large or too deeply nested to be laid out, and a mail program may hide some of it.]'

/** Their content is text to the tokenizer, and code or metadata to a reader. */
const unread: ReadonlyMap<string, number> = new Map([
  ['script', TokenizerMode.SCRIPT_DATA],
  ['style', TokenizerMode.RAWTEXT],
  ['title', TokenizerMode.RCDATA],
  ['noframes', TokenizerMode.RAWTEXT],
])
/** Inside a line; every other element starts a new one. */
const inLine = new Set('a b i u s em strong span font small sub sup code'.split(' '))

export function plainRest(html: string): string {
  const output: string[] = []
  let open: string | undefined
  const read = ({ chars }: Token.CharacterToken) => {
    if (open === undefined) output.push(chars)
  }
  const tokenizer = new Tokenizer(
    {},
    {
      onCharacter: read,
      onNullCharacter: () => {},
      onWhitespaceCharacter: read,
      onStartTag({ tagName }) {
        const mode = unread.get(tagName)
        if (mode !== undefined) {
          open = tagName
          tokenizer.state = mode
        } else if (open === undefined && !inLine.has(tagName) && output.at(-1) !== '\n') output.push('\n')
      },
      onEndTag({ tagName }) {
        if (tagName === open) open = undefined
      },
      onComment: () => {},
      onDoctype: () => {},
      onEof: () => {},
    },
  )
  tokenizer.write(html, true)
  return output.join('').replaceAll(/\s+/g, (space) => (space.includes('\n') ? '\n' : ' '))
}
