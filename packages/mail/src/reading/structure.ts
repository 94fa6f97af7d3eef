/**
 * Which parts of a message are its text, which are files, and which are neither: the one reading of RFC 8621 §4.1.4 that
 * rows, details, `has_attachment` and nested mails share. Decided from the structure alone, so that nothing else is
 * fetched. Which of two texts of the same place is shown is left to reading/bodies.ts, which has their words.
 */
import { type BodyStructure, isMessageType, maxDepth } from '../mime/structure.ts'
import { type ListedPart, toListedPart } from './listed-part.ts'
import { containerOf } from './opened.ts'

export type { BodyStructure }

export interface TextPart {
  readonly partId: string
  /** `text/html`, or a kind of text that is read as it is written. */
  readonly type: string
  readonly charset: string
  readonly encoding: string
  /** Encoded octets. */
  readonly size: number
  readonly flowed: boolean
  readonly deleteSpace: boolean
  /** Said again by what opened this part; shown only if it is news. */
  readonly isRepeat?: boolean
  readonly content?: Buffer
}

/** One place of the body: what stands there as plain text, as HTML, or as both. Each may be several parts with files between. */
export interface BodyPlace {
  readonly plain: readonly TextPart[]
  readonly html: readonly TextPart[]
}

export interface MessageParts {
  readonly bodies: readonly BodyPlace[]
  readonly files: readonly ListedPart[]
  /** Encrypted, or wrapped in what has to be fetched and opened first. */
  readonly closed: readonly ClosedPart[]
}

export interface ClosedPart {
  readonly node: BodyStructure
  readonly kind: 'signed' | 'tnef' | 'smime_encrypted' | 'pgp_encrypted'
}

const maxBodies = 20
const maxFiles = 400

export function sortParts(structure: BodyStructure | undefined): MessageParts {
  const parts = { bodies: [] as BodyPlace[], files: [] as ListedPart[], closed: [] as ClosedPart[] }
  if (structure === undefined) return parts
  collect(structure, whole, 0, parts)
  if (parts.bodies.length === 0 && parts.closed.length === 0) addOnlyText(structure, parts)
  return parts
}

interface Found {
  readonly bodies: BodyPlace[]
  readonly files: ListedPart[]
  readonly closed: ClosedPart[]
}

/** What RFC 8621 §4.1.4 asks of a part's place before it is taken for body. */
interface Place {
  readonly isFirst: boolean
  readonly parent: string
}

const whole: Place = { isFirst: true, parent: '' }

function collect(node: BodyStructure, place: Place, depth: number, found: Found): void {
  if (depth > maxDepth) return
  const kind = containerOf(node, nameOf(node))
  const [opened] = node.childNodes ?? []
  if (kind !== undefined && opened !== undefined) addOpened(opened, kind, depth, found)
  else if (node.type === 'multipart/alternative') addAlternative(node, depth, found)
  else if (node.type.startsWith('multipart/') && node.childNodes) {
    if (node.type === 'multipart/encrypted') found.closed.push({ node, kind: 'pgp_encrypted' })
    for (const [child, childPlace] of placed(node)) collect(child, childPlace, depth + 1, found)
  } else if (isBody(node, place)) addBody(found, toPlace(toTextPart(node)))
  else addFile(node, place, found)
}

/** What was inside a signature is the mail; `winmail.dat` says again what the mail beside it says. */
function addOpened(root: BodyStructure, kind: ClosedPart['kind'], depth: number, found: Found): void {
  const inner: Found = { bodies: [], files: [], closed: found.closed }
  collect(root, whole, depth + 1, inner)
  const asRepeat = (part: TextPart) => (kind === 'tnef' ? { ...part, isRepeat: true } : part)
  for (const { plain, html } of inner.bodies)
    addBody(found, { plain: plain.map(asRepeat), html: html.map(asRepeat) })
  for (const file of inner.files) if (found.files.length < maxFiles) found.files.push(file)
}

function addBody({ bodies }: Found, place: BodyPlace): void {
  if (bodies.length < maxBodies) bodies.push(place)
}

function toPlace(part: TextPart): BodyPlace {
  return part.type === 'text/html' ? { plain: [], html: [part] } : { plain: [part], html: [] }
}

