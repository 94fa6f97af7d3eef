/**
 * Changes a stored message part by part: what is not named stays as its bytes are (R82). Reply-To, priority, receipts,
 * inline pictures and another program's HTML are none of our business. Every step parses what the step before wrote.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { escapeText } from '../body-text/escape-text.ts'
import { plainForPeople } from '../body-text/plain-for-people.ts'
import { renderForPeople } from '../body-text/render-for-people.ts'
import type { OutgoingAttachment } from '../composing/attachment-node.ts'
import { composeAttachment, composeFields, composeText, type Entity, toBytes } from '../composing/entity.ts'
import { type HeaderField, joinMessage, splitMessage, toField } from '../composing/header-fields.ts'
import { delimiters, type MimePart, parseMime } from '../composing/mime-tree.ts'
import { renderBody } from '../composing/render-body.ts'
import {
  type Change,
  cutOf,
  findNode,
  lineEnd,
  mimeVersion,
  replacementOf,
  splice,
  withoutLastLineEnd,
} from '../composing/splice-parts.ts'
import { readStoredHeaders } from '../composing/stored-message.ts'
import { MailError } from '../mail-error.ts'
import type { MailAddress } from '../message.ts'
import { sortParts } from '../reading/structure.ts'
import { type HtmlTail, tailOfHtml } from './html-tail.ts'
import { isAnsweredBelow, tailOfText } from './kept-tail.ts'
import type { TextChange } from './link-targets.ts'
import { ownTexts } from './own-texts.ts'
import { readPart } from './read-part.ts'
import { withoutSeal } from './sealed.ts'

export { haveSameFiles } from './same-files.ts'

export interface StoredEdit {
  readonly from?: MailAddress
  readonly to?: readonly MailAddress[]
  readonly cc?: readonly MailAddress[]
  readonly bcc?: readonly MailAddress[]
  readonly subject?: string
  /** Markdown, in the place of the writer's own words. */
  readonly body?: string
  readonly replace?: readonly TextChange[]
  /** Part numbers, as reading the message lists them; or every file. */
  readonly removeAttachments?: readonly string[] | 'all'
  readonly addAttachments?: readonly OutgoingAttachment[]
  readonly date: Date
  /** Of a Message-ID, where the message has none. */
  readonly domain: string
}

/** Throws `invalid_input` naming `replace[…]`, `remove_attachments[…]`, `attachments`, or what cannot be changed. */
export async function editStored(raw: Buffer, edit: StoredEdit): Promise<Buffer> {
  const opening = fieldOfContent(edit)
  let edited = opening === undefined ? raw : withoutSeal(raw, opening)
  if (edit.replace !== undefined && edit.replace.length > 0) {
    // it reads HTML, which no other change does: loaded with the first of its kind
    const { replaceTexts } = await import('./replace-text.ts')
    edited = await replaceTexts(edited, edit.replace)
  }
  if (edit.body !== undefined) edited = await replaceBody(edited, edit.body)
  edited = removeFiles(edited, edit.removeAttachments ?? [])
  for (const attachment of edit.addAttachments ?? [])
    edited = addPart(edited, await composeAttachment(attachment))
  return await replaceHeaders(edited, edit)
}

/** What changes more than the header, under the name that a caller gives it. */
function fieldOfContent({
  body,
  replace,
  addAttachments,
  removeAttachments,
}: StoredEdit): string | undefined {
  if (body !== undefined) return 'body'
  if (replace !== undefined && replace.length > 0) return 'replace'
  if (removeAttachments === 'all' || (addAttachments ?? []).length > 0) return 'attachments'
  return (removeAttachments ?? []).length > 0 ? 'remove_attachments' : undefined
}

/** The files of a message, for an answer that lists them. */
export function readAttachmentsOf(raw: Buffer): { filename: string; size: number }[] {
  return sortParts(parseMime(raw).structure).files.map(({ filename, contentType, size }) => ({
    filename: filename ?? contentType,
    size,
  }))
}

