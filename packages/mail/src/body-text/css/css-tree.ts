/** The CSS parser, by its own entry: the whole package would bring a dictionary of every property with it. */
import type { CssNode } from 'css-tree'
// @ts-expect-error The entry has no types of its own; they are those of `css-tree`.
import generate from 'css-tree/generator'
// @ts-expect-error The same.
import parse from 'css-tree/parser'

export type CssContext = 'stylesheet' | 'declarationList' | 'block' | 'selectorList' | 'mediaQueryList'

/** Never throws: what is no CSS is left out or becomes `Raw`, as a browser skips it. Values stay as they were written. */
export function parseCss(source: string, context: CssContext): CssNode {
  return parse(source, { context, parseValue: false, parseCustomProperty: false })
}

export function toCss(node: CssNode): string {
  return generate(node)
}
