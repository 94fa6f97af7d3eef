/**
 * What bytes without a label, or with a wrong one, most likely are. Valid UTF-8 is UTF-8; of the others each is asked
 * whether the bytes are valid in it and mostly spell its common letters. Western text is what is left.
 */

/** Enough to tell; the rest is decoded as the start is. */
const sampleBytes = 64 * 1024

export function guessCharset(content: Buffer): string {
  const sample = content.subarray(0, sampleBytes)
  const latin = sample.toString('latin1')
  if (latin.includes('\u001b$)C')) return 'iso-2022-kr'
  if (['$@', '$B', '$(', '(J'].some((shift) => latin.includes(`\u001b${shift}`))) return 'iso-2022-jp'
  const wide = guessWide(sample)
  if (wide !== undefined) return wide
  if (!/[\x80-\xff]/.test(latin) || isUtf8(sample) || isMostlyUtf8(sample)) return 'utf-8'
  const cyrillic = guessCyrillic(latin)
  // Lower case alone is half of the high bytes: text of two bytes a letter is spread over all of them.
  if (cyrillic?.isCertain) return cyrillic.name
  const other = eastAsian.find(({ isLikely }) => isLikely(sample))?.name ?? cyrillic?.name
  if (other !== undefined) return other
  const { told, broken } = compareWithWestern(sample)
  return told > 0 && told >= broken ? 'utf-8' : 'windows-1252'
}

/** Also of a slice that ends inside a character. */
export function isUtf8(content: Buffer): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content, { stream: true })
    // One lead byte behind ASCII is a Western letter, and no character that was cut.
    return !/^[\0-\x7f]*$/.test(text) || /^[\0-\x7f]*$/.test(content.toString('latin1'))
  } catch {
    return false
  }
}

/** UTF-8 labelled as something else. */
export function isUtf8Under(encoding: string, content: Buffer): boolean {
  if (!isByteLabel(encoding)) return isPairLabel(encoding) && isLongUtf8(content)
  if (!/[\x80-\xff]/.test(content.toString('latin1'))) return false
  if (isUtf8(content) || isMostlyUtf8(content)) return true
  if (encoding !== 'windows-1252' && encoding !== 'iso-8859-15') return false
  const { told, broken } = compareWithWestern(content.subarray(0, sampleBytes))
  return told > broken
}

/** One byte a letter: no text of these looks like UTF-8 by chance. */
function isByteLabel(encoding: string): boolean {
  return /^(?:windows-125[02-8]|iso-8859-\d+|macintosh|koi8|windows-1251|cp\d+)/.test(encoding)
}

function isPairLabel(encoding: string): boolean {
  return /^(?:gb|big5|shift_jis|euc-)/.test(encoding)
}

const leastTriples = 4

/** A word of two bytes a letter may be UTF-8 by chance, but a text with that many characters of three bytes is not. */
function isLongUtf8(content: Buffer): boolean {
  const triples = content.toString('latin1').match(/[\xe0-\xef][\x80-\xbf]{2}/g)?.length ?? 0
  return triples >= leastTriples && isUtf8(content)
}

/** For one broken character many whole ones: only UTF-8 has these. */
function isMostlyUtf8(content: Buffer): boolean {
  const { right, wrong } = countRight(new TextDecoder().decode(content, { stream: true }))
  return right > wrong * 8
}

/** Characters beyond ASCII, and marks of bytes that are none. Counted one by one: a file has millions. */
export function countRight(text: string): { readonly right: number; readonly wrong: number } {
  let [right, wrong] = [0, 0]
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    const isSecondHalf = unit >= 0xdc00 && unit <= 0xdfff
    if (unit === 0xfffd) wrong++
    else if (unit > 0x7f && !isSecondHalf) right++
  }
  return { right, wrong }
}

/**
 * UTF-8 with damage, or Western text: accented letters, quotes, dashes and emoji of the one, also cut ones, are pairs of a
 * capital and a sign in the other. Small letters before signs (`été »`) tell nothing: these may be valid UTF-8.
 */
function compareWithWestern(sample: Buffer): { readonly told: number; readonly broken: number } {
  const pairs =
    /(?<![\xc0-\xff])(?:[\xc2-\xc5][\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf]?|\xf0\x9f[\x80-\xbf]{0,2})/g
  const text = new TextDecoder().decode(sample, { stream: true })
  return {
    told: sample.toString('latin1').match(pairs)?.length ?? 0,
    // What is left of one character is three bytes at most.
    broken: text.match(/\ufffd{1,3}/g)?.length ?? 0,
  }
}

