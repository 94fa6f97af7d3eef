/** A draft that its program has encrypted or signed: its words and files are not ours to change, or not under that signature. */
import { joinMessage } from '../composing/header-fields.ts'
import { type MimePart, parseMime } from '../composing/mime-tree.ts'
import { lineEnd } from '../composing/splice-parts.ts'
import { MailError } from '../mail-error.ts'

/** Throws `invalid_input` naming `field` where its content cannot be read; a signature goes, since it would be a false one. */
export function withoutSeal(raw: Buffer, field: string): Buffer {
  const root = parseMime(raw)
  if (isClosed(root)) {
    const reason =
      'it is encrypted or signed as a whole, and only the program that made it can change its words and files'
    throw new MailError('invalid_input', { field, reason })
  }
  const [signed] = root.children
  if (root.type !== 'multipart/signed' || signed === undefined) return raw
  const isOfContent = ({ name }: { readonly name: string }) => name.startsWith('content-')
  const kept = root.fields.filter((one) => !isOfContent(one))
  return joinMessage({
    fields: [...kept, ...signed.fields.filter(isOfContent)],
    rest: Buffer.concat([lineEnd, raw.subarray(signed.bodyStart, signed.end), lineEnd]),
  })
}

/** RFC 1847 §2.2, RFC 8551 §3.2. */
function isClosed({ type }: MimePart): boolean {
  return type === 'multipart/encrypted' || /^application\/(?:x-)?pkcs7-mime$/.test(type)
}
