/** What a differential run comes to, family by family. */
import type { Comparison } from './compare.ts'

export const families = ['real', 'MJML', 'react-email', 'own'] as const
export type Family = (typeof families)[number]

export interface FamilyReading {
  readonly mails: number
  /** That a person sees. */
  readonly words: number
  readonly missing: number
  /** Mails with visible words and no text. */
  readonly empty: number
  /** Words that a person does not see, in a text that does not say so. */
  readonly leaked: number
  /** Words under something that the layout puts over them: no renderer without a layout knows. */
  readonly covered: number
  /** Mails whose text says that some of it may be hidden. */
  readonly marked: number
  /** The text's octets to those of the HTML, the median mail's. */
  readonly share: number
  /** The same of what a person sees, and nothing but that: the words with one space between them. */
  readonly seenShare: number
}

/** Of each family, and of all emails together. */
export type Reading = Readonly<Record<Family | 'all', FamilyReading>>

export interface ReadMail extends Comparison {
  readonly name: string
  readonly family: Family
  readonly isMarked: boolean
  readonly share: number
  readonly seenShare: number
}

export function toReading(read: readonly ReadMail[]): Reading {
  const of = (mails: readonly ReadMail[]): FamilyReading => {
    const sum = (number: (mail: ReadMail) => number) => mails.reduce((total, mail) => total + number(mail), 0)
    const median = (number: (mail: ReadMail) => number) => {
      const sorted = mails.map(number).sort((a, b) => a - b)
      return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 1_000) / 1_000
    }
    return {
      mails: mails.length,
      words: sum(({ words }) => words),
      missing: sum(({ missing }) => missing.length),
      empty: sum(({ isEmpty }) => Number(isEmpty)),
      leaked: sum(({ leaked, isMarked }) => (isMarked ? 0 : leaked.length)),
      covered: sum(({ covered }) => covered),
      marked: sum(({ isMarked }) => Number(isMarked)),
      share: median(({ share }) => share),
      seenShare: median(({ seenShare }) => seenShare),
    }
  }
  const named = families.map((family) => [family, of(read.filter((one) => one.family === family))])
  return { ...(Object.fromEntries(named) as Record<Family, FamilyReading>), all: of(read) }
}

export function recallOf({ words, missing }: Pick<FamilyReading, 'words' | 'missing'>): number {
  return words === 0 ? 1 : 1 - missing / words
}
