/**
 * Large files beside the composer. The composer would hold a file as base64 several times over. It gets a short mark
 * instead, and the file takes the place of the mark in the finished message.
 */
import { randomBytes } from 'node:crypto'
import type { MessagePart } from '../message-bytes.ts'
import { withLineEnds } from './line-ends.ts'

/** What is smaller goes through the composer. */
const largeBytes = 64 * 1024

interface ComposerFile {
  readonly content: Buffer
  readonly contentType: string
}

export interface FileAside<T extends ComposerFile> {
  /** What the composer gets. */
  readonly composed: T
  readonly aside?: { readonly mark: Buffer; readonly part: MessagePart }
}

export function setAside<T extends ComposerFile>(file: T): FileAside<T> {
  const { content, contentType } = file
  if (content.length <= largeBytes) return { composed: file }
  // One line of base64, and nothing that anybody else could know.
  const given = randomBytes(45)
  // RFC 2046 §5.2.1: a message is not encoded.
  if (/^message\//i.test(contentType)) {
    const mark = Buffer.from(given.toString('hex'))
    return { composed: { ...file, content: mark }, aside: { mark, part: withLineEnds(content) } }
  }
  const mark = Buffer.from(given.toString('base64'))
  return { composed: { ...file, content: given }, aside: { mark, part: { base64: content } } }
}

/** Pictures of the text stand before the files, whatever their order was. */
export function putBack(built: Buffer, files: readonly FileAside<ComposerFile>[]): MessagePart[] {
  const places = files
    .flatMap(({ aside }) => (aside === undefined ? [] : [{ ...aside, at: built.indexOf(aside.mark) }]))
    .sort((a, b) => a.at - b.at)
  const parts: MessagePart[] = []
  let from = 0
  for (const { at, mark, part } of places) {
    if (at < from) throw new Error('A file of a composed message has no place in it')
    parts.push(built.subarray(from, at), part)
    from = at + mark.length
  }
  return [...parts, built.subarray(from)]
}
