/**
 * Walks the HTML of a mail and reports what a person would see: elements, text, links, images. Everything else is
 * dropped here, for all renderers alike, and it is said whether any of it was text. Loads nothing, runs nothing.
 */
import { Parser } from 'htmlparser2'
import {
  applyImportant,
  type Colour,
  type Declarations,
  hides,
  indistinguishable,
  parseColour,
  parseDeclarations,
} from './hidden-style.ts'
import { removeInvisible } from './invisible-characters.ts'
import { createStylesheet, type Stylesheet } from './stylesheet.ts'

export interface VisibleHtmlHandler {
  open(tag: string, attributes: Readonly<Record<string, string>>): void
  text(value: string): void
  close(tag: string): void
}

interface OpenElement {
  readonly tag: string
  readonly hidden: boolean
  readonly colour: Colour
  /** Undefined: an image or gradient, against which no colour can be judged. */
  readonly background: Colour | undefined
}

/** Code and metadata: nobody expects to see them, so leaving them out is no news. */
const silent = new Set(['script', 'style', 'head', 'title', 'meta', 'link', 'base'])
/** Content that mail clients do not show. */
const neverShown = new Set([
  ...[
    'template',
    'object',
    'embed',
    'applet',
    'iframe',
    'frame',
    'frameset',
    'noframes',
    'audio',
    'video',
    'canvas',
  ],
  ...['svg', 'math', 'datalist', 'noembed', 'param', 'source', 'track', 'map', 'portal'],
])
const voids = new Set([
  'br',
  'hr',
  'img',
  'input',
  'meta',
  'link',
  'base',
  'col',
  'area',
  'wbr',
  'source',
  'track',
])

/** The parser's time grows with the square of the depth; what stands this deep no mail client shows. */
const maxDepth = 2_000
const sliceChars = 16 * 1024

export interface HiddenText {
  readonly hiddenTextRemoved: boolean
  /** The style sheet was too long to be understood to its end. */
  readonly hiddenTextPossible: boolean
}

/** `hidden_text_removed`, `hidden_text_possible`. */
export function toWarnings({ hiddenTextRemoved, hiddenTextPossible }: HiddenText): string[] {
  return [
    ...(hiddenTextRemoved ? ['hidden_text_removed'] : []),
    ...(hiddenTextPossible ? ['hidden_text_possible'] : []),
  ]
}

export function walkVisible(html: string, handler: VisibleHtmlHandler): HiddenText {
  const stylesheet = createStylesheet(styleText(html))
  const stack: OpenElement[] = [{ tag: '', hidden: false, colour: [0, 0, 0], background: [255, 255, 255] }]
  let hiddenTextRemoved = false
  let silentDepth = 0

  const parser = new Parser(
    {
      onopentag(tag, attributes) {
        if (silent.has(tag)) {
          // an unclosed <head> must not swallow the mail: body ends it
          if (!voids.has(tag) && tag !== 'head') silentDepth++
          return
        }
        const parent = stack.at(-1) as OpenElement
        const element = parent.hidden ? { ...parent, tag } : toElement(tag, attributes, parent, stylesheet)
        if (!voids.has(tag)) stack.push(element)
        if (!element.hidden) handler.open(tag, attributes)
        else if (!parent.hidden && holdsText(attributes)) hiddenTextRemoved = true
      },
      ontext(value) {
        if (silentDepth > 0) return
        const element = stack.at(-1) as OpenElement
        const clean = removeInvisible(value)
        if (clean.removed) hiddenTextRemoved = true
        if (!element.hidden && isLegible(element)) handler.text(clean.text)
        else if (/\S/.test(clean.text)) hiddenTextRemoved = true
      },
      onclosetag(tag) {
        if (silent.has(tag)) {
          if (!voids.has(tag) && tag !== 'head') silentDepth = Math.max(0, silentDepth - 1)
          return
        }
        const at = stack.findLastIndex((element) => element.tag === tag)
        if (at < 1) return
        for (const element of stack.splice(at).reverse()) if (!element.hidden) handler.close(element.tag)
      },
      oncomment(comment) {
        // conditional comments address Outlook; a sentence in any other is addressed to a machine
        if (!/^\s*(\[if|<!\[)|^\[endif/i.test(comment) && /\p{L}{2,}\W+\p{L}{2,}/u.test(comment))
          hiddenTextRemoved = true
      },
    },
    { lowerCaseTags: true, lowerCaseAttributeNames: true, decodeEntities: true },
  )
  for (let at = 0; at < html.length; at += sliceChars) {
    if (stack.length > maxDepth) {
      hiddenTextRemoved = true
      break
    }
    parser.write(html.slice(at, at + sliceChars))
  }
  parser.end()
  return { hiddenTextRemoved, hiddenTextPossible: stylesheet.truncated }
}

/** Judged where text stands, not where a colour is set: white letters may come further inside than their black ground. */
function isLegible({ colour, background }: OpenElement): boolean {
  return background === undefined || !indistinguishable(colour, background)
}

/** Wherever it stands, a comment included: a rule too many can only hide more. */
function styleText(html: string): string {
  const blocks: string[] = []
  let start: number | undefined
  for (const { 0: found, index } of html.matchAll(/<style\b|<\/style/gi)) {
    if (found.startsWith('</')) {
      if (start !== undefined) blocks.push(html.slice(start, index))
      start = undefined
    } else if (start === undefined) {
      start = html.indexOf('>', index) + 1
      if (start === 0) return blocks.join('\n')
    }
  }
  if (start !== undefined) blocks.push(html.slice(start))
  return blocks.join('\n')
}

function toElement(
  tag: string,
  attributes: Readonly<Record<string, string>>,
  parent: OpenElement,
  stylesheet: Stylesheet,
): OpenElement {
  const style = applyImportant(
    new Map([...stylesheet.styleOf(tag, attributes), ...parseDeclarations(attributes.style ?? '')]),
  )
  const colour = parseColour(style.get('color') ?? attributes.color ?? attributes.text ?? '') ?? parent.colour
  const background = toBackground(style, attributes, parent)
  const hidden =
    neverShown.has(tag) ||
    (tag === 'dialog' && attributes.open === undefined) ||
    'hidden' in attributes ||
    (tag === 'input' && attributes.type?.toLowerCase() === 'hidden') ||
    (tag === 'font' && attributes.size === '0') ||
    hides(style)
  return { tag, hidden, colour, background }
}

function toBackground(
  style: Declarations,
  attributes: Readonly<Record<string, string>>,
  parent: OpenElement,
): Colour | undefined {
  const shorthand = style.get('background')
  const image =
    style.get('background-image') ?? attributes.background ?? (shorthand?.includes('url(') ? shorthand : '')
  if (image !== '' && image !== 'none') return undefined
  if (shorthand?.includes('gradient')) return undefined
  const named = style.get('background-color') ?? shorthand?.split(/\s+(?![^(]*\))/)[0] ?? attributes.bgcolor
  const own = named === undefined ? undefined : parseColour(named)
  return own === undefined || own === 'transparent' ? parent.background : own
}

/** Attributes a reader without images would be shown; in a hidden element they are hidden text too. */
function holdsText(attributes: Readonly<Record<string, string>>): boolean {
  return /\p{L}{2,}\W+\p{L}{2,}/u.test(`${attributes.alt ?? ''} ${attributes.title ?? ''}`)
}
