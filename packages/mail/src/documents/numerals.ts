/** Numbers of lists, in the ways that Word and OpenDocument (`a`, `A`, `i`, `I`) name. */

export function toNumeral(value: number, format: string): string {
  switch (format) {
    case 'lowerLetter':
    case 'a':
      return letters(value)
    case 'upperLetter':
    case 'A':
      return letters(value).toUpperCase()
    case 'lowerRoman':
    case 'i':
      return roman(value)
    case 'upperRoman':
    case 'I':
      return roman(value).toUpperCase()
    case 'decimalZero':
      return String(value).padStart(2, '0')
    default:
      return String(value)
  }
}

/** a … z, aa, bb, as Word counts. */
function letters(value: number): string {
  const letter = String.fromCharCode(97 + ((value - 1) % 26))
  return letter.repeat(Math.min(20, Math.ceil(value / 26)))
}

function roman(value: number): string {
  if (value < 1 || value > 3999) return String(value)
  const signs: [string, number][] = [
    ['m', 1000],
    ['cm', 900],
    ['d', 500],
    ['cd', 400],
    ['c', 100],
    ['xc', 90],
    ['l', 50],
    ['xl', 40],
    ['x', 10],
    ['ix', 9],
    ['v', 5],
    ['iv', 4],
    ['i', 1],
  ]
  let left = value
  return signs
    .map(([sign, worth]) => {
      const times = Math.floor(left / worth)
      left -= times * worth
      return sign.repeat(times)
    })
    .join('')
}