/** UTF-16 without a mark: of Western text every second byte is zero. */
function guessWide(sample: Buffer): string | undefined {
  if (sample.length < 4) return undefined
  const zeros = [0, 0]
  for (const [at, byte] of sample.entries()) if (byte === 0) zeros[at & 1] = (zeros[at & 1] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  const many = sample.length / 2 / 2
  if (odd > many && even < odd / 4) return 'utf-16le'
  if (even > many && odd < even / 4) return 'utf-16be'
  return undefined
}

/** Words of high bytes only are no Western ones. Small letters are most of any text, and tell the two charsets apart. */
function guessCyrillic(latin: string): { name: string; isCertain: boolean } | undefined {
  const words = latin.match(/[A-Za-z\x80-\xff]+/g) ?? []
  const high = latin.match(/[\x80-\xff]/g)?.length ?? 0
  const pure = words.filter((word) => word.length > 1 && /^[\xa3\xb3\xa8\xb8\xc0-\xff]+$/.test(word))
  const letters = pure.join('').length
  if (letters < 3 || letters < high * 0.7) return undefined
  const rest = pure.map((word) => word.slice(1)).join('')
  const koi = rest.match(/[\xc0-\xdf\xa3]/g)?.length ?? 0
  const windows = rest.match(/[\xe0-\xff\xb8]/g)?.length ?? 0
  const isCertain = Math.max(koi, windows) >= rest.length * 0.85
  return { name: koi > windows ? 'koi8-r' : 'windows-1251', isCertain }
}

interface Pairs {
  /** Of a lead and a trail byte. */
  readonly count: number
  readonly common: number
  readonly special: number
  readonly singles: number
  /** Pairs right behind another: words of such a charset are made of them, a Western text has its signs one by one. */
  readonly joined: number
  readonly isValid: boolean
}

interface PairRules {
  readonly isLead: (byte: number) => boolean
  readonly isTrail: (byte: number) => boolean
  readonly isSingle?: (byte: number) => boolean
  readonly isCommon: (lead: number, trail: number) => boolean
  readonly isSpecial?: (lead: number, trail: number) => boolean
}

function countPairs(sample: Buffer, rules: PairRules): Pairs {
  let [count, common, special, singles, joined] = [0, 0, 0, 0, 0]
  let end = -1
  for (let at = 0; at < sample.length; at++) {
    const lead = sample[at] ?? 0
    if (lead < 0x80) continue
    if (rules.isSingle?.(lead)) singles++
    else {
      const trail = sample[at + 1]
      if (trail === undefined) break
      if (!rules.isLead(lead) || !rules.isTrail(trail))
        return { count, common, special, singles, joined, isValid: false }
      count++
      if (at === end) joined++
      end = at + 2
      if (rules.isCommon(lead, trail)) common++
      if (rules.isSpecial?.(lead, trail)) special++
      at++
    }
  }
  return { count, common, special, singles, joined, isValid: count > 0 }
}

const between = (from: number, to: number) => (byte: number) => byte >= from && byte <= to
const isHigh = between(0xa1, 0xfe)

const shiftJis: PairRules = {
  isLead: (byte) => between(0x81, 0x9f)(byte) || between(0xe0, 0xfc)(byte),
  isTrail: (byte) => between(0x40, 0x7e)(byte) || between(0x80, 0xfc)(byte),
  isSingle: between(0xa1, 0xdf),
  // Signs, kana, and the kanji that are taught first.
  isCommon: (lead) => between(0x81, 0x84)(lead) || between(0x88, 0x97)(lead),
  // Kana: in Western text their lead is a sign that hardly anybody uses.
  isSpecial: (lead, trail) => (lead === 0x82 && trail >= 0x9f) || lead === 0x83,
}
const big5: PairRules = {
  isLead: between(0x81, 0xfe),
  isTrail: (byte) => between(0x40, 0x7e)(byte) || isHigh(byte),
  isCommon: between(0xa1, 0xc6),
  isSpecial: (_lead, trail) => trail < 0x80,
}
const eucJp: PairRules = {
  isLead: (byte) => byte === 0x8e || isHigh(byte),
  isTrail: isHigh,
  isCommon: (lead) => between(0xa1, 0xcf)(lead),
  isSpecial: (lead) => lead === 0xa4 || lead === 0xa5,
}
const eucKr: PairRules = {
  isLead: isHigh,
  isTrail: isHigh,
  // All of Hangul, in order.
  isCommon: between(0xb0, 0xc8),
}
const gb18030: PairRules = {
  isLead: between(0x81, 0xfe),
  isTrail: (byte) => between(0x40, 0x7e)(byte) || between(0x80, 0xfe)(byte),
  isCommon: (lead, trail) => isHigh(trail) && (between(0xb0, 0xd7)(lead) || lead === 0xa1 || lead === 0xa3),
}

const eastAsian: readonly { readonly name: string; readonly isLikely: (sample: Buffer) => boolean }[] = [
  {
    name: 'shift_jis',
    isLikely(sample) {
      const { isValid, count, common, special, singles, joined } = countPairs(sample, shiftJis)
      // \x92 and a letter is an apostrophe, and the kanji for pain.
      const isWritten = special >= count * 0.4 || joined >= count * 0.4
      return isValid && count > singles && common >= count * 0.85 && isWritten
    },
  },
  {
    name: 'big5',
    isLikely(sample) {
      const { isValid, count, common, special, joined } = countPairs(sample, big5)
      return isValid && count > 2 && common >= count * 0.8 && special >= count * 0.15 && joined >= count * 0.4
    },
  },
  {
    name: 'euc-jp',
    isLikely(sample) {
      const { isValid, count, common, special } = countPairs(sample, eucJp)
      return isValid && common >= count * 0.8 && special >= count * 0.3
    },
  },
  {
    name: 'euc-kr',
    isLikely(sample) {
      const { isValid, count, common } = countPairs(sample, eucKr)
      return isValid && count > 1 && common >= count * 0.9
    },
  },
  {
    name: 'gb18030',
    isLikely(sample) {
      const { isValid, count, common, joined } = countPairs(sample, gb18030)
      return isValid && count > 1 && common >= count * 0.7 && joined >= count * 0.3
    },
  },
]