/**
 * RFC 2046 §5.1.4: of alternatives the last is the best, and the one that mail programs show. Each may be a multipart of
 * its own: texts with files between them (Apple Mail), HTML with its pictures.
 */
function addAlternative(node: BodyStructure, depth: number, found: Found): void {
  let plain: readonly TextPart[] = []
  let html: readonly TextPart[] = []
  for (const [child, place] of placed(node)) {
    const inner: Found = { bodies: [], files: [], closed: found.closed }
    // Kinds of text that no program chooses (AMP, enriched) are neither body nor file.
    const isOtherText = !child.childNodes && isAlternativeText(child) && !isBody(child, whole)
    if (!isOtherText) collect(child, { ...place, isFirst: true }, depth + 1, inner)
    const texts = inner.bodies.flatMap((one) => (one.html.length > 0 ? one.html : one.plain))
    if (inner.bodies.some((one) => one.html.length > 0)) html = texts
    else if (texts.length > 0) plain = texts
    // One that holds both decides for itself, unless the outer one has a plain text already.
    const both = inner.bodies.flatMap((one) => (one.html.length > 0 ? one.plain : []))
    if (plain.length === 0 && both.length > 0) plain = both
    for (const file of inner.files) if (found.files.length < maxFiles) found.files.push(file)
  }
  if (plain.length > 0 || html.length > 0) addBody(found, { plain, html })
}

/** In a multipart/related the root comes first for its reader, wherever it is (RFC 2387 §3.2). */
function placed(node: BodyStructure): [BodyStructure, Place][] {
  const children = node.childNodes ?? []
  const start = node.type === 'multipart/related' ? node.parameters?.start?.trim() : undefined
  const named =
    start === undefined ? -1 : children.findIndex(({ id }) => id !== undefined && bare(id) === bare(start))
  const root = Math.max(0, named)
  return children.map((child, index) => [child, { isFirst: index === root, parent: node.type }])
}

function bare(id: string): string {
  return id.trim().replace(/^<|>$/g, '')
}

/** RFC 8621 §4.1.4: text with a name is a file unless it comes first; in a multipart/related only the root is text. */
function isBody(node: BodyStructure, { isFirst, parent }: Place): boolean {
  if (node.type !== 'text/plain' && node.type !== 'text/html') return false
  if (node.disposition === 'attachment') return false
  return isFirst || (parent !== 'multipart/related' && nameOf(node) === undefined)
}

function nameOf(node: BodyStructure): string | undefined {
  return node.dispositionParameters?.filename ?? node.parameters?.name
}

function isAlternativeText({ type, disposition }: BodyStructure): boolean {
  return /^text\/(?!calendar|vcard|x-vcard|directory)/.test(type) && disposition !== 'attachment'
}

/** Read automatically by every mail program, so no file to anyone (RFC 8621 §4.1.4). */
const machineTypes =
  /^(?:message\/(?:global-)?(?:delivery-status|disposition-notification|feedback-report)|text\/rfc822-headers|message\/global-headers|application\/(?:pgp-encrypted|applefile))$/
const signatureTypes = /^application\/(?:pgp-signature|(?:x-)?pkcs7-signature)$/

function addFile(node: BodyStructure, { isFirst, parent }: Place, found: Found): void {
  const isSignature = (parent === 'multipart/signed' && !isFirst) || /pkcs7-signature$/.test(node.type)
  if (isSignature && signatureTypes.test(node.type)) return
  const kind = containerOf(node, nameOf(node))
  if (kind !== undefined) found.closed.push({ node, kind })
  if (found.files.length >= maxFiles) return
  const isMachine = machineTypes.test(node.type) || parent === 'multipart/encrypted' || kind !== undefined
  found.files.push(toListedPart(node, { isInText: isMachine || isShownInText(node, parent, isFirst) }))
  if (isMessageType(node.type)) addNested(node, found)
}

const pictureName = /\.(?:png|jpe?g|gif|bmp|webp|avif|svg|tiff?|[ew]mf|ico)$/i

/** A picture, sound or film shown where it stands: RFC 8621 counts it as body, or as what HTML refers to. */
function isShownInText(node: BodyStructure, parent: string, isFirst: boolean): boolean {
  if (node.disposition === 'attachment') return false
  const isMedia = /^(?:image|audio|video)\//.test(node.type)
  if (parent !== 'multipart/related' || isFirst) return isMedia
  if (node.id === undefined && node.location === undefined) return isMedia && node.disposition === 'inline'
  return isMedia || isUsedByHtml(node)
}

