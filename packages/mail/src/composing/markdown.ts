/**
 * Markdown as mail: CommonMark with GFM's tables, strikethrough and autolinks, parsed by markdown-it, which loads with
 * the first text that goes out. HTML in it is shown as typed, only http, https, mailto and tel become links, and no
 * picture is loaded. Where a person's text and CommonMark disagree, the person is right: a line end is a line end, and
 * sums (5*3*2), paths (C:\new\_a) and addresses stay as they are.
 */
import type { MarkdownIt, Token } from 'markdown-it'
import { plainForPeople } from '../body-text/plain-for-people.ts'
import { mailBlocks } from './markdown-blocks.ts'
import { mailDirections } from './markdown-direction.ts'
import { mailRules } from './markdown-rules.ts'
import { toMailText } from './markdown-text.ts'

export interface RenderedMarkdown {
  readonly text: string
  /** Undefined where it would show nothing that the text does not. */
  readonly html?: string
}

export interface MarkdownReader {
  /** Lines end with LF. */
  render(markdown: string): RenderedMarkdown
  /** For a message that has HTML for another reason. */
  toHtml(markdown: string): string
}

/** A longer text goes out as it was typed: 10,000 words are no letter, and some marks cost time by the square. */
const maxMarkdownChars = 64 * 1024

let loaded: Promise<MarkdownReader> | undefined

export function loadMarkdown(): Promise<MarkdownReader> {
  loaded ??= import('markdown-it').then(({ default: Parser }) => {
    const parser = new Parser({ html: false, breaks: true, linkify: false, typographer: false })
    parser.validateLink = (target) => /^(?:https?:\/\/|mailto:|tel:)/i.test(target.trim())
    mailBlocks(parser)
    mailRules(parser)
    mailDirections(parser)
    return createReader(parser)
  })
  return loaded
}

function createReader(parser: MarkdownIt): MarkdownReader {
  const toHtml = (tokens: Token[]) => parser.renderer.render(tokens, parser.options, {}).trimEnd()
  return {
    render(markdown) {
      if (markdown.length > maxMarkdownChars) return { text: markdown }
      const tokens = parser.parse(markdown, {})
      if (!tokens.every(isPlain)) return { text: toMailText(tokens), html: toHtml(tokens) }
      return { text: tokens.some(isResolved) ? toMailText(tokens) : markdown }
    },
    toHtml: (markdown) =>
      markdown.length > maxMarkdownChars ? plainForPeople(markdown) : toHtml(parser.parse(markdown, {})),
  }
}

/** Paragraphs of words, line ends, and links that mail programs make themselves. */
function isPlain({ type, children }: Token): boolean {
  if (type === 'paragraph_open' || type === 'paragraph_close') return true
  return type === 'inline' && (children ?? []).every(isPlainInline)
}

/** Escapes and entities are gone from it. */
function isResolved({ type, markup }: Token): boolean {
  return type === 'inline' && markup === 'resolved'
}

function isPlainInline({ type, markup }: Token): boolean {
  return type === 'text' || type === 'softbreak' || (/^link_/.test(type) && markup === 'bare')
}
