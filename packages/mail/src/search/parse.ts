/**
 * The search language: words, "phrases", -not, OR, ( ), and operators such as from: and is:unread. The same on every
 * server. Never throws: what cannot be meant is a fault with its place, what was understood in another way a warning.
 *
 *   all    = any*                      every one must be met
 *   any    = unary ("OR" unary)*       OR binds tighter than a space, as in Gmail
 *   unary  = "-" unary | "(" all ")" | operator (value | "(" all ")") | value
 */
import { nearestOperator, type Operator, operatorOf } from './operators.ts'
import { allOf, anyOf, notOf, type Query } from './query.ts'
import { type NameToken, type Token, toTokens, type ValueToken } from './tokens.ts'

/** Something to say about one place of a query. */
export interface Note {
  /** Of the query's characters, from 1. */
  readonly position: number
  readonly text: string
}

export interface ParsedQuery {
  /** Absent where nothing was asked: every email matches. */
  readonly query?: Query
  readonly warnings: readonly Note[]
  /** With one of them the query must not be run. */
  readonly faults: readonly Note[]
}

/** A query of a person has a line; a list of addresses made by a program has its place in several calls. */
export const maxQueryChars = 2_000
const maxTerms = 100
const maxDepth = 20

/** `today`: YYYY-MM-DD in the owner's time zone. */
export function parseQuery(text: string, today: string): ParsedQuery {
  if (text.length > maxQueryChars) {
    return {
      warnings: [],
      faults: [{ position: maxQueryChars + 1, text: `is longer than ${maxQueryChars} characters` }],
    }
  }
  const parser = new Parser(toTokens(text.normalize('NFC')), today)
  return parser.run()
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #today: string
  readonly #warnings: Note[] = []
  readonly #faults: Note[] = []
  #at = 0
  #terms = 0

  constructor(tokens: readonly Token[], today: string) {
    this.#tokens = tokens
    this.#today = today
  }

  run(): ParsedQuery {
    const parts: (Query | undefined)[] = []
    while (this.#at < this.#tokens.length && this.#faults.length === 0) {
      parts.push(...this.#parts(undefined, 0))
      const stray = this.#tokens[this.#at]
      if (stray === undefined) break
      this.#warn(stray, 'a closing parenthesis without its opening one was left out')
      this.#at++
    }
    const query = allOf(parts)
    const notes = { warnings: this.#warnings, faults: this.#faults }
    return query === undefined || this.#faults.length > 0 ? notes : { query, ...notes }
  }

  #parts(operator: Operator | undefined, depth: number): (Query | undefined)[] {
    const parts: (Query | undefined)[] = []
    for (;;) {
      const token = this.#tokens[this.#at]
      if (token === undefined || token.type === ')' || this.#faults.length > 0) return parts
      parts.push(this.#any(operator, depth))
    }
  }

  #any(operator: Operator | undefined, depth: number): Query | undefined {
    const parts = [this.#unary(operator, depth)]
    while (this.#tokens[this.#at]?.type === 'OR') {
      const or = this.#tokens[this.#at]
      this.#at++
      const next = this.#tokens[this.#at]
      if (next === undefined || next.type === ')') {
        if (or !== undefined) this.#warn(or, 'OR with nothing behind it was left out')
        break
      }
      parts.push(this.#unary(operator, depth))
    }
    return anyOf(parts)
  }

  #unary(operator: Operator | undefined, depth: number): Query | undefined {
    const token = this.#tokens[this.#at]
    if (token === undefined || token.type === ')') return undefined
    if (depth > maxDepth) return this.#fault(token, `is nested deeper than ${maxDepth} levels`)
    this.#at++
    switch (token.type) {
      case 'NOT':
        return notOf(this.#unary(operator, depth + 1))
      case '(':
      case '{':
        return this.#group(token, operator, depth)
      case 'AND':
        return undefined
      case 'OR':
        this.#warn(token, 'OR with nothing before it was left out')
        return undefined
      case 'name':
        return this.#named(token, operator, depth)
      case 'word':
        if (token.value.toLowerCase() === 'or' && this.#isBetween(operator))
          this.#warn(token, `${token.value} was searched as a word; OR in capitals means either`)
        return this.#value(token, operator)
      case 'phrase':
        return this.#value(token, operator)
    }
  }

  #group(open: Token, operator: Operator | undefined, depth: number): Query | undefined {
    const query = (open.type === '{' ? anyOf : allOf)(this.#parts(operator, depth + 1))
    if (this.#tokens[this.#at]?.type === ')') this.#at++
    else if (this.#faults.length === 0) this.#warn(open, 'an opening parenthesis was closed at the end')
    return query
  }

  #named(token: NameToken, outer: Operator | undefined, depth: number): Query | undefined {
    const operator = operatorOf(token.name)
    if (operator === undefined) {
      // "Re: invoice" and "note: x" are words of a subject; "sender:ann" was meant as an operator.
      if (token.attached) {
        this.#warn(
          token,
          `${token.name}: is no operator and was searched as a word; the nearest is ${nearestOperator(token.name)}:`,
        )
      }
      return this.#value({ type: 'word', value: token.name, at: token.at }, outer)
    }
    const next = this.#tokens[this.#at]
    if (next?.type === '(' || next?.type === '{') {
      this.#at++
      return this.#group(next, operator, depth)
    }
    const value = toValue(next)
    if (value === undefined) return this.#fault(token, `${operator.name}: has no value`)
    this.#at++
    const named = operator.isAddress ? this.#nameWithAddress(value) : undefined
    return this.#value(named ?? value, operator)
  }

  /** `Ann Lee <ann@reef.example>`, written without quotes: the address alone says who. */
  #nameWithAddress(first: ValueToken): ValueToken | undefined {
    for (let ahead = 0; ahead < 6; ahead++) {
      const token = ahead === 0 ? first : this.#tokens[this.#at + ahead - 1]
      if (token?.type !== 'word' && token?.type !== 'phrase') return undefined
      const [, address] = /^<([^<>\s]+@[^<>\s]+)>[,;]?$/.exec(token.value) ?? []
      if (address === undefined) continue
      this.#at += ahead
      return { type: 'word', value: address, at: first.at }
    }
    return undefined
  }

  /** The word that was just read stands between two terms, and each of them has an operator. */
  #isBetween(operator: Operator | undefined): boolean {
    const [name, before, after] = [-3, -2, 0].map((offset) => this.#tokens[this.#at + offset])
    if (before === undefined || after === undefined || after.type === ')') return false
    if (operator !== undefined) return before.type !== '(' && before.type !== '{'
    return isOperator(after) && (before.type === ')' || isOperator(name))
  }

  #value(token: ValueToken, operator: Operator | undefined): Query | undefined {
    const isPattern = token.type === 'word' && (operator === undefined || operator.isPart === true)
    const value = isPattern ? withoutStars(token.value) || (operator?.any ?? '') : token.value
    if (value === '') {
      return operator === undefined ? undefined : this.#fault(token, `${operator.name}: has no value`)
    }
    if (++this.#terms > maxTerms) return this.#fault(token, `has more than ${maxTerms} words`)
    if (operator === undefined) return { kind: 'text', in: 'any', value }
    const reading = operator.read(operator.isAddress ? addressIn(value) : value, this.#today)
    return 'query' in reading ? reading.query : this.#fault(token, reading.fault)
  }

  #warn(token: Token, text: string): void {
    // A query of brackets alone needs no list of them.
    if (this.#warnings.length < 5) this.#warnings.push({ position: token.at + 1, text })
  }

  #fault(token: Token, text: string): undefined {
    this.#faults.push({ position: token.at + 1, text })
    return undefined
  }
}

function isOperator(token: Token | undefined): boolean {
  return token?.type === 'name' && operatorOf(token.name) !== undefined
}

/** `subject: Re: invoice`: a name that is no operator is a word. */
function toValue(token: Token | undefined): ValueToken | undefined {
  if (token?.type === 'word' || token?.type === 'phrase') return token
  if (token?.type !== 'name' || isOperator(token)) return undefined
  return { type: 'word', value: token.name, at: token.at }
}

/** `inv*` and `*.pdf`: what they find is found without the stars. */
export function withoutStars(word: string): string {
  let [start, end] = [0, word.length]
  while (word.charAt(start) === '*') start++
  while (end > start && word.charAt(end - 1) === '*') end--
  return word.slice(start, end)
}

/** The address of `Ann Lee <ann@reef.example>` or `mailto:ann@reef.example`, else the value itself. */
export function addressIn(value: string): string {
  const [, address] = /<([^<>\s]+@[^<>\s]+)>\s*$/.exec(value) ?? []
  return address ?? value.replace(/^mailto:/i, '').replace(/^<([^<>]*)>$/, '$1')
}
