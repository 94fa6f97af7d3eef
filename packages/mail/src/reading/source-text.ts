/**
 * A mail that is here in its bytes (an attached one) as the text a person reads: who wrote it, what it says, which files
 * it holds and under which number each is fetched, and the mails inside it, at any depth.
 */
import type { ReadableText } from '../body-text/readable-text.ts'
import { callTime, type TimeLimits } from '../connect/deadline.ts'
import { parseSource } from '../mime/source.ts'
import { type BodyStructure, isMessageType } from '../mime/structure.ts'
import { readParsed } from './bodies.ts'
import { toHeading } from './nested-mails.ts'
import { openWithin } from './opened.ts'
import { findParts, sortParts } from './structure.ts'

/** Mails in mails in mails. */
const maxLevels = 10
const maxMails = 50

/** `partId`: of the attachment; its parts are numbered below it, as the mail server does. */
export async function readSourceText(
  source: Buffer,
  partId: string,
  limits: TimeLimits = {},
): Promise<ReadableText> {
  const time = callTime(limits)
  const { root, envelope } = parseSource(source, partId)
  const warnings = new Set<string>()
  const shown: string[] = []
  await readMail({ type: 'message/rfc822', part: partId, envelope, childNodes: [await openWithin(root)] }, 0)
  return { text: shown.join('\n\n'), warnings: [...warnings] }

  async function readMail(mail: BodyStructure, level: number): Promise<void> {
    const [structure] = mail.childNodes ?? []
    if (structure === undefined || level > maxLevels || shown.length > maxMails * 2) return
    const heading = toHeading(mail)
    const { body, warnings: said } = await readParsed(structure, time, mail.envelope)
    for (const one of said) warnings.add(one)
    const files = sortParts(structure)
      .files.filter(({ inPart }) => inPart === undefined)
      .map(
        (file) =>
          `Attachment ${file.partId}: ${file.filename ?? 'unnamed'}, ${file.contentType}, ${file.size} bytes`,
      )
    const lines = level === 0 ? heading.split('\n').slice(1).join('\n') : heading
    shown.push([[lines, ...files].join('\n'), body.text || (body.note ?? '')].join('\n\n'))
    for (const inner of findParts(structure, ({ type }) => isMessageType(type)))
      await readMail(inner, level + 1)
  }
}
