/**
 * Header fields by which a stored message sends something elsewhere than to its From: answers, receipts, bounces, what
 * unsubscribes. They go out as they are stored (R82), so a person who is asked about the message has to see them.
 */
import { decodeWords, type HeaderField, textOfField } from './header-fields.ts'

/** One of those fields, as a person is shown it. */
export interface RedirectingField {
  readonly name: string
  /** Decoded, on one line. */
  readonly text: string
  readonly redirects: 'answers' | 'receipts' | 'bounces' | 'unsubscribing'
}

const kinds: Readonly<Record<string, [name: string, redirects: RedirectingField['redirects']]>> = {
  'reply-to': ['Reply-To', 'answers'],
  'mail-reply-to': ['Mail-Reply-To', 'answers'],
  'mail-followup-to': ['Mail-Followup-To', 'answers'],
  'followup-to': ['Followup-To', 'answers'],
  'x-reply-to': ['X-Reply-To', 'answers'],
  'resent-reply-to': ['Resent-Reply-To', 'answers'],
  'list-post': ['List-Post', 'answers'],
  'disposition-notification-to': ['Disposition-Notification-To', 'receipts'],
  'return-receipt-to': ['Return-Receipt-To', 'receipts'],
  'x-confirm-reading-to': ['X-Confirm-Reading-To', 'receipts'],
  'errors-to': ['Errors-To', 'bounces'],
  'return-path': ['Return-Path', 'bounces'],
  'list-unsubscribe': ['List-Unsubscribe', 'unsubscribing'],
}

/** Every one of them, in the order of the header: a second Reply-To counts for some readers. */
export function findRedirects(fields: readonly HeaderField[]): RedirectingField[] {
  return fields.flatMap((field) => {
    const [name, redirects] = kinds[field.name] ?? []
    return name === undefined || redirects === undefined
      ? []
      : [{ name, redirects, text: decodeWords(textOfField(field)) }]
  })
}
