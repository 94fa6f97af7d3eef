/** The direction of a text: that of its first letter, as `dir="auto"` has it (HTML §3.2.6.4). */

export type Direction = 'ltr' | 'rtl'

/** Hebrew to Arabic Extended-A, their presentation forms, and what is written so beyond the first plane. */
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

export function directionOf(text: string): Direction | undefined {
  const letter = /\p{L}/u.exec(text)?.[0]
  if (letter === undefined) return undefined
  return rightToLeft.test(letter) ? 'rtl' : 'ltr'
}

export function hasRightToLeft(text: string): boolean {
  return rightToLeft.test(text)
}
