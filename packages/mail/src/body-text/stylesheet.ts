/**
 * The rules of a mail's `<style>` blocks, as far as they can hide or colour text: each selector's last compound with
 * its declarations. Ancestors in a selector are ignored, so a rule reaches at least what it would in a browser.
 */
import { type Declarations, parseDeclarations, withoutComments } from './hidden-style.ts'

interface StyleRule {
  /** The selector where it is one name alone. */
  readonly simple: string | undefined
  matches(element: StyledElement): boolean
  readonly declarations: Declarations
  readonly testsAttributes: boolean
}

interface StyledElement {
  readonly tag: string
  readonly attributes: Readonly<Record<string, string>>
  readonly id: string | undefined
  readonly classes: readonly string[]
}

/** A newsletter has a few hundred; a mail with more is trying to cost time. */
const maxRules = 2000
const maxCompoundRules = 300
const maxAttributeRules = 50
const maxClasses = 50
/** Read, not kept: `a:hover` costs time as well. */
const maxSelectors = 6000
const maxCompoundChars = 200
const relevant =
  /display|visibility|opacity|font|height|width|color|background|indent|position|left|top|clip|transform|margin|filter/i

interface ParsedRules {
  readonly rules: readonly StyleRule[]
  readonly truncated: boolean
}

/** One pass: a group is entered by going on behind its brace, so nesting costs neither time nor stack. */
function parseStyleRules(sheet: string): ParsedRules {
  const css = withoutComments(sheet).replace(/<!--|-->/g, '')
  const rules: StyleRule[] = []
  let selectors = 0
  let unread = false
  let at = 0
  for (;;) {
    const open = css.indexOf('{', at)
    if (open < 0) break
    const prelude = css.slice(at, open).split(/[;}]/).at(-1)?.trim()
    at = open + 1
    if (prelude?.startsWith('@') && /^@(media|supports|layer)/i.test(prelude) && !onlyElsewhere(prelude))
      continue
    const close = closingBrace(css, open)
    const block = css.slice(open + 1, close)
    at = close + 1
    if (prelude === undefined || prelude.startsWith('@') || !relevant.test(block)) continue
    const declarations = parseDeclarations(block)
    if (declarations.size === 0) continue
    for (const selector of prelude.split(',', maxSelectors)) {
      if (++selectors > maxSelectors || rules.length >= maxRules) return { rules, truncated: true }
      const compound = lastCompound(selector.trim())
      if (compound.length > maxCompoundChars) unread = true
      const rule = compound.length > maxCompoundChars ? undefined : parseCompound(compound, declarations)
      if (rule !== undefined) rules.push(rule)
    }
  }
  return { rules, truncated: unread }
}

/** What follows the last combinator that is not inside brackets. */
function lastCompound(selector: string): string {
  let inBrackets = false
  for (let at = selector.length - 1; at >= 0; at--) {
    const char = selector.charAt(at)
    if (char === ']') inBrackets = true
    else if (char === '[') inBrackets = false
    else if (!inBrackets && /[\s>+~]/.test(char)) return selector.slice(at + 1)
  }
  return selector
}

function closingBrace(css: string, open: number): number {
  let depth = 0
  for (let at = open; at < css.length; at++) {
    if (css[at] === '{') depth++
    else if (css[at] === '}' && --depth === 0) return at
  }
  return css.length
}

/** Layouts for paper and for phones hide what the desktop reader sees; what they hide is not hidden text. */
function onlyElsewhere(media: string): boolean {
  if (/\bprint\b|prefers-color-scheme\s*:\s*dark/i.test(media)) return true
  const narrow = /max-(?:device-)?width\s*:\s*(\d+)/i.exec(media)?.[1]
  return narrow !== undefined && Number(narrow) <= 1024
}

