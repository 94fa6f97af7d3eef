/** A text part as its writer typed it, out of the form in which it was sent: plain, flowed, enriched, an invitation. */
import { unflow } from '../mime/flowed.ts'
import { toInvitationText } from './invitation-text.ts'

export type WrittenForm = 'plain' | 'flowed' | 'flowed-delsp' | 'enriched' | 'calendar'

/** A coded CR in front of the line's own end (`=0D` CRLF) makes no second line. */
const lineEnd = /\r\r\n|\r\n?/g

export function toWritten(text: string, form: WrittenForm): string {
  if (form === 'enriched') return fromEnriched(text)
  if (form === 'calendar') return toInvitationText(text)
  return form === 'plain' ? text.replaceAll(lineEnd, '\n') : unflow(text, form === 'flowed-delsp')
}

/** RFC 1896 and the richtext of RFC 1341: marks go, one line end is a blank, several are one fewer. */
function fromEnriched(text: string): string {
  return text
    .replaceAll(lineEnd, '\n')
    .replaceAll(/<param>[^<]{0,1000}<\/param>/gi, '')
    .replaceAll(/<nl>|<paragraph>|<np>/gi, '\n\n')
    .replaceAll(/<lt>/gi, '<<')
    .replaceAll(/\n+/g, (lines) => (lines.length === 1 ? ' ' : lines.slice(1)))
    .replaceAll(/<<|<\/?[a-z][\w-]{0,60}>/gi, (mark) => (mark === '<<' ? '<' : ''))
}
