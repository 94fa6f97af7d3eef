/**
 * The style of an element: what browsers bring, attributes, style sheets and its own `style`, in the order of CSS
 * Cascade 5 §6, custom properties put in. Values stay text; ../visibility/ knows what they mean.
 */
import { attributeOf, type TreeElement } from '../html-tree.ts'
import type { Budget } from './budget.ts'
import { parseStyleAttribute, type StyleDeclaration } from './declarations.ts'
import { presentationalHints, userAgentStyle } from './defaults.ts'
import { createRuleMatcher } from './matching.ts'
import { inheritedProperties } from './properties.ts'
import { noLayer, type Stylesheet } from './stylesheet.ts'
import { isValidValue } from './valid-values.ts'

export interface Cascaded {
  /** The value that won, if one was given; `inherit` and its like are still there. */
  get(property: string): string | undefined
  readonly customProperties: ReadonlyMap<string, string>
  /** Declarations whose condition or value is not understood: they might hide, or show. */
  readonly isUnsure: boolean
  /** Properties of `::before` and `::after` by their own names, of both together. */
  readonly generated: ReadonlyMap<string, string>
  /** `::first-line` and `::first-letter` have a style of their own. */
  readonly hasLineStyle: boolean
}

export interface Cascade {
  /** Throws `OutOfBudget`. */
  styleOf(element: TreeElement, inherited: ReadonlyMap<string, string>): Cascaded
  /** Some rules were not understood. */
  readonly isIncomplete: boolean
}

/** A variable may name others; twice in each step and the text doubles. */
const maxVariableDepth = 8
const maxValueChars = 2_000
const stepsPerElement = 50
/** A colour or a length that is computed, three times over. */
const stepsPerFunction = 400
/** What is read of a value character by character; the longest of ordinary mails have a hundred. */
const usualValueChars = 100
const stepsPerCharBeyond = 10

interface Weighed extends StyleDeclaration {
  readonly weight: readonly [origin: number, layer: number, specificity: number, order: number]
}

export function createCascade(sheet: Stylesheet, isQuirky: boolean, budget: Budget): Cascade {
  const matcher = createRuleMatcher(sheet.rules, isQuirky, budget)
  const orders = new Map(sheet.rules.map((rule, index) => [rule, index]))
  /** A newsletter says the same of each of its cells. */
  const parsed = new Map<string, readonly StyleDeclaration[]>()
  function parseOnce(style: string): readonly StyleDeclaration[] {
    const declarations = parsed.get(style) ?? parseStyleAttribute(style, budget, isQuirky)
    parsed.set(style, declarations)
    return declarations
  }

  return {
    isIncomplete: matcher.isIncomplete,
    styleOf(element, inherited) {
      const weighed: Weighed[] = []
      const generated = new Map<string, string>()
      let isUnsure = false
      let hasLineStyle = false
      let order = 0
      const add = (origin: number, declarations: Iterable<readonly [string, string]>) => {
        for (const [property, value] of declarations) {
          weighed.push({ property, value, isImportant: false, weight: [origin, 0, 0, order++] })
        }
      }
      add(0, userAgentStyle(element, isQuirky))
      add(1, presentationalHints(element))
      for (const rule of matcher.rulesFor(element)) {
        const at = orders.get(rule) ?? 0
        if (rule.condition === 'unsure') {
          isUnsure = true
          continue
        }
        if (rule.pseudoElement !== undefined) {
          if (/^first-/.test(rule.pseudoElement)) hasLineStyle = true
          else if (/^(?:before|after)$/.test(rule.pseudoElement)) {
            for (const { property, value } of rule.declarations) generated.set(property, value)
          }
          continue
        }
        for (const declaration of rule.declarations) {
          const layer = declaration.isImportant ? noLayer - rule.layer : rule.layer
          const origin = declaration.isImportant ? 4 : 2
          weighed.push({ ...declaration, weight: [origin, layer, rule.specificity, at] })
        }
      }
      const own = attributeOf(element, 'style')
      budget.spend(stepsPerElement)
      if (own !== undefined) {
        budget.spend(own.length)
        for (const declaration of parseOnce(own)) {
          weighed.push({ ...declaration, weight: [declaration.isImportant ? 5 : 3, 0, 0, order++] })
        }
      }
      weighed.sort(compareWeights)
      const values = new Map<string, string>()
      for (const { property, value } of weighed) {
        if (property === 'all') resetAll(values, value)
        else values.set(property, value)
      }
      const customProperties = toCustomProperties(values, inherited)
      for (const value of values.values()) {
        if (value.includes('(')) budget.spend(stepsPerFunction + value.length)
        if (value.length > usualValueChars)
          budget.spend((value.length - usualValueChars) * stepsPerCharBeyond)
      }
      for (const [property, value] of values) {
        if (property.startsWith('--') || !value.includes('var(')) continue
        budget.spend(stepsPerFunction)
        const substituted = substitute(value, customProperties, 0)
        if (substituted === undefined) {
          // Invalid at computed time: as if it were unset (Custom Properties §3.1).
          values.set(property, value === 'var(--unknown)' ? value : 'unset')
          if (value === 'var(--unknown)') isUnsure = true
        } else if (isValidValue(property, substituted, isQuirky)) values.set(property, substituted)
        else values.set(property, 'unset')
      }
      return {
        get: (property) => values.get(property),
        customProperties,
        isUnsure,
        generated,
        hasLineStyle,
      }
    },
  }
}

/** `all` is every property but these (Cascade 5 §3.2); what nothing was said of needs a word only where it is inherited. */
function resetAll(values: Map<string, string>, value: string): void {
  for (const property of [...values.keys(), ...inheritedProperties])
    if (!property.startsWith('--') && property !== 'direction') values.set(property, value)
}

function compareWeights({ weight: one }: Weighed, { weight: other }: Weighed): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2] || one[3] - other[3]
}

function toCustomProperties(
  values: ReadonlyMap<string, string>,
  inherited: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const own = [...values].filter(([property]) => property.startsWith('--'))
  return own.length === 0 ? inherited : new Map([...inherited, ...own])
}

/** Undefined: no such variable and no fallback, or too much of it. */
function substitute(
  value: string,
  variables: ReadonlyMap<string, string>,
  depth: number,
): string | undefined {
  if (depth > maxVariableDepth || value.length > maxValueChars) return undefined
  const at = value.indexOf('var(')
  if (at < 0) return value
  const close = closingBracket(value, at + 3)
  if (close < 0) return undefined
  const inside = value.slice(at + 4, close)
  const comma = inside.indexOf(',')
  const name = (comma < 0 ? inside : inside.slice(0, comma)).trim()
  const found = variables.get(name) ?? (comma < 0 ? undefined : inside.slice(comma + 1).trim())
  const inner = found === undefined ? undefined : substitute(found, variables, depth + 1)
  if (inner === undefined) return undefined
  return substitute(value.slice(0, at) + inner + value.slice(close + 1), variables, depth + 1)
}

function closingBracket(value: string, open: number): number {
  let depth = 0
  for (let at = open; at < value.length; at += 1) {
    if (value.charAt(at) === '(') depth += 1
    else if (value.charAt(at) === ')' && --depth === 0) return at
  }
  return -1
}
