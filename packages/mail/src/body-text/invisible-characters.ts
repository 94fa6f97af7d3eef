/**
 * Characters a reader cannot see but a model reads: Unicode tags, bidi controls, zero-width runs, variation
 * selectors used as a carrier. Single joiners between letters or emoji stay: Persian, Hindi and family emoji need them.
 */

/**
 * The tags and selectors of plane 14, its unassigned rest, and the controls of music and shorthand spell whole sentences
 * invisibly; bidi controls reorder what is shown. Each is default ignorable (UAX 44): a font prints nothing for it. Three
 * flags are spelled with tags (UTS 51 §C.1): England, Scotland and Wales, found as a whole, and no other word.
 */
const carriers =
  /\u{1F3F4}\u{E0067}\u{E0062}(?:\u{E0065}\u{E006E}\u{E0067}|\u{E0073}\u{E0063}\u{E0074}|\u{E0077}\u{E006C}\u{E0073})\u{E007F}|[\u{E0100}-\u{E01EF}]|[\u{E0000}-\u{E00FF}\u{E01F0}-\u{E0FFF}\u{1BCA0}-\u{1BCA3}\u{1D173}-\u{1D17A}\uFFF0-\uFFFB\u202A-\u202E\u2065-\u2069\u200E\u200F\u061C\u206A-\u206F]/gu
const blackFlag = '\u{1F3F4}'
/** A run of two or more that print nothing. */
const zeroWidthRun =
  /(?:[\u034F\uFE00-\uFE0F]|\u200D|[\u200B\u200C\u2060-\u2064\uFEFF\u180E\u115F\u1160\u3164\uFFA0]|[\u180B-\u180D\u180F]){2,}/gu
const zeroWidthFiller = /\u034F|[\u200B\u2060-\u2064\uFEFF\u180E\u115F\u1160\u3164\uFFA0]/gu
/** Gone before runs are looked for, which they would interrupt: so cleaning again changes nothing. */
const breakers = /\u00AD|[\u17B4\u17B5]/gu
// Each of these begins with the character itself and looks back from behind it: a text without any is passed over at once.
/** A choice of form where the letter has none: one behind each letter spells a text of its own. A digit has one as a keycap. */
const strayVariation =
  /[\uFE00-\uFE0D]|[\uFE0E\uFE0F](?<![\p{Emoji}\u200D].)|[\uFE0E\uFE0F](?<=[\d#*].)(?!\u20E3)|[\u180B-\u180D\u180F](?<!\p{Script=Mongolian}.)/gu
/** Behind letters and digits of scripts that join nothing, where newsletters put one to keep a name from becoming a link. */
const needless =
  /(?:\u200C|\u200D)(?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Nd}]\p{M}{0,3}.)/gu
/** The same of what is gone by then: fillers are taken out wherever they stand. */
const wedged =
  /[\u200B-\u200D\u2060-\u2064\uFEFF](?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Nd}].)(?=[\p{L}\p{Nd}])/gu
/** Five letters of an order, at eight bits each. */
const enoughToSpell = 40
/** Four in a row already hold half a byte each; newsletters pad their preview with two or three. */
const suspiciousRunLength = 4
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here
const controls = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]/gu

export interface CleanText {
  readonly text: string
  /** Something that could carry hidden words was taken out. */
  readonly removed: boolean
}

/**
 * The text without characters that nobody sees: zero widths, tags, direction overrides, fillers. `removed` says that
 * some were there to hide something. Linear.
 */
export function removeInvisible(value: string): CleanText {
  if (/^[\t\n\r\x20-\x7e]*$/.test(value)) return { text: value, removed: false }
  let removed = false
  let strays = 0
  const spells = (value.match(wedged)?.length ?? 0) >= enoughToSpell
  const text = value
    .replace(carriers, (found) => {
      if (found.startsWith(blackFlag)) return found
      // Left-to-right and right-to-left marks are ordinary in Hebrew and Arabic: gone, but no alarm.
      if (found !== '\u200E' && found !== '\u200F' && found !== '\u061C') removed = true
      return ''
    })
    .replace(controls, '')
    .replace(breakers, '')
    .replace(zeroWidthRun, (run) => {
      // A variation selector followed by a joiner is an emoji sequence.
      if (run === '\uFE0F\u200D') return run
      if (run.length >= suspiciousRunLength) removed = true
      return ''
    })
    .replace(zeroWidthFiller, '')
    .replace(strayVariation, () => {
      strays += 1
      return ''
    })
    .replace(needless, '')
  return { text, removed: removed || spells || strays >= suspiciousRunLength }
}

/** White space, and what preview texts are padded with between it: joiners, marks, blank letters. */
const padding =
  /(?:[\s\u00AD\u061C\u115F\u1160\u200B\u200C\u200E\u200F\u2060-\u2064\u2800\u3164\uFEFF\uFFA0]|[\u17B4\u17B5]|[\u180B-\u180F]|\u200D|[\u034F\uFE00-\uFE0F])+/gu

const leastUnits = 8
const maxUnitChars = 12
const unprinted = /^[\u034F\u200B-\u200F\u2060-\u2064\uFEFF]+$/

/**
 * Nothing but one short row of characters that print nothing, each in it once, over and over between blanks: behind a
 * preview line, so that a list shows no more than that. Equal rows spell nothing.
 */
export function isPadding(value: string): boolean {
  // A byte order mark is white space to an expression.
  const units = value.split(/(?!\uFEFF)\s/).filter((unit) => unit !== '')
  const [first = ''] = units
  if (units.length < leastUnits || first.length > maxUnitChars || !unprinted.test(first)) return false
  return new Set(first).size === first.length && units.every((unit) => unit === first)
}

/** On one line; joiners between letters stay, what pads a space goes. */
export function collapsePadding(text: string): string {
  return text.replace(padding, (run) => (/[\s\u2800\u3164]/.test(run) ? ' ' : run))
}