async function replaceHeaders(raw: Buffer, edit: StoredEdit): Promise<Buffer> {
  const { from, to, cc, bcc, subject } = edit
  const composed = await composeFields({
    ...(from && { from: [from] }),
    ...(to && { to }),
    ...(cc && { cc }),
    ...(bcc && { bcc }),
    ...(subject !== undefined && { subject }),
  })
  const named = { from, to, cc, bcc, subject }
  const changed = new Map<string, HeaderField | undefined>(
    Object.entries(named)
      .filter(([, value]) => value !== undefined)
      .map(([name]) => [name, composed.get(name)]),
  )
  changed.set('date', toField('Date', edit.date.toUTCString().replace('GMT', '+0000')))
  // Another From is another writer: who wrote on whose behalf is no longer so.
  if (from !== undefined) changed.set('sender', undefined)
  if (!hasMessageId(raw)) changed.set('message-id', toField('Message-ID', `<${randomUUID()}@${edit.domain}>`))
  return setFields(raw, changed)
}

function hasMessageId(raw: Buffer): boolean {
  return readIdOnly(raw) !== undefined
}

/** Whatever its recipients are: they may be what is to be repaired. */
function readIdOnly(raw: Buffer): string | undefined {
  const fields = splitMessage(raw).fields.filter(({ name }) => name === 'message-id')
  return readStoredHeaders(joinMessage({ fields, rest: Buffer.alloc(0) })).messageId
}

/** In the place of the first of that name, else behind the last field. */
function setFields(raw: Buffer, changed: ReadonlyMap<string, HeaderField | undefined>): Buffer {
  const { fields, rest } = splitMessage(raw)
  const placed = new Set<string>()
  const kept = fields.flatMap((field) => {
    if (!changed.has(field.name)) return [field]
    if (placed.has(field.name)) return []
    placed.add(field.name)
    return changed.get(field.name) ?? []
  })
  const added = [...changed].flatMap(([name, field]) => (placed.has(name) ? [] : (field ?? [])))
  return joinMessage({ fields: [...kept, ...added], rest: rest.length === 0 ? lineEnd : rest })
}

/** The writer's own words; what they answer or forward stays below them, and so does a signature. */
async function replaceBody(raw: Buffer, markdown: string): Promise<Buffer> {
  const root = parseMime(raw)
  const places = ownTexts(root.structure)
  const [first] = places
  const plainPart = first?.plain[0]
  // Beside HTML there may be plain text of its own, between files.
  const htmlPart = first?.html.find(({ type }) => type === 'text/html')
  const [plain, html] = [plainPart, htmlPart].map((part) => findNode(root, part?.partId))
  const typed = plainPart === undefined ? '' : readPart(raw, root, plainPart)
  const tail = tailOfText(typed)
  // The marks of HTML do not say whether an answer stands below a quote; the lines of the text do.
  const isAllOwn = htmlPart === undefined || (tail === undefined && isAnsweredBelow(typed))
  const kept = isAllOwn ? undefined : tailOfHtml(readPart(raw, root, htmlPart))
  const rendered = await renderBody(markdown, { original: await toOriginal(tail, kept) })
  if (plain === undefined && html === undefined) return addPart(raw, await composeText(rendered), 'first')
  const changes: Change[] = places
    .flatMap((one) => [...one.plain, ...one.html])
    .flatMap(({ partId }) => findNode(root, partId) ?? [])
    .filter((node) => node !== plain && node !== html && node !== root)
    .map((node) => cutOf(raw, node))
  if (plain !== undefined && html === undefined)
    return splice(raw, [...changes, replacementOf(root, plain, await composeText(rendered))])
  const shown = inDocument(rendered.html ?? plainHtml(rendered.text), kept?.head ?? '')
  const texts = { text: rendered.text, flowed: rendered.flowed }
  if (plain !== undefined) changes.push(replacementOf(root, plain, await composeText(texts)))
  if (html !== undefined) changes.push(replacementOf(root, html, await composeText({ html: shown })))
  return splice(raw, changes)
}

