/**
 * Cuts a list of recipients at its commas and semicolons (RFC 5322 §3.4), outside quotes and comments. The label of a
 * group is not an address and is left out; its members are what the list means.
 */

export interface Segment {
  readonly text: string
  /** What ended it; empty at the end of the list. */
  readonly separator: ',' | ';' | ''
  /** The label before it, where no semicolon ever closed the group. */
  readonly group?: string
}

/** Undefined where a quotation mark is not closed. Blank segments are left out. */
export function splitList(list: string): Segment[] | undefined {
  const segments: Segment[] = []
  const hasComments = isBalanced(list)
  let start = 0
  let quoted = false
  let depth = 0
  let bracket = false
  let holdsAddress = false
  let label: string | undefined
  let labelled = -1

  const end = (at: number, separator: Segment['separator']) => {
    const text = list.slice(start, at).trim()
    start = at + 1
    holdsAddress = false
    if (label !== undefined && labelled < 0) labelled = segments.length
    if (text !== '') segments.push({ text, separator })
    if (separator !== ';') return
    label = undefined
    labelled = -1
  }

  for (let at = 0; at < list.length; at += 1) {
    const character = list[at]
    if (quoted && character === '\\') at += 1
    else if (character === '"') quoted = !quoted
    else if (quoted) continue
    else if (character === '(' && hasComments) depth += 1
    else if (character === ')' && hasComments) depth -= 1
    else if (depth > 0) continue
    else if (character === '<' || character === '>') bracket = character === '<'
    else if (character === ',' || character === ';') {
      bracket = false
      end(at, character)
    } else if (character === ':' && !bracket && label === undefined) {
      const before = holdsAddress ? '' : list.slice(start, at).replaceAll('"', '').trim()
      if (holdsAddress || before.toLowerCase() === 'mailto') continue
      label = before
      start = at + 1
    }
    if (character === '@' || character === '<') holdsAddress = true
  }
  if (quoted) return undefined
  end(list.length, '')
  const open = label === undefined ? undefined : segments[labelled]
  if (open === undefined || label === undefined || label === '') return segments
  return segments.map((one) => (one === open ? { ...one, group: label as string } : one))
}

function isBalanced(list: string): boolean {
  let depth = 0
  for (const character of list) {
    if (character === '(') depth += 1
    if (character === ')') depth -= 1
    if (depth < 0) return false
  }
  return depth === 0
}
