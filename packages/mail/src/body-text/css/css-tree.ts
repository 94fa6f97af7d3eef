/** The CSS parser, by its own entry: the whole package would bring a dictionary of every property with it. */
import type { CssNode } from 'css-tree'
// @ts-expect-error The entry has no types of its own; they are those of `css-tree`.
import generate from 'css-tree/generator'
// @ts-expect-error The same.
import parse from 'css-tree/parser'
import type { Budget } from './budget.ts'

/** The parser splits the whole source into lines for the message of each of its errors, which nobody reads. */
const stepsPerError = 100
const charsPerStep = 80

/**
 * What is no CSS is left out or becomes `Raw`, as a browser skips it. Values stay as they were written. Throws
 * `OutOfBudget` where that is nearly all of it.
 */
export function parseCss(source: string, context: 'stylesheet' | 'declarationList', budget: Budget): CssNode {
  const onParseError = () => budget.spend(stepsPerError + source.length / charsPerStep)
  return parse(source, { context, parseValue: false, parseCustomProperty: false, onParseError })
}

/** Undefined: it is none. */
export function parseMediaQuery(query: string): CssNode | undefined {
  try {
    return parse(query, { context: 'mediaQueryList' })
  } catch {
    return undefined
  }
}

export function toCss(node: CssNode): string {
  return generate(node)
}
