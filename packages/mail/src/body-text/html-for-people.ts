/**
 * The HTML of a mail for people: what a reply quotes and a forward carries. Structure, whole targets, pictures and
 * tables stay; scripts, forms, style sheets and everything hidden do not.
 *
 * Pictures from elsewhere stay where they are: the email is its owner's to send on, a newsletter is nothing without
 * them, and the next reader's mail program asks before it loads them. Those of one pixel go: they show nothing and
 * tell the first sender who reads. Colours go, in pairs: a colour set by a rule that stays behind could leave white
 * letters on white, and a reader's dark mode knows better.
 */
import { escapeText } from './escape-text.ts'
import { isPixel } from './inline-text.ts'
import { pictureSource, wholeTarget } from './people-targets.ts'
import type { VisibleElement, VisibleNode } from './visible-nodes.ts'
import { toVisibleTree } from './visible-tree.ts'

const kept = new Set(
  'p br hr div span h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table thead tbody tfoot tr td th caption colgroup col blockquote pre code a b strong i em u s strike del ins sub sup small big abbr q cite address tt kbd samp var mark bdi bdo wbr ruby rt'.split(
    ' ',
  ),
)
const voids = new Set(['br', 'hr', 'wbr', 'col'])
/** Their place is taken by what they hold. */
const dissolved = new Set('html body head form fieldset button input select option optgroup label'.split(' '))
const layout: Readonly<Record<string, RegExp>> = {
  ...{
    colspan: /^\d{1,3}$/,
    rowspan: /^\d{1,3}$/,
    start: /^-?\d{1,6}$/,
    value: /^-?\d{1,6}$/,
    span: /^\d{1,3}$/,
  },
  ...{ width: /^\d{1,4}%?$/, height: /^\d{1,4}%?$/, border: /^\d{1,2}$/, cellpadding: /^\d{1,3}$/ },
  ...{
    cellspacing: /^\d{1,3}$/,
    align: /^(?:left|right|center|justify)$/i,
    valign: /^(?:top|middle|bottom|baseline)$/i,
  },
  ...{ dir: /^(?:ltr|rtl|auto)$/i, lang: /^[a-z\d-]{1,35}$/i, type: /^(?:[1aAiI]|disc|circle|square)$/ },
  ...{ reversed: /^.{0,10}$/, nowrap: /^.{0,10}$/ },
}
const styled =
  /^(?:text-align|font-weight|font-style|font-size|line-height|text-decoration(?:-line)?|vertical-align|list-style(?:-type)?|border(?:-(?:top|right|bottom|left))?(?:-(?:width|style))?|border-collapse|padding(?:-(?:top|right|bottom|left))?|width|max-width|direction|unicode-bidi)$/
/** Neither functions nor colours nor more than three digits of anything. */
const plainValue = /^(?:-?\d{0,3}(?:\.\d{1,4})?(?:px|pt|em|rem|ex|%|in|cm|mm)?|[a-z-]{2,20})$/i
const colourName =
  /^(?:transparent|currentcolor|inherit|[a-z]*(?:red|green|blue|white|black|gr[ae]y|silver|gold))$/i

/**
 * The HTML that shows what a person sees of a mail's HTML, with the words of the original and every target whole.
 *
 * Safe to put into any page: elements and attributes of a list, no script, no form, no style sheet, nothing that loads
 * but the pictures of the original. `cid:` pictures keep their names; the sender attaches their parts.
 * Beyond `maxWords` characters of words nothing more is written.
 */
