/**
 * Which blocks run from right to left: those whose first letter does, each said where it differs from what is around
 * it, so that a Latin mail says nothing. `auto` would stop at a block in a block, and not every program knows it.
 */
import type { StateCore as CoreState, MarkdownIt, Token } from 'markdown-it'
import { type Direction, directionOf } from '../body-text/direction.ts'

export function mailDirections(parser: MarkdownIt): void {
  parser.core.ruler.push('direction', setDirections)
}

interface Open {
  readonly token: Token
  direction?: Direction
}

function setDirections({ tokens }: CoreState): void {
  const open: Open[] = []
  for (const token of tokens) {
    if (token.nesting > 0) open.push({ token })
    else if (token.nesting < 0) open.pop()
    else if (token.type === 'inline') setDirection(open, directionOf(wordsOf(token)))
  }
}

/** Of those around these words that had none yet; `info` has it for a cell, which says where its words begin. */
function setDirection(open: readonly Open[], direction: Direction | undefined): void {
  if (direction === undefined) return
  let around: Direction = 'ltr'
  for (const one of open) {
    if (one.direction === undefined) {
      one.direction = direction
      if (direction !== around) one.token.attrSet('dir', direction)
      if (/^t[dh]$/.test(one.token.tag)) one.token.info = direction
    }
    around = one.direction
  }
}

function wordsOf({ children }: Token): string {
  return (children ?? []).map(({ content }) => content).join(' ')
}
