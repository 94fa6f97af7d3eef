/** Words that stand for what is no text: pictures, and letters that are set higher or lower. */
import { removeInvisible } from './invisible-characters.ts'
import { parseLink } from './link-target.ts'
import type { VisibleElement } from './visible-nodes.ts'

const maxAltChars = 300
const pixel = /^\s*[01](?:px)?\s*$/i
const pixelStyle = /(?:^|;)\s*(?:width|height)\s*:\s*[01](?:px)?\s*(?:!|;|$)/i

/**
 * `[image: what it says]` or `[image: host]`. Pixels that only count readers are no content; pictures inside the mail
 * (cid:) have no host.
 */
export function imageText({ attributes }: VisibleElement): string {
  if (isPixel(attributes)) return ''
  const alt = altOf(attributes)
  if (alt !== '') return `[image: ${alt}]`
  const source = attributes.get('src')
  const host = parseLink(source)?.host
  if (host !== undefined) return `[image: ${host}]`
  return /^\s*cid:/i.test(source ?? '') ? '[image: attached]' : ''
}

/** One pixel wide or high: it counts readers, or keeps a distance. */
export function isPixel(attributes: VisibleElement['attributes']): boolean {
  return (
    ['width', 'height'].some((name) => pixel.test(attributes.get(name) ?? '')) ||
    pixelStyle.test(attributes.get('style') ?? '')
  )
}

/** What a picture says, on one line; empty where it says no word and is no emoji. */
export function altOf(attributes: VisibleElement['attributes']): string {
  const alt = removeInvisible((attributes.get('alt') ?? '').slice(0, 4 * maxAltChars))
    .text.replaceAll(/[\s[\]]+/g, ' ')
    .trim()
    .slice(0, maxAltChars)
  return /\p{L}{2}|\p{N}|\p{Lo}/u.test(alt) || isEmoji(alt) ? alt : ''
}

/** Nothing but emoji: a picture of one is read as the character. Trademarks are of the same class in Unicode. */
export function isEmoji(alt: string): boolean {
  return /\p{Extended_Pictographic}/u.test(alt) && !/[\p{L}\p{N}\p{P}©®™]/u.test(alt)
}

const maxRaisedChars = 12
/** `1st`, `Mme`, `™`: a mark in front of them would only be in the way. */
const isOrdinal = /^(?:st|nd|rd|th|er|re|e|ème|eme|o|a|º|ª|tm|sm|r|™|®|℠|©|\*+)$/iu

/** `10^6`, `H_2O`, `x^(n+1)`. Undefined: it is laid out as any other text. */
export function raisedText(element: VisibleElement): string | undefined {
  const text = plainText(element)?.trim()
  if (text === undefined || text === '' || text.length > maxRaisedChars || isOrdinal.test(text))
    return undefined
  const mark = element.tag === 'sup' ? '^' : '_'
  return /^[-+]?[\p{L}\p{N}]+$/u.test(text) ? `${mark}${text}` : `${mark}(${text})`
}

function plainText({ children }: VisibleElement): string | undefined {
  const texts: string[] = []
  for (const child of children) {
    if (child.kind === 'text' ? child.isUnsure : child.tag === 'a') return undefined
    const text = child.kind === 'text' ? child.value : plainText(child)
    if (text === undefined) return undefined
    texts.push(text)
  }
  return texts.join('')
}
