/** Recipients as a tool gets them. What cannot be sent to is named with its place and the reason (R86). */
import { type MailAddress, readAddressList, toFaultText } from '@email-connector/mail'
import { ToolError } from '../wire/tool-error.ts'

export function parseRecipients(entries: readonly string[], field: string): MailAddress[] {
  return entries.flatMap((entry, index) => {
    const { mailboxes, faults } = readAddressList(entry)
    if (faults.length === 0) return mailboxes
    const place = `${field}[${index}]`
    const form = 'The form is name@example.org or Name <name@example.org>.'
    const sentence = `"${place}" holds what cannot be sent to. ${toFaultText(faults)}. ${form}`
    throw new ToolError('invalid_input', sentence, { field: place })
  })
}

/** An email that goes to nobody is no email. */
export function assertRecipients(...lists: readonly (readonly unknown[])[]): void {
  if (lists.some((list) => list.length > 0)) return
  throw new ToolError('invalid_input', '"to" must name at least one recipient.', { field: 'to' })
}
