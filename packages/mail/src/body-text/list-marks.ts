/** What stands in front of an item of a numbered list: `3.`, `c.`, `iii.`, as its type says (HTML §4.4.5). */

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

export function listMark(number: number, type = '1'): string {
  const letters = /^[ai]$/i.test(type.trim()) ? lettersOf(number, type.trim()) : undefined
  return `${letters ?? number}. `
}

/** Undefined where browsers fall back to digits. */
function lettersOf(number: number, type: string): string | undefined {
  const text = type.toLowerCase() === 'a' ? toAlphabetic(number) : toRoman(number)
  return type === type.toUpperCase() ? text?.toUpperCase() : text
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
