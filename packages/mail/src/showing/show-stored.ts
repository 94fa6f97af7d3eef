/**
 * A stored message as its owner's browser may show it before it goes out: every text in each of its forms, what the HTML
 * hides and where it leads, and a line for each other part. It says whether that is all of it: what cannot be shown whole
 * must not be released here.
 */

import { readText } from '../body-text/read-text.ts'
import type { HtmlReview } from '../body-text/review-html.ts'
import { countWords, findForeign, type Words, wordsOf } from '../body-text/words.ts'
import { allParts, type MimePart, parseMime } from '../composing/mime-tree.ts'
import { type CallTime, callTime, type TimeLimits } from '../connect/deadline.ts'
import { readPart } from '../editing/read-part.ts'
import { decodeTransfer } from '../mime/transfer.ts'
import { toListedPart } from '../reading/listed-part.ts'
import { type BodyPlace, sortParts, type TextPart } from '../reading/structure.ts'
import { toFramed } from './framed-html.ts'

export interface ShownStored {
  readonly texts: readonly ShownText[]
  /** Every part that is no text, in the order of the message. */
  readonly files: readonly ShownFile[]
  /** All words of it are in `texts`. */
  readonly isWhole: boolean
}

/** One text of the message in the forms that it has. */
export interface ShownText {
  /** As it was typed; lines end with LF. */
  readonly plain?: string
  readonly html?: ShownHtml
  /** The two forms do not say the same words. */
  readonly differs: boolean
}

export interface ShownHtml extends HtmlReview {
  /** A whole document, for a sandboxed frame. */
  readonly document: string
  /** Attached pictures that it names and that are not in the document. */
  readonly missingPictures: number
}

export interface ShownFile {
  readonly filename: string
  readonly contentType: string
  readonly size: number
}

/** Of all texts together; a book is sent as a file. */
const maxChars = 400_000
/** Of all kinds; what is beyond was perhaps not even found. */
const maxShownParts = 400
/** Of all pictures: an answer of 6 MB holds them in base64. */
const maxPictureBytes = 2_000_000
const picture = /^image\/(?:png|gif|jpe?g|webp)$/

/** Never throws for what is in the message: what cannot be shown is missing, and `isWhole` is false. */
export async function showStored(raw: Buffer, limits: TimeLimits = {}): Promise<ShownStored> {
  const time = callTime(limits)
  const root = parseMime(raw)
  const { bodies, files, closed } = sortParts(root.structure)
  const room = { chars: maxChars, pictureBytes: maxPictureBytes }
  const texts: ShownText[] = []
  let isWhole = closed.length === 0
  for (const place of bodies) {
    const shown = await showPlace(raw, root, place, room, time)
    texts.push(shown)
    if (shown.html !== undefined && !shown.html.isWhole) isWhole = false
  }
  const textIds = new Set(
    bodies.flatMap(({ plain, html }) => [...plain, ...html]).map(({ partId }) => partId),
  )
  const listed = new Map(files.map((file) => [file.partId, file]))
  const parts = [...allParts(root)]
  const others = parts.filter(({ children, part }) => children.length === 0 && !textIds.has(part))
  return {
    texts,
    files: others.map((node) =>
      toFile(listed.get(node.part) ?? toListedPart(node.structure, { isInText: false })),
    ),
    isWhole: isWhole && room.chars >= 0 && parts.length < maxShownParts && !others.some(isUnread),
  }

  /** A text that no program chooses here may be the one that another shows; and what is in a part that was not opened. */
  function isUnread({ part, type }: MimePart): boolean {
    return type.startsWith('multipart/') || (type.startsWith('text/') && !listed.has(part))
  }
}

type Room = { chars: number; pictureBytes: number }

async function showPlace(
  raw: Buffer,
  root: MimePart,
  { plain, html }: BodyPlace,
  room: Room,
  time: CallTime,
): Promise<ShownText> {
  const plainText = read(plain)
  const htmlText = read(html)
  const asPlain = plainText === undefined ? {} : { plain: plainText }
  if (htmlText === undefined) return { ...asPlain, differs: false }
  const { review, words } = await readText(
    { content: htmlText, from: 'html', to: 'review', words: true },
    time,
  )
  const shown = { ...toDocument(raw, root, htmlText, room), ...(review ?? unjudged) }
  const differs =
    plainText !== undefined &&
    (words === undefined || saysMore(wordsOf(withoutNumbers(plainText)), countWords(words.visible)))
  return { ...asPlain, html: shown, differs }

  function read(parts: readonly TextPart[]): string | undefined {
    if (parts.length === 0) return undefined
    const text = parts.map((part) => readPart(raw, root, part)).join('\n\n')
    room.chars -= text.length
    // Cut anywhere: it is not sent from here.
    return room.chars < 0 ? text.slice(0, Math.max(0, text.length + room.chars)) : text
  }
}

const unjudged: HtmlReview = {
  ...{ hidden: [], hasInvisible: false, links: [], pictureHosts: [], attached: [], isWhole: false },
}

function saysMore(one: Words, other: Words): boolean {
  return findForeign(one, other).length + findForeign(other, one).length > 0
}

/** A list has its numbers in plain text alone. */
function withoutNumbers(plain: string): string {
  return plain.replaceAll(/^([\s>]{0,40})\d{1,9}[.)](?=\s)/gm, '$1')
}

function toDocument(raw: Buffer, root: MimePart, html: string, room: Room) {
  const pictures = new Map(
    [...allParts(root)].flatMap((node) => {
      const id = node.structure.id?.trim().replace(/^<|>$/g, '')
      return id !== undefined && picture.test(node.type) ? [[id, node] as const] : []
    }),
  )
  const sources = new Map<MimePart, { readonly url: string; readonly bytes: number }>()
  const missing = new Set<string>()
  const document = toFramed(html, (cid) => {
    const node = pictures.get(decode(cid))
    const source = node && (sources.get(node) ?? toSource(node))
    // Each time that it is named: a picture of a megabyte may be named a thousand times.
    if (node === undefined || source === undefined || source.bytes > room.pictureBytes) {
      missing.add(cid)
      return undefined
    }
    sources.set(node, source)
    room.pictureBytes -= source.bytes
    return source.url
  })
  return { document, missingPictures: missing.size }

  function toSource(node: MimePart) {
    const bytes = decodeTransfer(raw.subarray(node.bodyStart, node.end), node.encoding)
    return { bytes: bytes.length, url: `data:${node.type};base64,${bytes.toString('base64')}` }
  }
}

/** RFC 2392 §2: a `cid:` is written as a URL. */
function decode(cid: string): string {
  try {
    return decodeURIComponent(cid)
  } catch {
    return cid
  }
}

function toFile({ filename, contentType, size }: ReturnType<typeof toListedPart>): ShownFile {
  return { filename: filename ?? 'unnamed', contentType, size }
}