async function toOriginal(text: string | undefined, kept: HtmlTail | undefined) {
  if (text === undefined && kept === undefined) return undefined
  const asText = text ?? (await renderForPeople(kept?.tail ?? '')).text
  return {
    text: asText,
    html: kept?.tail ?? plainForPeople(asText),
    isRich: kept !== undefined,
    pictures: [],
  }
}

/** Below the styles of the program that wrote what is kept. */
function inDocument(html: string, head: string): string {
  if (head === '') return html
  return `${head}${html.slice(html.indexOf('<body>') + '<body>'.length)}`
}

/** For a draft that has HTML: all its readers see it. */
function plainHtml(text: string): string {
  return `<div dir="auto">${escapeText(text).replaceAll('\n', '<br>\n')}</div>\n`
}

function removeFiles(raw: Buffer, ids: readonly string[] | 'all'): Buffer {
  if (ids.length === 0) return raw
  const root = parseMime(raw)
  const attachments = sortParts(root.structure).files
  const files = ids === 'all' ? attachments.filter((one) => !one.inline).map(({ partId }) => partId) : ids
  const changes = files.map((id, index) => {
    const node = findNode(root, id)
    if (node === undefined || !attachments.some(({ partId }) => partId === id)) {
      const reason = `the draft has no attachment ${id.slice(0, 50)}; it has ${listOf(attachments)}`
      throw new MailError('invalid_input', { field: `remove_attachments[${index}]`, reason })
    }
    // A message that is a file and nothing else keeps its header.
    return node === root ? { ...emptied(root) } : cutOf(raw, node)
  })
  return splice(raw, changes)
}

function listOf(attachments: readonly { partId: string; filename?: string }[]): string {
  if (attachments.length === 0) return 'none'
  return attachments.map(({ partId, filename }) => `${partId} (${filename ?? 'unnamed'})`).join(', ')
}

function emptied(root: MimePart): Change {
  const fields = root.fields.filter(({ name }) => !name.startsWith('content-'))
  const text = [toField('Content-Type', 'text/plain; charset=utf-8')]
  return {
    start: 0,
    end: root.end,
    bytes: joinMessage({ fields: [...fields, ...text], rest: Buffer.from('\r\n\r\n') }),
  }
}

/** Into the multipart/mixed that the message is, or is made. */
function addPart(raw: Buffer, entity: Entity, place: 'first' | 'last' = 'last'): Buffer {
  const root = parseMime(raw)
  const { boundary } = root
  if (root.type !== 'multipart/mixed' || boundary === undefined || root.children.length === 0)
    return addPart(wrapped(root, raw), entity, place)
  const bytes = [Buffer.from(`--${boundary}\r\n`, 'utf8'), withoutLastLineEnd(toBytes(entity)), lineEnd]
  const marks = [...delimiters(raw, root.bodyStart, root.end, boundary)]
  const at = place === 'first' ? marks[0] : marks.find(({ isLast }) => isLast)
  if (at !== undefined) return splice(raw, [{ start: at.start, end: at.start, bytes: Buffer.concat(bytes) }])
  const closing = Buffer.from(`--${boundary}--\r\n`, 'utf8')
  return Buffer.concat([raw, lineEnd, ...bytes, closing])
}

function wrapped(root: MimePart, raw: Buffer): Buffer {
  const boundary = `part-${randomBytes(12).toString('hex')}`
  const isOfContent = ({ name }: HeaderField) => name.startsWith('content-')
  const version = root.fields.some(({ name }) => name === 'mime-version') ? [] : [mimeVersion]
  const type = toField('Content-Type', `multipart/mixed; boundary="${boundary}"`)
  const inner = joinMessage({ fields: root.fields.filter(isOfContent), rest: lineEnd })
  return joinMessage({
    fields: [...root.fields.filter((field) => !isOfContent(field)), ...version, type],
    rest: Buffer.concat([
      Buffer.from(`\r\n--${boundary}\r\n`),
      inner,
      raw.subarray(root.bodyStart),
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  })
}
