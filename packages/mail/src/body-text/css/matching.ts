/**
 * Which rules reach an element. Selectors are matched by css-select, whose time a hostile sheet can drive up by the
 * square: each look at the tree is a step of the mail's budget, and the last one throws.
 */
import { _compileUnsafe as compileSelector } from 'css-select'
import { attributeOf, childrenOf, isElement, isText, type TreeElement, type TreeNode } from '../html-tree.ts'
import type { Budget } from './budget.ts'
import type { StyleRule } from './stylesheet.ts'

export interface RuleMatcher {
  /** In no order. Throws `OutOfBudget`. */
  rulesFor(element: TreeElement): StyleRule[]
  /** A selector is not understood, and its rule might hide. */
  readonly isIncomplete: boolean
}

/** States a mail is not in when it is opened, and what no browser has. */
const neverTrue =
  /:(?:hover|focus|focus-within|focus-visible|active|visited|target|target-within|autofill|-webkit-autofill|fullscreen|modal|popover-open|-moz-[a-z-]+|-ms-[a-z-]+)(?![\w-])/i

/** A mail program puts the head of a mail among its own elements: what is beside a style sheet there is not known. */
const besideCode = /(?:^|[\s,(>+~])(?:style|link|script|meta|title|base)(?![\w-])[^,\s]*\s*[~+]/i

interface Candidate {
  readonly rule: StyleRule
  matches(element: TreeElement): boolean
}

export function createRuleMatcher(
  rules: readonly StyleRule[],
  isQuirky: boolean,
  budget: Budget,
): RuleMatcher {
  let isIncomplete = false
  const step = () => budget.spend(1)
  const adapter = createAdapter(step)
  const options = { adapter, quirksMode: isQuirky, cacheResults: false, pseudos }
  const byKey = new Map<string, Candidate[]>()

  for (const rule of rules) {
    const selector = neverTrue.test(rule.selector) ? withoutStates(rule.selector) : rule.selector
    if (selector === undefined) continue
    if (besideCode.test(selector)) isIncomplete = true
    const matches = compile(selector)
    if (matches === undefined) continue
    const key = keyOf(selector, isQuirky)
    const others = byKey.get(key)
    if (others === undefined) byKey.set(key, [{ rule, matches }])
    else others.push({ rule, matches })
  }

  function compile(selector: string): ((element: TreeElement) => boolean) | undefined {
    if (hasUnknownPseudo(selector)) return undefined
    try {
      return compileSelector<TreeNode, TreeElement>(selector, options)
    } catch {
      // A selector that no browser understands makes its rule void; one that only we do not is looked at as unsure.
      if (/::|:(?:host|part|slotted|cue)/.test(selector)) return undefined
      isIncomplete = true
      return undefined
    }
  }

  return {
    isIncomplete,
    rulesFor(element) {
      const found: StyleRule[] = []
      for (const key of keysOf(element, isQuirky)) {
        for (const { rule, matches } of byKey.get(key) ?? []) {
          budget.spend(2)
          if (!matches(element)) continue
          budget.spend(rule.declarations.length * 8)
          found.push(rule)
        }
      }
      return found
    },
  }
}

/** Of Selectors 4 and what browsers add: a rule with any other pseudo-class is void in all of them. */
const knownPseudos = new Set(
  'active any-link autofill blank buffering checked closed corner-present current default defined dir disabled double-button empty enabled end first first-child first-of-type focus focus-visible focus-within fullscreen future has has-slotted horizontal host host-context hover in-range indeterminate increment decrement invalid is lang last-child last-of-type left link local-link modal muted no-button not nth-child nth-last-child nth-last-of-type nth-of-type only-child only-of-type open optional out-of-range past paused picture-in-picture placeholder-shown playing popover-open read-only read-write required right root scope seeking single-button stalled start state target target-current target-within user-invalid user-valid valid vertical visited volume-locked where window-inactive xr-overlay before after first-line first-letter'.split(
    ' ',
  ),
)

function hasUnknownPseudo(selector: string): boolean {
  const names = selector.replaceAll(/"[^"]*"|'[^']*'|\\./g, '').matchAll(/:([a-z-]+)/gi)
  return [...names].some(([, name = '']) => !name.startsWith('-') && !knownPseudos.has(name.toLowerCase()))
}

/** `:link` is every link: none was visited. */
const pseudos = {
  link: (element: TreeElement) => element.tagName === 'a' && attributeOf(element, 'href') !== undefined,
  'any-link': (element: TreeElement) => element.tagName === 'a' && attributeOf(element, 'href') !== undefined,
  '-webkit-any-link': (element: TreeElement) =>
    element.tagName === 'a' && attributeOf(element, 'href') !== undefined,
  defined: (element: TreeElement) => !element.tagName.includes('-'),
  root: (element: TreeElement) => element.tagName === 'html',
  scope: (element: TreeElement) => element.tagName === 'html',
}

/** Inside `:not()` a state that is false is true; elsewhere the rule does not apply. Undefined: never. */
function withoutStates(selector: string): string | undefined {
  const denied = selector.replace(/:not\(\s*:[a-z-]+\s*\)/gi, (found) => (neverTrue.test(found) ? '' : found))
  return neverTrue.test(denied) ? undefined : denied.trim() === '' ? '*' : denied
}

/** The id, class or name that an element must have to be reached: few rules are tried at each. */
function keyOf(selector: string, isQuirky: boolean): string {
  const last = /[^\s>+~]*$/.exec(selector.replaceAll(/\([^()]*\)|\[[^\]]*\]/g, ''))?.[0] ?? ''
  if (/[():[\]\\&]/.test(last.replace(/:[a-z-]+/gi, ''))) return '*'
  const id = /#([\w-]+)/.exec(last)?.[1]
  if (id !== undefined) return `#${isQuirky ? id.toLowerCase() : id}`
  const name = /\.([\w-]+)/.exec(last)?.[1]
  if (name !== undefined) return `.${isQuirky ? name.toLowerCase() : name}`
  const tag = /^[a-z][a-z0-9]*(?=$|[.#:])/i.exec(last)?.[0]
  return tag === undefined ? '*' : tag.toLowerCase()
}

function keysOf(element: TreeElement, isQuirky: boolean): string[] {
  const fold = (value: string) => (isQuirky ? value.toLowerCase() : value)
  const id = attributeOf(element, 'id')
  const classes = new Set((attributeOf(element, 'class') ?? '').split(/\s+/).slice(0, maxClasses).map(fold))
  return [
    '*',
    element.tagName.toLowerCase(),
    ...[...classes].map((name) => `.${name}`),
    ...(id === undefined ? [] : [`#${fold(id)}`]),
  ]
}

const maxClasses = 200

function createAdapter(step: () => void) {
  const parentOf = (node: TreeNode): TreeNode | null => ('parentNode' in node ? node.parentNode : null)
  const siblingsOf = (node: TreeNode): TreeNode[] => {
    step()
    const parent = parentOf(node)
    return parent === null ? [node] : [...childrenOf(parent)]
  }
  return {
    isTag: (node: TreeNode): node is TreeElement => isElement(node),
    getAttributeValue: (element: TreeElement, name: string) => {
      step()
      return attributeOf(element, name)
    },
    hasAttrib: (element: TreeElement, name: string) => {
      step()
      return attributeOf(element, name) !== undefined
    },
    getChildren: (node: TreeNode): TreeNode[] => {
      step()
      return [...childrenOf(node)]
    },
    getName: (element: TreeElement) => {
      step()
      return element.tagName
    },
    getParent: (element: TreeElement) => {
      step()
      return parentOf(element)
    },
    getSiblings: (node: TreeNode): TreeNode[] => {
      const siblings = siblingsOf(node)
      for (let at = 0; at < siblings.length; at += 16) step()
      return siblings
    },
    getText: (node: TreeNode): string =>
      isText(node) ? node.value : childrenOf(node).length === 0 ? '' : ' ',
    removeSubsets: (nodes: TreeNode[]) => nodes,
    equals: (one: TreeNode, other: TreeNode) => one === other,
  }
}
