/** Recipients as a tool gets them. The mail package knows the one form it takes; the place at fault is told here. */
import { type MailAddress, MailError, parseAddressList } from '@email-connector/mail'
import { ToolError } from '../wire/tool-error.ts'

export function parseRecipients(entries: readonly string[], field: string): MailAddress[] {
  return entries.flatMap((entry, index) => {
    const place = `${field}[${index}]`
    try {
      return parseAddressList(entry, place)
    } catch (error) {
      if (!(error instanceof MailError)) throw error
      const sentence = `"${place}" is not an address: the form is name@example.org or Name <name@example.org>.`
      throw new ToolError('invalid_input', sentence, { field: place, cause: error })
    }
  })
}

/** An email that goes to nobody is no email. */
export function assertRecipients(...lists: readonly (readonly unknown[])[]): void {
  if (lists.some((list) => list.length > 0)) return
  throw new ToolError('invalid_input', '"to" must name at least one recipient.', { field: 'to' })
}
