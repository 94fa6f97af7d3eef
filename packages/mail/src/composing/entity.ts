/**
 * One MIME entity by itself, as a part of another message: its content fields, its body, its bytes. nodemailer encodes
 * it; only strings and Buffers go in (R38).
 */
import type { MailAddress } from '../message.ts'
import { type OutgoingAttachment, toComposerAttachment } from './attachment-node.ts'
import { type HeaderField, joinMessage, type SplitMessage, splitMessage } from './header-fields.ts'
import { withLineEnds } from './line-ends.ts'

/** Its content fields, and its body from the blank line on. */
export type Entity = SplitMessage

export interface RenderedBody {
  readonly text: string
  /** Lines of `text` end in a blank where its paragraph goes on (RFC 3676). */
  readonly flowed: boolean
  readonly html?: string | undefined
}

export function composeText(body: Partial<RenderedBody>): Promise<Entity> {
  return build(toComposerBody(body))
}

/** What nodemailer takes; an empty text would leave a lone attachment as the whole message. */
export function toComposerBody({ text, flowed, html }: Partial<RenderedBody>) {
  const contentType = `text/plain; charset=utf-8${flowed ? '; format=flowed' : ''}`
  return {
    ...(text === undefined ? {} : { text: { content: text === '' ? '\n' : text, contentType } }),
    ...(html === undefined ? {} : { html }),
  }
}

export function composeAttachment(attachment: OutgoingAttachment): Promise<Entity> {
  return build({ attachments: [toComposerAttachment(attachment)] })
}

export function toBytes(entity: Entity): Buffer {
  return joinMessage(entity)
}

/** The address fields and the subject, encoded and folded, by lower-case name. */
export async function composeFields(
  changed: Partial<Record<'from' | 'to' | 'cc' | 'bcc', readonly MailAddress[]>> & { subject?: string },
): Promise<Map<string, HeaderField>> {
  const entity = await buildWhole(changed)
  return new Map(splitMessage(entity).fields.map((field) => [field.name, field]))
}

async function build(mail: object): Promise<Entity> {
  const { fields, rest } = splitMessage(await buildWhole(mail))
  return { fields: fields.filter(({ name }) => name.startsWith('content-')), rest }
}

async function buildWhole(mail: object): Promise<Buffer> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer')
  const node = new MailComposer({
    ...mail,
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile()
  node.keepBcc = true
  return withLineEnds(await node.build())
}
