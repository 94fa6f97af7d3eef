/** How an attachment is told: its text in slices that fit an answer, and how to go on; else a picture, a file, a reason. */
import type { DocumentText, Picture } from '@email-connector/mail'
import type { ContentBlock } from '@modelcontextprotocol/server'
import { fits, sliceWhole, toLine } from './fit.ts'
import type { ToolResult } from './tool-result.ts'
import { type MakeMark, quoteUntrusted, untrustedNotice } from './untrusted.ts'

export interface AttachmentFacts {
  readonly account: string
  readonly filename?: string | undefined
  readonly contentType: string
  readonly size: number
}

export interface Slice {
  readonly offset: number
  readonly maxChars: number
  readonly makeMark: MakeMark
}

export function toText(
  facts: AttachmentFacts,
  document: DocumentText,
  { offset, maxChars, makeMark }: Slice,
): ToolResult<unknown> {
  const { structured: described, named } = describe(facts)
  const { text: all, parts, pictures } = document
  const slice = (share: number): ToolResult<unknown> => {
    const text = sliceWhole(all.slice(offset), Math.floor(maxChars * share))
    const end = offset + text.length
    const next = toNext(document, end)
    const warnings = [...document.warnings]
    const structured = {
      ...next,
      // Of a document that was not read to its end nobody knows it.
      ...(document.isCut ? {} : { total_chars: all.length }),
      ...described,
      shown_as: 'text',
      document: document.type,
      ...(parts && { [`${parts.unit}s`]: parts.count }),
      warnings,
      text,
    }
    const head = [
      `Attachment of ${facts.size} bytes, of ${facts.account}: ${document.type}`,
      parts && `, ${parts.count} ${parts.unit}${parts.count === 1 ? '' : 's'}`,
      '.',
      tellNext(document, end, next),
      all === '' && pictures.length === 0 && ' It holds no text that a reader would see.',
    ].filter((part) => typeof part === 'string')
    const inside = [named, warnings.length === 0 ? [] : `Warnings: ${warnings.join(', ')}`, '', text]
    return { structured, text: `${head.join('')}\n${quoteUntrusted(inside.flat().join('\n'), makeMark)}` }
  }
  // JSON spells a line break as two characters and a control as six.
  const fitting = slice([1, 0.6, 0.3].find((share) => fits(slice(share))) ?? 0.1)
  if (pictures.length === 0) return fitting
  // A client that shows the structured part alone would show no picture.
  return { ...fitting, structured: undefined, content: pictures.map(toImage) }
}

type Next = { next_offset: number } | { next_pages: string } | Record<string, never>

function toNext({ text, parts, isCut }: DocumentText, end: number): Next {
  if (end < text.length) return { next_offset: end }
  return isCut && parts ? { next_pages: `${parts.last + 1}-${parts.count}` } : {}
}

function tellNext({ text, isCut }: DocumentText, end: number, next: Next): string {
  if ('next_offset' in next)
    return ` Cut: ${isCut ? '' : `${text.length} characters, `}go on with offset ${end}.`
  return 'next_pages' in next ? ` Cut: go on with pages ${next.next_pages}.` : ''
}

/** Without a structured part, as below: a client that reads only that would show neither picture nor file. */
export function toPicture(
  facts: AttachmentFacts,
  picture: Picture,
  told: string,
  makeMark: MakeMark,
): ToolResult<undefined> {
  const text = `Image of ${facts.size} bytes (${told}), of ${facts.account}.\n${quoteUntrusted(describe(facts).named, makeMark)}`
  return { structured: undefined, text, content: [toImage(picture)] }
}

export function toFile(
  facts: AttachmentFacts,
  file: { uri: string; content: Buffer },
  makeMark: MakeMark,
  why = '',
): ToolResult<undefined> {
  const { structured, named } = describe(facts)
  const blob = file.content.toString('base64')
  return {
    structured: undefined,
    text: `File of ${facts.size} bytes, of ${facts.account}.${why === '' ? '' : ` ${why}`}\n${quoteUntrusted(named, makeMark)}`,
    content: [{ type: 'resource', resource: { uri: file.uri, mimeType: structured.content_type, blob } }],
  }
}

export interface NotShown {
  readonly why: 'too_large' | 'not_readable'
  readonly sentence: string
  /** For the owner, where there is one. */
  readonly link: string | undefined
}

/** Neither text nor file: why, and what to do instead. */
export function toReason(
  facts: AttachmentFacts,
  { why, sentence, link }: NotShown,
  makeMark: MakeMark,
): ToolResult<unknown> {
  const instead =
    link === undefined
      ? "The owner's own mail program can open it."
      : `The owner can download it at ${link} (within 15 minutes, in a browser paired with this mailbox).`
  const { structured, named } = describe(facts)
  return {
    structured: {
      ...structured,
      ...{ shown_as: why, reason: sentence },
      ...(link !== undefined && { download_url: link }),
      warnings: [],
    },
    text: `Attachment of ${facts.size} bytes, of ${facts.account}: ${sentence} ${instead}\n${quoteUntrusted(named, makeMark)}`,
  }
}

function toImage({ data, mimeType }: Picture): ContentBlock {
  return {
    type: 'image',
    data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
    mimeType,
  }
}

/** Name and type are what the sender wrote. */
function describe({ account, filename, contentType, size }: AttachmentFacts) {
  const structured = {
    account,
    ...(filename === undefined ? {} : { filename: toLine(filename, 200) }),
    content_type: toLine(contentType, 100),
    size,
    notice: untrustedNotice,
  }
  return { structured, named: `Name: ${structured.filename ?? 'unnamed'}\nType: ${structured.content_type}` }
}