/** `compound` is short; its expressions take time by the square of its length at most. */
function parseCompound(compound: string, declarations: Declarations): StyleRule | undefined {
  if (/::|:(hover|active|focus|visited|link|before|after|checked|root)/i.test(compound)) return undefined
  const tag = /^[a-z][a-z0-9]*/i.exec(compound)?.[0]?.toLowerCase()
  const plain = compound.replaceAll(/\s+/g, ' ').replace(/:[a-z-]+(\([^()]*\))?/gi, '')
  const withoutTests = plain.replace(/\[[^[\]]*\]/g, '')
  const classes = [...withoutTests.matchAll(/\.([\w-]+)/g)].map((found) => found[1]?.toLowerCase() ?? '')
  const id = /#([\w-]+)/.exec(withoutTests)?.[1]?.toLowerCase()
  const tests = [...plain.matchAll(/\[ ?([\w-]+) ?(?:([~^$*|]?)= ?["']?([^\]"']*)["']? ?)?\]/g)]
  const universal = compound.startsWith('*')
  if (tag === undefined && classes.length === 0 && id === undefined && tests.length === 0 && !universal)
    return undefined
  return {
    declarations,
    simple: /^(\*|[a-z][a-z0-9]*|[.#][\w-]+)$/i.test(compound) ? compound.toLowerCase() : undefined,
    testsAttributes: tests.length > 0,
    matches(element) {
      if (tag !== undefined && tag !== element.tag) return false
      if (id !== undefined && id !== element.id) return false
      if (!classes.every((name) => element.classes.includes(name))) return false
      return tests.every(([, name = '', operator = '', value]) => {
        const key = name.toLowerCase()
        // the prototype's `constructor` is no attribute of an element
        const actual = Object.hasOwn(element.attributes, key) ? element.attributes[key] : undefined
        if (actual === undefined) return false
        return value === undefined || attributeMatches(actual, operator, value)
      })
    },
  }
}

function attributeMatches(actual: string, operator: string, value: string): boolean {
  if (operator === '^') return actual.startsWith(value)
  if (operator === '$') return actual.endsWith(value)
  if (operator === '*') return actual.includes(value)
  if (operator === '~') return holdsWord(actual, value)
  return actual === value
}

/** Fifty rules may ask it of one value of a megabyte: nothing is split. */
function holdsWord(text: string, word: string): boolean {
  if (word === '') return false
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
    if (/^\s?$/.test(text.charAt(at - 1)) && /^\s?$/.test(text.charAt(at + word.length))) return true
  }
  return false
}

export interface Stylesheet {
  /** Rules or classes were left out; what they hide is not known. */
  isTruncated(): boolean
  styleOf(tag: string, attributes: Readonly<Record<string, string>>): Declarations
  /** Rules and declarations looked at so far: what the caller bounds. */
  steps(): number
}

/**
 * Selectors of one name (`*`, `td`, `.x`, `#y`) are merged beforehand, the rest is matched, the more specific last as in
 * CSS. Elements with the same name, class and id get the same answer. Both keep the time linear in the mail's length.
 */
export function createStylesheet(css: string): Stylesheet {
  const simple = new Map<string, Map<string, string>>()
  const compound: StyleRule[] = []
  const { rules, truncated } = parseStyleRules(css)
  for (const rule of rules) {
    if (rule.simple === undefined) compound.push(rule)
    else simple.set(rule.simple, new Map([...(simple.get(rule.simple) ?? []), ...rule.declarations]))
  }
  const stable = compound.filter((rule) => !rule.testsAttributes).slice(0, maxCompoundRules)
  const testing = compound.filter((rule) => rule.testsAttributes).slice(0, maxAttributeRules)
  const known = new Map<string, Declarations>()
  let steps = 0
  let unreadClasses = false

  function styleByName(element: StyledElement): Declarations {
    const names = ['*', element.tag, ...element.classes.map((name) => `.${name}`), `#${element.id ?? ''}`]
    const style = new Map<string, string>()
    for (const name of names) take(simple.get(name), style)
    return cascade(stable, element, style)
  }

  /** In order. */
  function cascade(rules: readonly StyleRule[], element: StyledElement, style: Map<string, string>) {
    steps += rules.length
    for (const rule of rules) if (rule.matches(element)) take(rule.declarations, style)
    return style
  }

  function take(declarations: Declarations | undefined, style: Map<string, string>): void {
    steps += 1 + (declarations?.size ?? 0)
    for (const [name, value] of declarations ?? []) style.set(name, value)
  }

  const left = compound.length - stable.length - testing.length
  return {
    isTruncated: () => truncated || left > 0 || unreadClasses,
    steps: () => steps,
    styleOf(tag, attributes) {
      const key = `${tag}\n${attributes.class ?? ''}\n${attributes.id ?? ''}`
      const classes = (attributes.class ?? '').toLowerCase().split(/\s+/, maxClasses)
      if (classes.length === maxClasses) unreadClasses = true
      const element = { tag, attributes, id: attributes.id?.toLowerCase(), classes }
      let style = known.get(key)
      if (style === undefined) {
        style = styleByName(element)
        known.set(key, style)
      }
      return testing.length === 0 ? style : cascade(testing, element, new Map(style))
    },
  }
}
