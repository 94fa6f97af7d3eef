/**
 * Finds words in a text, with blanks of any kind and number between them. Takes linear time, however often the
 * words repeat themselves (Knuth, Morris and Pratt, over whole words): a draft may quote what somebody else wrote.
 */
export interface Place {
  readonly start: number
  readonly end: number
}

/** From left to right, none over another. `words`: at least one, each without blanks. */
export function findWords(text: string, words: readonly string[]): Place[] {
  const [first = '', ...rest] = words
  if (rest.length === 0) return findAll(text, first)
  const last = rest.at(-1) ?? ''
  const inner = rest.slice(0, -1)
  const tokens = [...text.matchAll(/\S+/g)].map((match) => ({ word: match[0], start: match.index }))
  const places: Place[] = []
  let from = 0
  for (const at of findRuns(tokens, inner)) {
    const [before, after] = [tokens[at - 1], tokens[at + inner.length]]
    if (before === undefined || after === undefined) continue
    if (!before.word.endsWith(first) || !after.word.startsWith(last)) continue
    const start = before.start + before.word.length - first.length
    if (start < from) continue
    from = after.start + last.length
    places.push({ start, end: from })
  }
  return places
}

function findAll(text: string, word: string): Place[] {
  const places: Place[] = []
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length))
    places.push({ start: at, end: at + word.length })
  return places
}

/** The tokens at which a run of these words begins; each, where the run is empty. */
function* findRuns(tokens: readonly { readonly word: string }[], run: readonly string[]): Generator<number> {
  if (run.length === 0) {
    yield* tokens.keys()
    return
  }
  const borders = toBorders(run)
  let matched = 0
  for (const [index, { word }] of tokens.entries()) {
    while (matched > 0 && run[matched] !== word) matched = borders[matched - 1] ?? 0
    if (run[matched] === word) matched += 1
    if (matched < run.length) continue
    yield index - run.length + 1
    matched = borders[matched - 1] ?? 0
  }
}

/** Of each beginning of the run, how long the longest one is that it also ends with. */
function toBorders(run: readonly string[]): number[] {
  const borders = [0]
  let length = 0
  for (let index = 1; index < run.length; index += 1) {
    while (length > 0 && run[index] !== run[length]) length = borders[length - 1] ?? 0
    if (run[index] === run[length]) length += 1
    borders.push(length)
  }
  return borders
}
