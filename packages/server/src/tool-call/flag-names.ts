/** Says what the name of a flag or label may be, where one is refused. */
import { MailError } from '@email-connector/mail'
import { ToolError } from '../wire/tool-error.ts'

const fields = ['add', 'remove', 'label']

export async function explainFlagNames<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change()
  } catch (error) {
    if (!(error instanceof MailError) || error.code !== 'invalid_input') throw error
    const { field = '', reason } = error
    if (!fields.includes(field)) throw error
    const sentence = reason
      ? `"${field}" is not valid: ${reason}. archive_email, delete_email, mark_as_spam and move_email move emails, mark_as_read marks them.`
      : `"${field}" names what cannot be set: flagged, answered and seen can, Gmail labels, and elsewhere single words of letters, digits and $ _ - . : + / . Deleting is delete_email.`
    throw new ToolError('invalid_input', sentence, { field, cause: error })
  }
}
