/**
 * The characters of a text file whose label is missing or wrong: by its byte order mark, by the zeros of UTF-16, by being
 * valid UTF-8, by its label, and then by which code page makes words of it.
 */
import { decodeText } from '../mime/charset.ts'

/** Enough to tell; a file is read in one code page. */
const sampleBytes = 64 * 1024

export function decodeByEvidence(content: Buffer, label: string): string {
  const marked = markOf(content) ?? wideOf(content)
  if (marked !== undefined) return new TextDecoder(marked).decode(content)
  const valid = decodeUtf8(content)
  if (valid !== undefined) return valid
  if (!/^(|us-ascii|ascii|utf-?8|unknown.*|binary|iso-8859-1|windows-1252)$/i.test(label.trim()))
    return decodeText(content, label)
  return decodeText(content, guess(content.subarray(0, sampleBytes)))
}

function markOf(content: Buffer): string | undefined {
  if (content[0] === 0xff && content[1] === 0xfe) return 'utf-16le'
  if (content[0] === 0xfe && content[1] === 0xff) return 'utf-16be'
  if (content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf) return 'utf-8'
  return undefined
}

/** Of fewer nothing can be told. */
const leastLetters = 4

/** Without a mark: every second byte of Western text is zero. */
function wideOf(content: Buffer): string | undefined {
  const sample = content.subarray(0, 4096)
  if (sample.length < 4 || !sample.includes(0)) return undefined
  let even = 0
  let odd = 0
  for (const [at, byte] of sample.entries()) if (byte === 0) at % 2 === 0 ? even++ : odd++
  const most = sample.length / 2
  if (odd > most * 0.4 && even < most * 0.05) return 'utf-16le'
  if (even > most * 0.4 && odd < most * 0.05) return 'utf-16be'
  return undefined
}

function decodeUtf8(content: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch {
    return undefined
  }
}

/** Code pages of several bytes, each with the letters that are common in what is written in it. */
const wide: readonly [label: string, common: RegExp][] = [
  ['euc-jp', /[\u3040-\u30ff]/g],
  ['shift_jis', /[\u3040-\u30ff]/g],
  ['euc-kr', /[\uac00-\ud7a3]/g],
  [
    'gb18030',
    /[的一是不了人我在有他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然]/g,
  ],
  [
    'big5',
    /[的一是不了人我在有他這中大來上個國到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她里後小麼心多天而能好都然]/g,
  ],
]

function guess(sample: Buffer): string {
  let best = { label: 'windows-1252', score: 0 }
  const high = sample.filter((byte) => byte >= 0x80).length
  if (high < leastLetters) return best.label
  for (const [label, common] of wide) {
    const text = decodeFatal(sample, label)
    if (text === undefined) continue
    // Two bytes a letter: a text in this code page has a common one for some in ten.
    const score = ((text.match(common)?.length ?? 0) * 2) / high
    if (score > best.score && score > 0.25) best = { label, score }
  }
  if (best.score > 0) return best.label
  // Cyrillic writes nearly every letter above 0x80, and lower case far more often than capitals.
  const letters = sample.filter((byte) => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a).length
  if (high > letters) {
    const lower = (label: string) => new TextDecoder(label).decode(sample).match(/[а-яё]/g)?.length ?? 0
    const [first] = (['windows-1251', 'koi8-r', 'iso-8859-5', 'ibm866'] as const)
      .map((label) => ({ label, score: lower(label) / high }))
      .sort((a, b) => b.score - a.score)
    if (first !== undefined && first.score > 0.6) return first.label
    const greek = new TextDecoder('windows-1253').decode(sample).match(/[α-ώ]/g)?.length ?? 0
    if (greek / high > 0.7) return 'windows-1253'
  }
  return 'windows-1252'
}

function decodeFatal(sample: Buffer, label: string): string | undefined {
  try {
    // A sample may end inside a character.
    return new TextDecoder(label, { fatal: true }).decode(sample, { stream: true })
  } catch {
    return undefined
  }
}
