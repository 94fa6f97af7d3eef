/** The mark in front of an item of a list: `3.`, `c.`, `iii.`, as its style says (CSS Counter Styles 3 §6). */

const roman: readonly (readonly [number, string])[] = [
  ...([
    [1000, 'm'],
    [900, 'cm'],
    [500, 'd'],
    [400, 'cd'],
    [100, 'c'],
    [90, 'xc'],
    [50, 'l'],
    [40, 'xl'],
  ] as const),
  ...([
    [10, 'x'],
    [9, 'ix'],
    [5, 'v'],
    [4, 'iv'],
    [1, 'i'],
  ] as const),
]

/** Empty where there is none; a name that nobody knows counts in digits. */
export function listMark(number: number, style: string): string {
  if (style === 'none') return ''
  return /^(?:disc|circle|square|disclosure-.*|["'].*|symbols\(.*)$/.test(style)
    ? '- '
    : `${lettersOf(number, style) ?? number}. `
}

/** Undefined where browsers fall back to digits. */
function lettersOf(number: number, style: string): string | undefined {
  const [, size, system] = /^(lower|upper)-(alpha|latin|roman)$/.exec(style) ?? []
  if (system === undefined) return undefined
  const text = system === 'roman' ? toRoman(number) : toAlphabetic(number)
  return size === 'upper' ? text?.toUpperCase() : text
}

function toAlphabetic(number: number): string | undefined {
  if (number < 1) return undefined
  let text = ''
  for (let rest = number; rest > 0; rest = Math.floor((rest - 1) / 26))
    text = String.fromCharCode(97 + ((rest - 1) % 26)) + text
  return text
}

function toRoman(number: number): string | undefined {
  if (number < 1 || number > 3999) return undefined
  let text = ''
  let rest = number
  for (const [value, letters] of roman) for (; rest >= value; rest -= value) text += letters
  return text
}
