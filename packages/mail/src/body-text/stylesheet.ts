/**
 * The rules of a mail's `<style>` blocks, as far as they can hide or colour text: each selector's last compound with
 * its declarations. Ancestors in a selector are ignored, so a rule reaches at least what it would in a browser.
 */
import { type Declarations, parseDeclarations, withoutComments } from './hidden-style.ts'

interface StyleRule {
  /** The selector where it is one name alone. */
  readonly simple: string | undefined
  matches(tag: string, attributes: Readonly<Record<string, string>>): boolean
  readonly declarations: Declarations
  readonly testsAttributes: boolean
}

/** A newsletter has a few hundred; a mail with more is trying to cost time. */
const maxRules = 2000
const maxCompoundRules = 300
const maxAttributeRules = 50
const maxClasses = 50
const maxSelectorChars = 1000
const relevant =
  /display|visibility|opacity|font|height|width|color|background|indent|position|left|top|clip|transform|margin|filter/i

function parseStyleRules(css: string): StyleRule[] {
  const rules: StyleRule[] = []
  collect(withoutComments(css).replace(/<!--|-->/g, ''), rules)
  return rules
}

function collect(css: string, rules: StyleRule[]): void {
  let at = 0
  while (at < css.length && rules.length < maxRules) {
    const open = css.indexOf('{', at)
    if (open < 0) return
    const prelude = css.slice(at, open).split(';').at(-1)?.trim() ?? ''
    const close = closingBrace(css, open)
    const block = css.slice(open + 1, close)
    at = close + 1
    if (prelude.startsWith('@')) {
      if (/^@(media|supports|layer)/i.test(prelude) && !onlyElsewhere(prelude)) collect(block, rules)
    } else if (relevant.test(block)) {
      const declarations = parseDeclarations(block)
      for (const selector of prelude.split(',')) {
        const rule = parseSelector(selector.trim(), declarations)
        if (rule !== undefined) rules.push(rule)
      }
    }
  }
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

function parseSelector(selector: string, declarations: Declarations): StyleRule | undefined {
  // the last compound is all that counts, and splitting takes time by the square
  const end = selector.slice(-maxSelectorChars)
  const compound = end.split(/[\s>+~]+(?![^[]*\])/).at(-1) ?? ''
  if (/::|:(hover|active|focus|visited|link|before|after|checked|root)/i.test(compound)) return undefined
  const tag = /^[a-z][a-z0-9]*/i.exec(compound)?.[0]?.toLowerCase()
  const plain = compound.replace(/:[a-z-]+(\([^)]*\))?/gi, '')
  const withoutTests = plain.replace(/\[[^\]]*\]/g, '')
  const classes = [...withoutTests.matchAll(/\.([\w-]+)/g)].map((found) => found[1]?.toLowerCase() ?? '')
  const id = /#([\w-]+)/.exec(withoutTests)?.[1]?.toLowerCase()
  const tests = [...plain.matchAll(/\[\s*([\w-]+)\s*(?:([~^$*|]?)=\s*["']?([^\]"']*)["']?)?\s*\]/g)]
  const universal = compound.startsWith('*')
  if (tag === undefined && classes.length === 0 && id === undefined && tests.length === 0 && !universal)
    return undefined
  return {
    declarations,
    simple: /^(\*|[a-z][a-z0-9]*|[.#][\w-]+)$/i.test(compound) ? compound.toLowerCase() : undefined,
    testsAttributes: tests.length > 0,
    matches(element, attributes) {
      if (tag !== undefined && tag !== element) return false
      if (id !== undefined && attributes.id?.toLowerCase() !== id) return false
      const held = classes.length === 0 ? [] : (attributes.class ?? '').toLowerCase().split(/\s+/)
      if (!classes.every((name) => held.includes(name))) return false
      return tests.every(([, name = '', operator = '', value]) => {
        const actual = attributes[name.toLowerCase()]
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
  if (operator === '~') return actual.split(/\s+/).includes(value)
  return actual === value
}

export interface Stylesheet {
  /** Rules were left out; what they hide is not known. */
  readonly truncated: boolean
  styleOf(tag: string, attributes: Readonly<Record<string, string>>): Declarations
}

/**
 * Selectors of one name (`*`, `td`, `.x`, `#y`) are merged beforehand, the rest is matched, the more specific last as in
 * CSS. Elements with the same name, class and id get the same answer. Both keep the time linear in the mail's length.
 */
export function createStylesheet(css: string): Stylesheet {
  const simple = new Map<string, Map<string, string>>()
  const compound: StyleRule[] = []
  const rules = parseStyleRules(css)
  for (const rule of rules) {
    if (rule.simple === undefined) compound.push(rule)
    else simple.set(rule.simple, new Map([...(simple.get(rule.simple) ?? []), ...rule.declarations]))
  }
  const stable = compound.filter((rule) => !rule.testsAttributes).slice(0, maxCompoundRules)
  const testing = compound.filter((rule) => rule.testsAttributes).slice(0, maxAttributeRules)
  const known = new Map<string, Declarations>()

  function styleByName(tag: string, attributes: Readonly<Record<string, string>>): Declarations {
    const classes = (attributes.class ?? '').toLowerCase().split(/\s+/).slice(0, maxClasses)
    const names = ['*', tag, ...classes.map((name) => `.${name}`), `#${attributes.id?.toLowerCase() ?? ''}`]
    const style = new Map(names.flatMap((name) => [...(simple.get(name) ?? [])]))
    return new Map([...style, ...cascade(stable, tag, attributes)])
  }

  const left = compound.length - stable.length - testing.length
  return {
    truncated: rules.length >= maxRules || left > 0,
    styleOf(tag, attributes) {
      const key = `${tag}\n${attributes.class ?? ''}\n${attributes.id ?? ''}`
      let style = known.get(key)
      if (style === undefined) {
        style = styleByName(tag, attributes)
        known.set(key, style)
      }
      return testing.length === 0 ? style : new Map([...style, ...cascade(testing, tag, attributes)])
    },
  }
}

/** In order. */
function cascade(
  rules: readonly StyleRule[],
  tag: string,
  attributes: Readonly<Record<string, string>>,
): Declarations {
  const style = new Map<string, string>()
  for (const rule of rules) {
    if (!rule.matches(tag, attributes)) continue
    for (const [name, value] of rule.declarations) style.set(name, value)
  }
  return style
}
