/** Pages, sheets and slides: which were asked for, how they are named in a mark. */
import { DocumentError, type DocumentText, type ReadingOrder, refusals } from './document.ts'

export type PartCount = NonNullable<DocumentText['parts']>

export function isAsked({ pages }: ReadingOrder, number: number): boolean {
  return pages === undefined || (number >= pages.from && number <= pages.to)
}

export function assertNoPages({ pages }: ReadingOrder): void {
  if (pages !== undefined) throw new DocumentError(refusals.noParts, { refusal: 'pages' })
}

/** A name that a sender chose, on the line of a mark. */
export function shorten(name: string): string {
  return name
    .replaceAll(/[\s\p{Cc}[\]]+/gu, ' ')
    .trim()
    .slice(0, 100)
}
