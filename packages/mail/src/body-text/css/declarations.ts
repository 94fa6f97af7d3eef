/**
 * Declarations as a cascade can use them: longhands with values in lower case, what a browser would not take left out
 * (CSS 2.1 §4.2: an invalid value never replaces a valid one). Only properties that change what is read are kept.
 */
import type { Block, CssNode, Declaration, DeclarationList } from 'css-tree'
import type { Budget } from './budget.ts'
import { parseCss } from './css-tree.ts'
import { toLonghands } from './properties.ts'
import { isValidValue } from './valid-values.ts'

export interface StyleDeclaration {
  readonly property: string
  readonly value: string
  readonly isImportant: boolean
}

/** A style attribute or a block of a newsletter has a few dozen. */
const maxDeclarations = 300
const maxValueChars = 1_000
const maxBrackets = 30

/** Throws `OutOfBudget`. */
export function parseStyleAttribute(style: string, budget: Budget, isQuirky: boolean): StyleDeclaration[] {
  const list = parseCss(style, 'declarationList', budget)
  return list.type === 'DeclarationList' ? toDeclarations(list, isQuirky) : []
}

export function toDeclarations(block: Block | DeclarationList, isQuirky: boolean): StyleDeclaration[] {
  const declarations: StyleDeclaration[] = []
  block.children.forEach((node: CssNode) => {
    if (node.type === 'Declaration' && declarations.length < maxDeclarations) {
      declarations.push(...toLonghandDeclarations(node, isQuirky))
    }
  })
  return declarations
}

function toLonghandDeclarations(
  { property, value, important }: Declaration,
  isQuirky: boolean,
): StyleDeclaration[] {
  const name = property.startsWith('--') ? property : unescapeCss(property).toLowerCase()
  const isImportant =
    typeof important === 'string' ? unescapeCss(important).toLowerCase() === 'important' : important
  // `!ie`
  if (typeof important === 'string' && !isImportant) return []
  const text = textOf(value)
  if (text.length > maxValueChars || text.split('(').length > maxBrackets) return []
  if (!name.startsWith('--') && isForInternetExplorer(value)) return []
  return toLonghands(name, text, isQuirky)
    .filter((longhand) => isValidValue(longhand.property, longhand.value, isQuirky))
    .map((longhand) => ({ ...longhand, isImportant }))
}

/** Raw, as it was written: comments are white space, and white space is one space. */
function textOf(value: Declaration['value']): string {
  if (value.type !== 'Raw') throw new Error('Values are not parsed into nodes')
  return closeBrackets(unescapeCss(withoutComments(value.value)).replaceAll(/\s+/g, ' ').trim().toLowerCase())
}

/** `none\9`, `none\0/`: to every other browser an escaped character, which no value ends in. */
function isForInternetExplorer(value: Declaration['value']): boolean {
  return value.type === 'Raw' && /\\[09]\/?\s*$/.test(value.value.slice(-20))
}

/** What a declaration's end leaves open is closed there (CSS Syntax 3 §5.4.8). */
function closeBrackets(text: string): string {
  if (!text.includes('(')) return text
  let open = 0
  for (const char of text) {
    if (char === '(') open += 1
    else if (char === ')') open = Math.max(0, open - 1)
  }
  return open === 0 || open > maxBrackets ? text : text + ')'.repeat(open)
}

function withoutComments(text: string): string {
  const parts: string[] = []
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf('/*', at)
    if (open < 0) return [...parts, text.slice(at)].join(' ')
    parts.push(text.slice(at, open))
    const close = text.indexOf('*/', open + 2)
    at = close < 0 ? text.length : close + 2
  }
  return parts.join(' ')
}

/** CSS Syntax 3 §4.3.7. */
function unescapeCss(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\(?:([0-9a-f]{1,6})\s?|([^\n]))/gi, (_, code: string | undefined, char: string) => {
    if (code === undefined) return char
    const point = Number.parseInt(code, 16)
    return point === 0 || point > 0x10ffff ? '\uFFFD' : String.fromCodePoint(point)
  })
}