/** What HTML needs beside media. No HTML shows a document, whatever number some program gave it. */
function isUsedByHtml(node: BodyStructure): boolean {
  if (node.type === 'application/octet-stream') return pictureName.test(nameOf(node) ?? '.png')
  return /^(?:font\/|text\/css$|application\/(?:(?:x-)?font|vnd\.ms-fontobject))/.test(node.type)
}

/** What is inside a mail inside this one: listed, with the number of the mail it is in, at any depth. */
function addNested(message: BodyStructure, found: Found): void {
  const [root] = message.childNodes ?? []
  if (root === undefined || message.part === undefined) return
  const { files } = sortParts(root)
  for (const file of files) {
    if (found.files.length >= maxFiles) return
    found.files.push({ ...file, inPart: file.inPart ?? message.part })
  }
}

/** A mail without plain text or HTML: the first other text is what its reader sees (RFC 2046 §4.1.4). */
function addOnlyText(structure: BodyStructure, found: Found): void {
  const texts: BodyStructure[] = []
  const visit = (node: BodyStructure, depth: number): void => {
    if (depth > maxDepth || isMessageType(node.type)) return
    if (
      node.type.startsWith('text/') &&
      node.disposition !== 'attachment' &&
      node.type !== 'text/rfc822-headers'
    )
      texts.push(node)
    else for (const child of node.childNodes ?? []) visit(child, depth + 1)
  }
  visit(structure, 0)
  // Of alternatives the last that is not for a program alone.
  const readable = texts.filter(({ type }) => !/amp-html|watch-html/.test(type))
  const isChoice = structure.type === 'multipart/alternative'
  const chosen = (isChoice ? readable.at(-1) : readable[0]) ?? texts[0]
  if (chosen === undefined) return
  addBody(found, toPlace(toTextPart(chosen)))
  // An invitation or a card is also there to be taken; any other text is body and nothing else.
  const isRecord = /^text\/(?:calendar|x-vcard|vcard|directory)$/.test(chosen.type)
  const at = found.files.findIndex(({ partId }) => partId === (chosen.part ?? '1'))
  const [file] = at < 0 ? [] : found.files.splice(at, 1)
  if (isRecord && file !== undefined) found.files.splice(at, 0, { ...file, inline: true })
}

export function toTextPart(node: BodyStructure): TextPart {
  return {
    partId: node.part ?? '1',
    type: node.type,
    charset: node.parameters?.charset ?? '',
    encoding: node.encoding ?? '7bit',
    size: node.size ?? 0,
    flowed: node.parameters?.format?.toLowerCase() === 'flowed',
    deleteSpace: node.parameters?.delsp?.toLowerCase() === 'yes',
    ...(node.content === undefined ? {} : { content: node.content }),
  }
}

/** The part with this number, at any depth; a multipart has none to fetch. */
export function findPart(structure: BodyStructure | undefined, partId: string): BodyStructure | undefined {
  let found: BodyStructure | undefined
  const visit = (node: BodyStructure, depth: number): void => {
    if (found !== undefined || depth > maxDepth * 2) return
    if (!node.type.startsWith('multipart/') && (node.part ?? '1') === partId) found = node
    else for (const child of node.childNodes ?? []) visit(child, depth + 1)
  }
  if (structure !== undefined) visit(structure, 0)
  return found
}

/** Of the message itself, not of the mails in it. */
export function findParts(
  structure: BodyStructure | undefined,
  isWanted: (node: BodyStructure) => boolean,
): BodyStructure[] {
  const found: BodyStructure[] = []
  const visit = (node: BodyStructure, depth: number): void => {
    if (depth > maxDepth || found.length >= maxBodies) return
    if (isWanted(node)) found.push(node)
    else if (!isMessageType(node.type)) for (const child of node.childNodes ?? []) visit(child, depth + 1)
  }
  if (structure !== undefined) visit(structure, 0)
  return found
}

/** The files of the message itself, as a row counts them: no picture of the text, nothing of a mail inside. */
export function countFiles(structure: BodyStructure | undefined): number {
  return sortParts(structure).files.filter(isCounted).length
}

function isCounted({ inline, inPart }: ListedPart): boolean {
  return !inline && inPart === undefined
}