export function htmlForPeople(html: string, maxWords = Number.POSITIVE_INFINITY): string {
  const tree = toVisibleTree(html)
  const output: string[] = []
  /** Characters of its words that may still be written. */
  let left = maxWords
  for (const node of tree.children) write(node, false)
  if (tree.rest !== '' && left > 0)
    output.push(`<p>${escapeText(tree.rest.slice(0, left)).replaceAll('\n', '<br>')}</p>`)
  return output.join('').trim()

  function write(node: VisibleNode, isPreformatted: boolean): void {
    if (left <= 0) return
    if (node.kind === 'text') {
      const words = isPreformatted ? node.value : node.value.replaceAll(/[ \t\r\n\f]+/g, ' ')
      output.push(escapeText(words.length > left ? words.slice(0, words.lastIndexOf(' ', left)) : words))
      left -= words.length
    } else if (node.tag === 'img') output.push(toPicture(node))
    else writeElement(node, isPreformatted)
  }

  function writeElement(element: VisibleElement, wasPreformatted: boolean): void {
    const { tag, children, isPreformatted } = element
    const name = nameOf(element)
    if (name === undefined) {
      for (const child of children) write(child, isPreformatted)
      return
    }
    const href = tag === 'a' ? wholeTarget(element.attributes.get('href'), tree.base) : undefined
    const target = href === undefined ? '' : ` href="${escapeText(href)}"`
    output.push(`<${name}${target}${attributesOf(element)}${styleOf(element, wasPreformatted)}>`)
    for (const child of children) write(child, isPreformatted)
    if (!voids.has(name)) output.push(`</${name}>`)
  }

  function toPicture(picture: VisibleElement): string {
    if (isPixel(picture.attributes)) return ''
    const source = pictureSource(picture.attributes.get('src'), tree.base)
    const alt = picture.attributes.get('alt')?.replaceAll(/\s+/g, ' ') ?? ''
    if (source === undefined) return escapeText(alt)
    return `<img src="${escapeText(source)}" alt="${escapeText(alt)}"${attributesOf(picture)}${styleOf(picture, true)}>`
  }
}

const block = /^(?:block|flex|grid|flow-root|table|list-item|-webkit-box)$/

/** Undefined: only what it holds is written. */
function nameOf({ tag, display }: VisibleElement): string | undefined {
  if (kept.has(tag)) return tag
  if (tag === 'center') return 'div'
  return !dissolved.has(tag) && block.test(display) ? 'div' : undefined
}

function attributesOf({ tag, attributes }: VisibleElement): string {
  const found = [...attributes].flatMap(([name, value]) =>
    layout[name]?.test(value.trim()) === true && !(name === 'type' && tag === 'a')
      ? [` ${name}="${escapeText(value.trim())}"`]
      : [],
  )
  return `${tag === 'center' ? ' align="center"' : ''}${found.join('')}`
}

/** Of the element's own style what shapes text; and what rules made of it that its name does not say. */
function styleOf(
  { tag, attributes, display, isPreformatted }: VisibleElement,
  wasPreformatted: boolean,
): string {
  const own = (attributes.get('style') ?? '').slice(0, 4_000).split(';')
  const declarations = own.flatMap((declaration) => {
    const colon = declaration.indexOf(':')
    const name = declaration.slice(0, colon).trim().toLowerCase()
    const values = declaration
      .slice(colon + 1)
      .replace(/!\s*important\s*$/i, '')
      .trim()
      .toLowerCase()
      .split(/\s+/)
    const isPlain =
      values.length <= 4 && values.every((value) => plainValue.test(value) && !colourName.test(value))
    return colon > 0 && styled.test(name) && isPlain && !isTiny(name, values)
      ? [`${name}:${values.join(' ')}`]
      : []
  })
  if (isPreformatted && !wasPreformatted && tag !== 'pre') declarations.push('white-space:pre-wrap')
  if (tag === 'div' && display === 'inline-block') declarations.push('display:inline-block')
  if (/^(?:a|span|b|strong|i|em|u|small)$/.test(tag) && (block.test(display) || display === 'inline-block'))
    declarations.push(`display:${display === 'inline-block' ? display : 'block'}`)
  return declarations.length === 0 ? '' : ` style="${escapeText(declarations.join(';'))}"`
}

/** A size of nought on a wrapper is for children whose own came from a rule. */
function isTiny(name: string, values: readonly string[]): boolean {
  return (
    /^(?:font-size|line-height|width|max-width)$/.test(name) &&
    values.some((value) => (Number.parseFloat(value) < 8 && !/em|%|^[\d.]+$/.test(value)) || /^0/.test(value))
  )
}
