/** The header fields by which an answer joins the conversation of the email it answers. */
import type { MessageDetail, OutgoingDraft } from '@email-connector/mail'

/** RFC 5322 §3.6.4: In-Reply-To is the parent's id; References are the parent's, else its In-Reply-To, and that id. */
export function toThread(parent: MessageDetail): Pick<OutgoingDraft, 'inReplyTo' | 'references'> {
  const messageId = toMessageId(parent.messageId)
  if (messageId === undefined) return {}
  const before =
    parent.references.length > 0 ? parent.references : [toMessageId(parent.inReplyTo) ?? []].flat()
  return { inReplyTo: messageId, references: [...before, messageId] }
}

/** Some programs write an id without its brackets, or a comment beside it. */
function toMessageId(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const bracketed = /<[^<>\s]{1,998}>/.exec(text)?.[0]
  const bare = /^[^<>\s()"]+@[^<>\s()"]+$/.exec(text.trim())?.[0]
  return bracketed ?? (bare === undefined ? undefined : `<${bare}>`)
}
