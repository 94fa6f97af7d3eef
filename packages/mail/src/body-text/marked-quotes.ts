/**
 * The marks between what an email says itself and what it repeats, and the email taken apart at them. They are characters
 * that no email can hold by the time they are set, and none leaves this package.
 */

const kinds = ['own', 'signature', 'quote', 'answered', 'forward'] as const

/** `answered`: a quote that the writer pointed at, with answers between its lines. */
export type SegmentKind = (typeof kinds)[number]

export interface Segment {
  readonly kind: SegmentKind
  readonly lines: readonly string[]
}

const first = 0xe000

export const quoteMarks = {
  own: String.fromCharCode(first),
  signature: String.fromCharCode(first + 1),
  quote: String.fromCharCode(first + 2),
  answered: String.fromCharCode(first + 3),
  forward: String.fromCharCode(first + 4),
} as const

export function withoutQuoteMarks(line: string): string {
  return line.replaceAll(/[\uE000-\uE004]/g, '')
}

export function toSegments(text: string): Segment[] {
  const segments: { kind: SegmentKind; lines: string[] }[] = [{ kind: 'own', lines: [] }]
  for (const line of text.split('\n')) {
    const kind = line.length === 1 ? kinds[line.charCodeAt(0) - first] : undefined
    if (kind === undefined) segments.at(-1)?.lines.push(withoutQuoteMarks(line))
    else segments.push({ kind, lines: [] })
  }
  return segments.filter(({ lines }) => lines.some((line) => /\S/.test(line)))
}
