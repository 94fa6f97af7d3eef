/**
 * The style sheets of a mail as rules in the order of the cascade: nesting, layers and conditions resolved. What is not
 * understood leaves a trace (`isComplete`), since it might hide something or show it again.
 */
import type { Atrule, Block, CssNode, Rule } from 'css-tree'
import { createBudget, OutOfBudget } from './budget.ts'
import { parseCss, toCss } from './css-tree.ts'
import { type StyleDeclaration, toDeclarations } from './declarations.ts'
import { allOf, type Condition, childrenOf, evaluateMedia, evaluateSupports } from './media.ts'

export interface StyleRule {
  /** One complex selector, without pseudo-element. */
  readonly selector: string
  readonly pseudoElement: string | undefined
  readonly specificity: number
  readonly declarations: readonly StyleDeclaration[]
  /** `unsure`: the rule may not apply at all. */
  readonly condition: 'holds' | 'unsure'
  /** Rules of a layer lose to those of a later one, and to those of none; important ones win instead. */
  readonly layer: number
}

export interface Stylesheet {
  readonly rules: readonly StyleRule[]
  /** The properties that some animation changes, by its name. */
  readonly keyframes: ReadonlySet<string>
  readonly isComplete: boolean
}

/** A newsletter has a few hundred. */
const maxRules = 2_000
const maxSelectorChars = 1_000
/** Gmail reads 16 kB, the largest of 1,570 mails has 90 kB. */
const maxChars = 200_000
const maxNesting = 40
export const noLayer = 1_000_000

export function parseStylesheet(whole: string, isQuirky: boolean): Stylesheet {
  const source = whole.length <= maxChars ? whole : whole.slice(0, whole.lastIndexOf('}', maxChars) + 1)
  const rules: StyleRule[] = []
  const keyframes = new Set<string>()
  const layers = new Map<string, number>()
  let isComplete = source === whole
  if (nestingOf(source) > maxNesting) return { rules, keyframes, isComplete: false }

  const budget = createBudget()
  try {
    collect(childrenOf(parseCss(source, 'stylesheet', budget)), {
      parent: undefined,
      condition: 'holds',
      layer: noLayer,
    })
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error
    isComplete = false
  }
  return { rules, keyframes, isComplete }

  interface Surroundings {
    readonly parent: string | undefined
    readonly condition: 'holds' | 'unsure'
    readonly layer: number
  }

  function collect(nodes: readonly CssNode[], around: Surroundings): void {
    for (const node of nodes) {
      if (rules.length >= maxRules) {
        isComplete = false
        return
      }
      if (node.type === 'Rule') collectRule(node, around)
      else if (node.type === 'Atrule') collectAtrule(node, around)
      // Rules behind the declarations of a block come unparsed.
      else if (node.type === 'Raw' && around.parent !== undefined && node.value.includes('{')) {
        collect(childrenOf(parseCss(node.value, 'stylesheet', budget)), around)
      }
    }
  }

  function collectRule({ prelude, block }: Rule, around: Surroundings): void {
    const selectors = prelude.type === 'SelectorList' ? childrenOf(prelude) : []
    const own = selectors.map((selector) => toCss(selector)).filter((text) => text.length <= maxSelectorChars)
    if (own.length < selectors.length) isComplete = false
    const nested = own.map((text) => withParent(text, around.parent))
    addRules(nested, selectors, block, around)
    const parent = nested.length === 1 ? nested[0] : `:is(${nested.join(',')})`
    if (parent !== undefined && parent.length <= maxSelectorChars && hasRules(block)) {
      collect(childrenOf(block), { ...around, parent })
    }
  }

  function addRules(
    texts: readonly string[],
    nodes: readonly CssNode[],
    block: Block,
    around: Surroundings,
  ): void {
    const declarations = toDeclarations(block, isQuirky)
    if (declarations.length === 0) return
    const { condition, layer } = around
    for (const [index, text] of texts.entries()) {
      const pseudoElement =
        /::?(before|after|first-line|first-letter|placeholder|marker|selection|backdrop|-[a-z-]+)$/i.exec(
          text,
        )
      const node = nodes[index]
      if (node === undefined) continue
      rules.push({
        selector: pseudoElement === null ? text : text.slice(0, pseudoElement.index) || '*',
        pseudoElement: pseudoElement?.[1]?.toLowerCase(),
        specificity: specificityOf(node) + (around.parent === undefined ? 0 : 100),
        declarations,
        condition,
        layer,
      })
    }
  }

  /** What browsers do not know they leave out (CSS Syntax 3 §9), and so do we. */
  function collectAtrule({ name, prelude, block }: Atrule, around: Surroundings): void {
    const within = (condition: Condition, layer = around.layer) => {
      const whole = allOf([around.condition, condition])
      if (whole !== 'fails' && block !== null) collectBlock(block, { ...around, condition: whole, layer })
    }
    const rule = name.toLowerCase()
    if (rule === 'media') within(evaluateMedia(prelude))
    else if (rule === 'supports') within(evaluateSupports(prelude))
    else if (rule === 'container' || rule === 'starting-style') within('unsure')
    else if (rule === 'scope') collectScope(prelude, block, around)
    else if (rule === 'layer') {
      const names = prelude === null ? [''] : toCss(prelude).split(',')
      const order = names.map((one) => layerOf(one.trim()))
      within('holds', order[0])
    } else if (/^(?:-webkit-)?keyframes$/.test(rule) && prelude !== null && block !== null)
      addKeyframes(toCss(prelude), block)
  }

  /** A block inside a rule may hold declarations of its own (CSS Nesting §3). */
  function collectBlock(block: Block, around: Surroundings): void {
    if (around.parent !== undefined) addRules([around.parent], [block], block, around)
    collect(childrenOf(block), around)
  }

  function collectScope(prelude: Atrule['prelude'], block: Block | null, around: Surroundings): void {
    if (block === null) return
    const scope = prelude && childrenOf(prelude).find(({ type }) => type === ('Scope' as string))
    const { root, limit } = (scope ?? {}) as { root?: CssNode | null; limit?: CssNode | null }
    if (!root || limit) {
      collectBlock(block, { ...around, condition: 'unsure' })
      return
    }
    for (const node of childrenOf(block)) {
      if (node.type !== 'Rule' || node.prelude.type !== 'SelectorList') continue
      const selectors = childrenOf(node.prelude)
      const texts = selectors.map((selector) => {
        const text = toCss(selector)
        return text.includes(':scope')
          ? text.replaceAll(':scope', `:is(${toCss(root)})`)
          : `:is(${toCss(root)}) ${text}`
      })
      addRules(texts, selectors, node.block, around)
    }
  }

  function layerOf(name: string): number {
    const known = layers.get(name)
    if (known !== undefined && name !== '') return known
    layers.set(name, layers.size)
    return layers.size - 1
  }

  function addKeyframes(name: string, block: Block): void {
    const changes = childrenOf(block).some(
      (frame) => frame.type === 'Rule' && toDeclarations(frame.block, isQuirky).length > 0,
    )
    if (changes) keyframes.add(name.toLowerCase())
  }
}

