/**
 * The text of HTML that was too deep, too long or too costly to lay out: every word of it, tags and code left out, in
 * one pass without a stack. Styles are not applied, so it may hold what a mail program hides; `restMark` says so.
 */
import { Tokenizer } from 'htmlparser2'

export const restMark =
  '[From here on only the words: this part was too large or too deeply nested to be laid out, and a mail program may hide some of it.]'

const unread = new Set(['script', 'style', 'title', 'template', 'noscript'])
/** Inside a line; every other element starts a new one. */
const inLine = new Set([
  'a',
  'b',
  'i',
  'u',
  's',
  'em',
  'strong',
  'span',
  'font',
  'small',
  'sub',
  'sup',
  'code',
])

export function plainRest(html: string): string {
  const output: string[] = []
  let open: string | undefined
  const nameAt = (start: number, end: number) => html.slice(start, end).toLowerCase()
  const ignore = () => {}
  const tokenizer = new Tokenizer(
    { xmlMode: false, decodeEntities: true },
    {
      ontext(start, end) {
        if (open === undefined) output.push(html.slice(start, end))
      },
      ontextentity(codePoint) {
        if (open === undefined) output.push(String.fromCodePoint(codePoint))
      },
      onopentagname(start, end) {
        const name = nameAt(start, end)
        if (open === undefined && unread.has(name)) open = name
        else if (open === undefined && !inLine.has(name) && output.at(-1) !== '\n') output.push('\n')
      },
      onclosetag(start, end) {
        if (open !== undefined && nameAt(start, end) === open) open = undefined
      },
      onattribdata: ignore,
      onattribentity: ignore,
      onattribend: ignore,
      onattribname: ignore,
      oncdata: ignore,
      oncomment: ignore,
      ondeclaration: ignore,
      onend: ignore,
      onopentagend: ignore,
      onprocessinginstruction: ignore,
      onselfclosingtag: ignore,
    },
  )
  tokenizer.write(html)
  tokenizer.end()
  return output.join('').replaceAll(/\s+/g, (space) => (space.includes('\n') ? '\n' : ' '))
}
