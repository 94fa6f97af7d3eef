/** `Re:` and `Fwd:` as mail programs of many languages write them, so that an answer gets none a second time. */
import { sliceWhole } from '../wire/fit.ts'

/** RFC 5322 §2.1.1: under what the composer takes. */
const maxSubjectChars = 900

const replies = 're|aw|sv|antw|vs|res|r|rif|odp|ynt|回复|回覆|答复|答覆|ответ|ha|απ|atb|ats|bls|vá|תגובה'
const forwards =
  'fwd?|wg|tr|enc|rv|i|pd|doorst|vb|vl|videresendt|转发|轉寄|轉發|пересл|ilt|i̇lt|továbbítás|הועבר'

/** `RE[2]:`, `Re(2):` and `Re :` too. */
const reply = toPattern(replies)
const forward = toPattern(forwards)

export function toReplySubject(subject: string): string {
  return sliceWhole(reply.test(subject) ? subject : `Re: ${subject}`, maxSubjectChars)
}

export function toForwardSubject(subject: string): string {
  return sliceWhole(forward.test(subject) ? subject : `Fwd: ${subject}`, maxSubjectChars)
}

function toPattern(words: string): RegExp {
  return new RegExp(`^\\s*(?:${words})\\s?(?:\\[\\d{1,3}\\]|\\(\\d{1,3}\\))?\\s?[:：]`, 'iu')
}
