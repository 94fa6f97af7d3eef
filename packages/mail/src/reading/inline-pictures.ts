/**
 * HTML can be too long to be read whole because its pictures are part of it. Where there is one in what was read, the
 * rest is fetched, and the pictures are left out, so that no words behind them are lost. Ordinary HTML costs nothing here.
 */
import type { ImapSession, SelectedMailbox } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import { decodeText } from '../mime/charset.ts'
import { dropInlineData } from '../mime/inline-data.ts'
import { decodeInTurns } from '../mime/transfer-stream.ts'
import { fetchSections } from './fetch-sections.ts'
import { type FetchedText, isRefusal } from './fetch-texts.ts'
import type { TextPart } from './structure.ts'

/** Encoded octets of all such parts of one call: the largest email that most providers take. */
const maxCallBytes = 36 * 1024 * 1024

/** Puts what it reads in the place of texts that were cut; what the server refuses stays as it was. */
export function createPictureSkipper(session: ImapSession, mailbox: SelectedMailbox, maxPartBytes: number) {
  let room = maxCallBytes
  return async (
    uid: number,
    parts: readonly TextPart[],
    texts: Map<TextPart, FetchedText>,
  ): Promise<void> => {
    for (const part of parts) {
      const begun = texts.get(part)
      if (part.type !== 'text/html' || !begun?.isCut || !(await holdsPictures(begun.text))) continue
      const whole = part.content ?? (await fetchPart(part))
      if (whole !== undefined) texts.set(part, await toTextWithoutPictures(part, whole, maxPartBytes))
    }

    async function fetchPart({ partId, size }: TextPart): Promise<Buffer | undefined> {
      if (room < size) return undefined
      try {
        const wanted = [{ section: partId, size, maxBytes: room }]
        const fetched = (await fetchSections(session, mailbox, uid, wanted)).get(partId)
        room -= fetched?.bytes.length ?? size
        return fetched?.isCut ? undefined : fetched?.bytes
      } catch (error) {
        const isGone = error instanceof MailError && error.code === 'message_not_found'
        if (isGone || isRefusal(error)) return undefined
        throw error
      }
    }
  }
}

export async function toTextWithoutPictures(
  part: TextPart,
  encoded: Buffer,
  maxPartBytes: number,
): Promise<FetchedText> {
  const written = await dropInlineData(await decodeInTurns(encoded, part.encoding, { isText: true }))
  const text = decodeText(written.subarray(0, maxPartBytes), part.charset, { isHtml: true })
  return { text, isCut: written.length > maxPartBytes }
}

async function holdsPictures(html: string): Promise<boolean> {
  const octets = Buffer.from(html)
  return (await dropInlineData(octets)) !== octets
}
