/**
 * Host names that read as another one: letters of two scripts in one label, or a whole label of letters that look
 * Latin under a Latin ending. Names in one script of their own (`müller.de`, `почта.рф`) are no look-alikes.
 */
import { domainToUnicode } from 'node:url'

/** Cyrillic, Greek and Armenian letters that print as a Latin one (Unicode TS 39, the ones in use). */
const latinOf: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ а: 'a', с: 'c', ԁ: 'd', е: 'e', һ: 'h', і: 'i', ј: 'j', ӏ: 'l', о: 'o', р: 'p', ԛ: 'q', ѕ: 's' },
    ...{ ԝ: 'w', х: 'x', у: 'y', ѵ: 'v', ѡ: 'w', г: 'r', к: 'k', м: 'm', т: 't', в: 'b', н: 'h', п: 'n' },
    ...{ α: 'a', ε: 'e', ι: 'i', κ: 'k', ν: 'v', ο: 'o', ρ: 'p', τ: 't', υ: 'u', χ: 'x', γ: 'y', ω: 'w' },
    ...{ ա: 'w', օ: 'o', ո: 'n', ս: 'u', հ: 'h', ց: 'g', զ: 'q', ı: 'i', ɡ: 'g', ɑ: 'a', ℓ: 'l' },
  }),
)
/** Those that no reader can tell apart; a word of the others (`мир`) is an ordinary word. */
const identical = new Set('асԁеһіјӏорԛѕԝхуѵαειοντυχօոսհզ')
const nonLatin = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u

export function isLookAlike(host: string): boolean {
  if (!/xn--|[^\0-\x7f]/i.test(host)) return false
  const labels = (domainToUnicode(host) || host).toLowerCase().split('.')
  const isLatinEnd = /^[a-z]+$/.test(labels.at(-1) ?? '')
  return labels.some((label) => {
    if (!nonLatin.test(label)) return /[ıɡɑℓ]/.test(label)
    return /\p{Script=Latin}/u.test(label) || (isLatinEnd && [...label].every(isIdentical))
  })
}

function isIdentical(letter: string): boolean {
  return identical.has(letter) || /[\d-]/.test(letter)
}

/** What a hurried reader takes a word for: `paypa1`, `раураl` and `páypal` are `paypal`. */
export function toSkeleton(word: string): string {
  return [...word.toLowerCase().normalize('NFKD').replaceAll(/\p{M}/gu, '')]
    .map((letter) => latinOf.get(letter) ?? letter)
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll('0', 'o')
    .replaceAll('5', 's')
    .replaceAll(/[1i|]/g, 'l')
}

/**
 * Whether an address reads as one of `others` and is another: by letters that look alike, in its local part or domain, or
 * by letters of two scripts in one word.
 */
export function readsAsAnother(address: string, others: readonly string[]): boolean {
  const at = address.lastIndexOf('@')
  const local = address.slice(0, at)
  if (isLookAlike(address.slice(at + 1))) return true
  if (nonLatin.test(local) && /\p{Script=Latin}/u.test(local)) return true
  const own = toAddressSkeleton(address)
  return others.some((one) => one.toLowerCase() !== address.toLowerCase() && toAddressSkeleton(one) === own)
}

function toAddressSkeleton(address: string): string {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1)
  return `${toSkeleton(address.slice(0, at))}@${toSkeleton(domainToUnicode(domain) || domain)}`
}
