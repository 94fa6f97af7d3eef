/**
 * A number of a spreadsheet as its cell shows it, near enough to read: dates as ISO dates, percent, thousands, decimals,
 * the currency. ECMA-376 §18.8.30; what a format does beyond that (colours, conditions, padding) is left out.
 */

/** The formats that a file need not spell out (ECMA-376 §18.8.30). */
const builtIn: Readonly<Record<number, string>> = {
  1: '0',
  2: '0.00',
  3: '#,##0',
  4: '#,##0.00',
  9: '0%',
  10: '0.00%',
  11: '0.00E+00',
  14: 'yyyy-mm-dd',
  15: 'yyyy-mm-dd',
  16: 'mm-dd',
  17: 'yyyy-mm',
  18: 'h:mm',
  19: 'h:mm:ss',
  20: 'h:mm',
  21: 'h:mm:ss',
  22: 'yyyy-mm-dd h:mm',
  37: '#,##0',
  38: '#,##0',
  39: '#,##0.00',
  40: '#,##0.00',
  45: 'mm:ss',
  46: '[h]:mm:ss',
  47: 'mm:ss',
  49: '@',
  // East Asian dates.
  27: 'yyyy-mm-dd',
  30: 'yyyy-mm-dd',
  31: 'yyyy-mm-dd',
  36: 'yyyy-mm-dd',
  50: 'yyyy-mm-dd',
  57: 'yyyy-mm-dd',
  58: 'mm-dd',
}

export type NumberFormat = (value: number) => string

const maxFormatChars = 255

export function toNumberFormat(
  id: number,
  custom: ReadonlyMap<number, string>,
  is1904: boolean,
): NumberFormat {
  const code = (custom.get(id) ?? builtIn[id] ?? 'General').slice(0, maxFormatChars)
  const sections = splitSections(code)
  const shapes = sections.map(toShape)
  return (value) => {
    // Positive; negative; zero. A single section is for all and keeps the sign.
    const at = value < 0 && sections.length > 1 ? 1 : value === 0 && sections.length > 2 ? 2 : 0
    const shape = shapes[at] ?? shapes[0]
    if (shape === undefined) return toGeneral(value)
    const shown = shape(at === 1 ? Math.abs(value) : value, is1904)
    const isBracketed = at === 1 && /^[^"]*\(/.test(sections[1] ?? '')
    return at === 1 && !isBracketed ? `-${shown}` : isBracketed ? `(${shown})` : shown
  }
}

/** `;;;` shows nothing: a person sees an empty cell. */
export function hidesAll(id: number, custom: ReadonlyMap<number, string>): boolean {
  const code = custom.get(id)
  return code !== undefined && /^;;;?$/.test(code.trim())
}

function splitSections(code: string): string[] {
  const sections = ['']
  let isQuoted = false
  for (let at = 0; at < code.length; at++) {
    const char = code.charAt(at)
    if (char === '\\') {
      sections[sections.length - 1] += code.slice(at, at + 2)
      at += 1
      continue
    }
    if (char === '"') isQuoted = !isQuoted
    if (char === ';' && !isQuoted) sections.push('')
    else sections[sections.length - 1] += char
  }
  return sections
}

type Shape = (value: number, is1904: boolean) => string

function toShape(section: string): Shape {
  const currency = /\[\$([^\]-]{1,8})(?:-[0-9A-F]+)?\]/i.exec(section)?.[1]
  const literals = [...section.matchAll(/"([^"]*)"/g)].map(([, text = '']) => text).join('')
  const plain = section
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\\./g, '')
    .replaceAll(/[_*]./g, '')
  const elapsed = /\[(h+|m+|s+)\]/i.test(plain)
  const bare = plain.replaceAll(/\[[^\]]*\]/g, '')
  if (elapsed) return (value) => toElapsed(value)
  if (/[ymdhs]/i.test(bare) && !/general/i.test(bare)) {
    const hasDate = /[yd]/i.test(bare) || (/m/i.test(bare) && !/[hs]/i.test(bare))
    const hasTime = /[hs]/i.test(bare)
    return (value, is1904) => toDate(value, { hasDate, hasTime, hasSeconds: /s/i.test(bare), is1904 })
  }
  if (/general|@/i.test(bare) || !/[0#?]/.test(bare)) return (value) => toGeneral(value)
  const [, decimals = ''] = /[0#?]\.([0#?]*)/.exec(bare) ?? []
  const isPercent = bare.includes('%')
  const isScientific = /E[+-]/i.test(bare)
  const hasThousands = /[0#?],[0#?]/.test(bare)
  // A comma behind the last digit divides by a thousand.
  const scale = 1000 ** (/(,+)(?:[^0#?,.]|$)/.exec(bare)?.[1]?.length ?? 0)
  const sign = currency ?? /[€$£¥]/.exec(bare)?.[0]
  const unit = /^[^\d#?]*$/.test(literals) ? literals.trim() : ''
  return (value) => {
    if (isScientific) return value.toExponential(Math.min(20, decimals.length))
    const scaled = (isPercent ? value * 100 : value) / scale
    const fixed = toFixed(scaled, decimals)
    const grouped = hasThousands
      ? fixed.replace(/^-?\d+/, (whole) => whole.replaceAll(/\B(?=(\d{3})+$)/g, ','))
      : fixed
    return [sign, `${grouped}${isPercent ? '%' : ''}`, unit].filter((part) => part).join(' ')
  }
}

/** `#` in the decimals shows a digit only where there is one. */
function toFixed(value: number, decimals: string): string {
  if (Math.abs(value) >= 1e21) return String(value)
  const fixed = value.toFixed(Math.min(20, decimals.length))
  const optional = /#*$/.exec(decimals)?.[0].length ?? 0
  if (optional === 0) return fixed
  const least = fixed.length - optional
  let end = fixed.length
  while (end > least && fixed.charAt(end - 1) === '0') end -= 1
  return fixed.slice(0, end).replace(/\.$/, '')
}

/** 15 digits are what a spreadsheet keeps. */
export function toGeneral(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(15))) : String(value)
}

const dayMs = 86_400_000

function toDate(
  value: number,
  {
    hasDate,
    hasTime,
    hasSeconds,
    is1904,
  }: { hasDate: boolean; hasTime: boolean; hasSeconds: boolean; is1904: boolean },
): string {
  // Day 60 of the 1900 system is a 29 February that never was.
  const days = is1904 ? value + 1462 : value >= 60 ? value : value + 1
  const ms = Math.round(days * 86_400) * 1000
  const date = new Date(Date.UTC(1899, 11, 30) + ms)
  if (value < 0 || Number.isNaN(date.getTime()) || value > 2_958_466) return toGeneral(value)
  const iso = date.toISOString()
  const time = iso.slice(11, hasSeconds || ms % 60_000 !== 0 ? 19 : 16)
  if (!hasDate) return time
  const isMidnight = ms % dayMs === 0
  return hasTime && !isMidnight ? `${iso.slice(0, 10)} ${time}` : iso.slice(0, 10)
}

function toElapsed(value: number): string {
  const seconds = Math.round(Math.abs(value) * 86_400)
  const two = (part: number) => String(part).padStart(2, '0')
  const shown = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}`
  return `${value < 0 ? '-' : ''}${shown}${seconds % 60 === 0 ? '' : `:${two(seconds % 60)}`}`
}