function hasRules(block: Block): boolean {
  return childrenOf(block).some(
    (node) =>
      node.type === 'Rule' || node.type === 'Atrule' || (node.type === 'Raw' && node.value.includes('{')),
  )
}

function withParent(selector: string, parent: string | undefined): string {
  if (parent === undefined) return selector.replaceAll('&', ':root')
  return selector.includes('&')
    ? selector.replaceAll('&', `:is(${parent})`)
    : `:is(${parent}) ${selector.replace(/^(?=[>+~])/, '')}`
}

/** Selectors 4 §17, as one number: ids, then classes, attributes and pseudo-classes, then names. */
function specificityOf(node: CssNode): number {
  switch (node.type) {
    case 'IdSelector':
      return 10_000
    case 'ClassSelector':
    case 'AttributeSelector':
      return 100
    case 'TypeSelector':
      return node.name.endsWith('*') ? 0 : 1
    case 'PseudoElementSelector':
      return 1
    case 'PseudoClassSelector': {
      const name = node.name.toLowerCase()
      const inside = node.children ? [...node.children].map((child) => maxSpecificity(child)) : []
      const most = Math.max(0, ...inside)
      if (name === 'where') return 0
      if (/^(?:is|not|has|matches|-webkit-any)$/.test(name)) return most
      return 100 + (name.startsWith('nth-') ? 0 : most)
    }
    case 'Selector':
      return [...node.children].reduce((sum, child) => sum + specificityOf(child), 0)
    default:
      return 0
  }
}

function maxSpecificity(node: CssNode): number {
  return node.type === 'SelectorList'
    ? Math.max(0, ...[...node.children].map(specificityOf))
    : specificityOf(node)
}

/** The deepest bracket: the parser calls itself for each. A bracket in a string is closed by the end of its declaration. */
function nestingOf(source: string): number {
  let blocks = 0
  let brackets = 0
  let most = 0
  for (const char of source) {
    if (char === '{') blocks += 1
    else if (char === '}') blocks = Math.max(0, blocks - 1)
    else if (char === '(' || char === '[') brackets += 1
    else if (char === ')' || char === ']') brackets = Math.max(0, brackets - 1)
    if (char === '{' || char === '}' || char === ';') brackets = 0
    most = Math.max(most, blocks + brackets)
  }
  return most
}
