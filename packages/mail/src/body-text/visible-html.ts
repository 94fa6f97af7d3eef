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
import { plainRest, restMark } from './plain-rest.ts'
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

/** The parser's time grows with the square of the depth. Browsers stop nesting at 512 elements. */
const maxDepth = 1_000
/** A part of a body is no longer; the start of an attachment may be. */
const maxChars = 1024 * 1024
/** Of work on styles and elements, some 100 ms: 25,000 elements without a style sheet, and a newsletter has 5,000. */
const maxSteps = 1_500_000
const stepsPerElement = 60
const sliceChars = 16 * 1024

export interface HiddenText {
  readonly hiddenTextRemoved: boolean
  /** The style sheet was too long to be understood to its end, or the HTML too large to be laid out to its own. */
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
  const root: OpenElement = { tag: '', hidden: false, colour: [0, 0, 0], background: [255, 255, 255] }
  const stack: OpenElement[] = [root]
  let hiddenTextRemoved = false
  let silentDepth = 0
  let elements = 0
  /** Where laying out ended, if it did before the end. */
  let restAt: number | undefined
  /** The parser hands out text in pieces, one for each entity. */
  let pending: string[] = []

  const top = () => stack.at(-1) ?? root
  const flush = () => {
    if (pending.length === 0) return
    const clean = removeInvisible(pending.join(''))
    pending = []
    if (clean.removed) hiddenTextRemoved = true
    const element = top()
    if (!element.hidden && isLegible(element)) handler.text(clean.text)
    else if (/\S/.test(clean.text)) hiddenTextRemoved = true
  }
  const isTooMuch = () =>
    stack.length > maxDepth || stylesheet.steps() + elements * stepsPerElement > maxSteps

  const parser = new Parser(
    {
      onopentag(tag, attributes) {
        if (restAt !== undefined) return
        if (isTooMuch()) {
          restAt = parser.startIndex
          return
        }
        elements++
        if (silent.has(tag)) {
          // an unclosed <head> must not swallow the mail: body ends it
          if (!voids.has(tag) && tag !== 'head') silentDepth++
          return
        }
        flush()
        const parent = top()
        const element = parent.hidden ? { ...parent, tag } : toElement(tag, attributes, parent, stylesheet)
        if (!voids.has(tag)) stack.push(element)
        if (!element.hidden) handler.open(tag, attributes)
        else if (!parent.hidden && holdsText(attributes)) hiddenTextRemoved = true
      },
      ontext(value) {
        if (restAt === undefined && silentDepth === 0) pending.push(value)
      },
      onclosetag(tag) {
        if (restAt !== undefined) return
        if (silent.has(tag)) {
          if (!voids.has(tag) && tag !== 'head') silentDepth = Math.max(0, silentDepth - 1)
          return
        }
        const at = stack.findLastIndex((element) => element.tag === tag)
        if (at < 1) return
        flush()
        for (const element of stack.splice(at).reverse()) if (!element.hidden) handler.close(element.tag)
      },
      oncomment(comment) {
        // conditional comments address Outlook; a sentence in any other is addressed to a machine
        if (!/^\s*(\[if|<!\[)|^\[endif/i.test(comment) && holdsWords(comment)) hiddenTextRemoved = true
      },
    },
    { lowerCaseTags: true, lowerCaseAttributeNames: true, decodeEntities: true },
  )
  for (let at = 0; at < html.length && restAt === undefined; at += sliceChars) {
    if (at >= maxChars) restAt = Math.max(0, html.lastIndexOf('<', at))
    else parser.write(html.slice(at, at + sliceChars))
  }
  if (restAt === undefined) parser.end()
  flush()
  // code that was cut in its middle goes on to its end tag
  if (restAt !== undefined && silentDepth > 0) restAt = nextOrEnd(html, '</', restAt)
  const rest = restAt === undefined ? undefined : removeInvisible(plainRest(html.slice(restAt)))
  for (const { tag, hidden } of stack.splice(1).reverse()) if (!hidden) handler.close(tag)
  if (rest !== undefined) {
    if (rest.removed) hiddenTextRemoved = true
    handler.open('pre', {})
    handler.text(`${restMark}\n${rest.text}`)
    handler.close('pre')
  }
  return { hiddenTextRemoved, hiddenTextPossible: stylesheet.isTruncated() || rest !== undefined }
}

function nextOrEnd(text: string, sought: string, from: number): number {
  const at = text.indexOf(sought, from)
  return at < 0 ? text.length : at
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
  const named = style.get('background-color') ?? firstValue(shorthand) ?? attributes.bgcolor
  const own = named === undefined ? undefined : parseColour(named)
  return own === undefined || own === 'transparent' ? parent.background : own
}

/** `rgb(1, 2, 3) none`: a space inside brackets parts nothing. */
function firstValue(shorthand: string | undefined): string | undefined {
  return shorthand === undefined ? undefined : (/^(?:[^\s(]|\([^()]*\))+/.exec(shorthand)?.[0] ?? shorthand)
}

/** Attributes a reader without images would be shown; in a hidden element they are hidden text too. */
function holdsText(attributes: Readonly<Record<string, string>>): boolean {
  return holdsWords(`${attributes.alt ?? ''} ${attributes.title ?? ''}`)
}

/** Two words side by side. Each run of letters and of what parts them is read once. */
function holdsWords(text: string): boolean {
  return /\p{L}\p{L}[^\p{L}\p{N}_]+\p{L}\p{L}/u.test(text)
}
