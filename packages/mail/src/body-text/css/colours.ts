/** CSS colours (Color 4 and 5) and the ones that HTML attributes take, as red, green, blue (0-255) and alpha (0-1). */
import { color as parseCssColour, serializeRGB } from '@csstools/css-color-parser'
import { parseComponentValue } from '@csstools/css-parser-algorithms'
import { tokenize } from '@csstools/css-tokenizer'

export interface Colour {
  readonly red: number
  readonly green: number
  readonly blue: number
  readonly alpha: number
}

export const black: Colour = { red: 0, green: 0, blue: 0, alpha: 1 }
export const white: Colour = { red: 255, green: 255, blue: 255, alpha: 1 }
export const transparent: Colour = { red: 0, green: 0, blue: 0, alpha: 0 }
/** What browsers give a link that was not visited. */
export const linkBlue: Colour = { red: 0, green: 0, blue: 238, alpha: 1 }

const darkText =
  'canvastext buttontext fieldtext highlighttext marktext windowtext infotext menutext captiontext'
const lightGround =
  'canvas field highlight window infobackground menu background appworkspace threedhighlight selecteditem'
const system = new Map<string, Colour>([
  ...darkText.split(' ').map((name) => [name, black] as const),
  ...lightGround.split(' ').map((name) => [name, white] as const),
  ['linktext', linkBlue],
  ['-webkit-link', linkBlue],
  ['buttonface', { red: 239, green: 239, blue: 239, alpha: 1 }],
  ['mark', { red: 255, green: 255, blue: 0, alpha: 1 }],
  ['graytext', { red: 128, green: 128, blue: 128, alpha: 1 }],
])

/** No colour is longer; a mix inside a mix takes time. */
const maxColourChars = 200

/** Undefined: no colour that is known here (`currentcolor` is its context's). */
export function parseColour(value: string): Colour | undefined {
  if (value.length > maxColourChars) return undefined
  return system.get(value) ?? toColour(value)
}

export function isColour(value: string): boolean {
  return value === 'currentcolor' || parseColour(value) !== undefined || isRelativeToCurrent(value)
}

/** A mix with the text's own colour: valid, and not computed here. */
function isRelativeToCurrent(value: string): boolean {
  return value.includes('(') && value.includes('currentcolor')
}

/** What nearly every mail writes. */
const plainColour = /^#([0-9a-f]{3}|[0-9a-f]{6})$|^rgb\((\d{1,3}), ?(\d{1,3}), ?(\d{1,3})\)$/

function toColour(value: string): Colour | undefined {
  const plain = plainColour.exec(value)
  if (plain !== null) return toPlainColour(plain)
  if (!/^[a-z#]/.test(value) || /^(?:auto|none|0)$/.test(value)) return undefined
  const component = parseComponentValue(tokenize({ css: value }))
  const data = component && parseCssColour(component)
  if (!data) return undefined
  // `rgb(255, 0, 0)` or `rgba(255, 0, 0, 0.5)`, clipped to what a screen shows.
  const [red = 0, green = 0, blue = 0, alpha = 1] = (
    serializeRGB(data)
      .toString()
      .match(/[\d.]+(?:e-\d+)?/g) ?? []
  ).map(Number)
  return { red, green, blue, alpha }
}

function toPlainColour([, hex, ...channels]: RegExpExecArray): Colour {
  const digits = hex?.length === 3 ? hex.replaceAll(/./g, '$&$&') : hex
  const [red = 0, green = 0, blue = 0] =
    digits === undefined
      ? channels.map((channel) => Math.min(255, Number(channel)))
      : [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16))
  return { red, green, blue, alpha: 1 }
}

/** HTML §2.4.6, legacy colours: anything at all is a colour there, but not nothing. */
export function parseLegacyColour(attribute: string): Colour | undefined {
  const text = attribute.trim().toLowerCase()
  if (text === '' || text === 'transparent') return undefined
  const named = /^[a-z]+$/.test(text) ? parseColour(text) : undefined
  if (named !== undefined) return named
  if (/^#[0-9a-f]{3}$/.test(text)) return parseColour(text)
  const digits = text
    .slice(0, 128)
    .replace(/^#/, '')
    .replaceAll(/[^0-9a-f]/g, '0')
  const size = Math.max(1, Math.ceil(digits.length / 3))
  const parts = [0, 1, 2].map((at) =>
    digits
      .padEnd(size * 3, '0')
      .slice(at * size, (at + 1) * size)
      .slice(-8),
  )
  let cut = 0
  while (
    parts[0] !== undefined &&
    parts[0].length - cut > 2 &&
    parts.every((part) => part.charAt(cut) === '0')
  )
    cut += 1
  const [red = 0, green = 0, blue = 0] = parts.map((part) =>
    Number.parseInt(part.slice(cut, cut + 2) || '0', 16),
  )
  return { red, green, blue, alpha: 1 }
}

/** `over` painted on `under`. */
export function blend(over: Colour, under: Colour): Colour {
  const mix = (one: number, other: number) => one * over.alpha + other * (1 - over.alpha)
  return {
    red: mix(over.red, under.red),
    green: mix(over.green, under.green),
    blue: mix(over.blue, under.blue),
    alpha: over.alpha + under.alpha * (1 - over.alpha),
  }
}

/** WCAG 2.2, "contrast ratio": 1 is no difference, 21 is black on white. */
export function contrast(one: Colour, other: Colour): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

function luminance({ red, green, blue }: Colour): number {
  const [r, g, b] = [red, green, blue].map((value) => {
    const channel = value / 255
    return channel <= 0.03928 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
