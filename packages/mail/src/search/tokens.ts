/**
 * A query cut into tokens, with the place of each. Typographic quotes, dashes and the full-width colon are read as what
 * the keyboard has: phones and models write them.
 */

export interface ValueToken {
  readonly type: 'word' | 'phrase'
  readonly value: string
  readonly at: number
}

/** `from:` with its value still to come, directly behind it or after a space. */
export interface NameToken {
  readonly type: 'name'
  readonly name: string
  readonly attached: boolean
  readonly at: number
}

export type Token =
  /** `{` is Gmail's parenthesis around alternatives. */
  { readonly type: '(' | '{' | ')' | 'OR' | 'AND' | 'NOT'; readonly at: number } | NameToken | ValueToken

const quotes = /[\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02]/g
const space = /\s/u
/** What ends a word. */
const special = /[\s"(){}]/u
const openers = new Set([' ', '(', '{', undefined])

export function toTokens(query: string): Token[] {
  // One character for one: places stay those of the original.
  const text = query.replace(quotes, '"').replace(/\uff1a/g, ':')
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const char = text.charAt(at)
    if (space.test(char)) {
      at++
    } else if (char === '"') {
      const end = text.indexOf('"', at + 1)
      const value = text
        .slice(at + 1, end < 0 ? undefined : end)
        .replace(/\s+/gu, ' ')
        .trim()
      tokens.push({ type: 'phrase', value, at })
      at = end < 0 ? text.length : end + 1
    } else if (char === '(' || char === '{') {
      tokens.push({ type: char, at })
      at++
    } else if (char === ')' || char === '}') {
      tokens.push({ type: ')', at })
      at++
    } else if (isMinus(char) && startsTerm(text, at)) {
      tokens.push({ type: 'NOT', at })
      at++
    } else {
      at = pushWord(tokens, text, at)
    }
  }
  return tokens
}

/** Hyphen, minus and the dashes that typing programs make of them. */
function isMinus(char: string): boolean {
  return '-\u2010\u2011\u2012\u2013\u2014\u2212'.includes(char)
}

/** A minus means "not" in front of a term, nowhere else: `well-known`, `a - b`. */
function startsTerm(text: string, at: number): boolean {
  const before = at === 0 ? undefined : text.charAt(at - 1)
  const after = text.charAt(at + 1)
  return (
    openers.has(before === undefined || !space.test(before) ? before : ' ') &&
    after !== '' &&
    !space.test(after) &&
    !isMinus(after) &&
    after !== ')'
  )
}

function pushWord(tokens: Token[], text: string, start: number): number {
  let end = start
  while (end < text.length && !special.test(text.charAt(end))) end++
  const word = text.slice(start, end)
  const before = tokens.at(-1)
  // `subject:Re:` has the value `Re:`.
  const isValue = before?.type === 'name' && before.attached && before.at + before.name.length + 1 === start
  if (isValue) {
    tokens.push({ type: 'word', value: word, at: start })
    return end
  }
  const [, name] = /^([A-Za-z][A-Za-z0-9_-]{0,19}):(?!\/\/)/.exec(word) ?? []
  if (name !== undefined) {
    const next = start + name.length + 1
    tokens.push({
      type: 'name',
      name,
      attached: next < text.length && !space.test(text.charAt(next)),
      at: start,
    })
    return next
  }
  if (word === 'OR' || word === '|' || word === '||') tokens.push({ type: 'OR', at: start })
  else if (word === 'AND' || word === '&&') tokens.push({ type: 'AND', at: start })
  else if (word === 'NOT') tokens.push({ type: 'NOT', at: start })
  // A dash, an ampersand or a smiley between words is nothing to look for.
  else if (!/^[!-/:-@[-`{-~]+$/.test(word)) tokens.push({ type: 'word', value: word, at: start })
  return end
}
