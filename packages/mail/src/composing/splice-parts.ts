/** Cuts and replaces parts of a stored message; the bytes around them stay. */
import { joinMessage, type SplitMessage, toField } from './header-fields.ts'
import { allParts, type MimePart } from './mime-tree.ts'

export const lineEnd = Buffer.from('\r\n')

export interface Change {
  readonly start: number
  readonly end: number
  readonly bytes: Buffer
}

/** The fields that do not say what the content is stay: Content-ID, Content-Language, those of the message. */
export function replacementOf(root: MimePart, node: MimePart, { fields, rest }: SplitMessage): Change {
  const renewed = new Set(['content-type', 'content-transfer-encoding'])
  const kept = node.fields.filter(({ name }) => !renewed.has(name))
  const version = node === root && !kept.some(({ name }) => name === 'mime-version') ? [mimeVersion] : []
  const bytes = joinMessage({
    fields: [...kept, ...version, ...fields.filter(({ name }) => renewed.has(name))],
    rest: node === root ? rest : withoutLastLineEnd(rest),
  })
  return { start: node.start, end: node.end, bytes }
}

export const mimeVersion = toField('MIME-Version', '1.0')

export function withoutLastLineEnd(rest: Buffer): Buffer {
  return rest.length > 2 && rest.subarray(-2).equals(lineEnd) ? rest.subarray(0, -2) : rest
}

export function splice(raw: Buffer, changes: readonly Change[]): Buffer {
  const pieces: Buffer[] = []
  let at = 0
  for (const { start, end, bytes } of [...changes].sort((a, b) => a.start - b.start)) {
    if (start < at) continue
    pieces.push(raw.subarray(at, start), bytes)
    at = end
  }
  return Buffer.concat([...pieces, raw.subarray(at)])
}

/** With the delimiter line before it and the line end behind it. */
export function cutOf(raw: Buffer, node: MimePart): Change {
  const start = raw.lastIndexOf(0x0a, node.start - 2) + 1
  const behind = raw[node.end] === 0x0d ? 2 : raw[node.end] === 0x0a ? 1 : 0
  return { start, end: node.end + behind, bytes: Buffer.alloc(0) }
}

export function findNode(root: MimePart, partId: string | undefined): MimePart | undefined {
  if (partId === undefined) return undefined
  for (const part of allParts(root)) if (part.part === partId && part.children.length === 0) return part
  return undefined
}
