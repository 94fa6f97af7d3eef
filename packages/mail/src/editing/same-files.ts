/** Whether a message came back with the files it was stored with: a mail server may keep something else than it was given. */
import { parseMime } from '../composing/mime-tree.ts'
import { findNode } from '../composing/splice-parts.ts'
import { decodeTransfer } from '../mime/transfer.ts'
import { sortParts } from '../reading/structure.ts'

/** In the same order, each with the same name and the same bytes once they are decoded. */
export function haveSameFiles(one: Buffer, other: Buffer): boolean {
  const [mine, others] = [listFiles(one), listFiles(other)]
  const isSame = (file: StoredFile, found: StoredFile | undefined) =>
    found !== undefined && found.filename === file.filename && found.bytes().equals(file.bytes())
  return mine.length === others.length && mine.every((file, index) => isSame(file, others[index]))
}

interface StoredFile {
  readonly filename: string | undefined
  /** Decoded one at a time: together they may be large. */
  bytes(): Buffer
}

function listFiles(raw: Buffer): StoredFile[] {
  const root = parseMime(raw)
  return sortParts(root.structure).files.map(({ filename, partId }) => ({
    filename,
    bytes() {
      const node = findNode(root, partId)
      return decodeTransfer(raw.subarray(node?.bodyStart, node?.end), node?.encoding ?? '')
    },
  }))
}
