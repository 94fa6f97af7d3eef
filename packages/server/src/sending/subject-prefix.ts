/** `Re:` and `Fwd:` as mail programs of many languages write them, so that an answer gets none a second time. */
import { sliceWhole } from '../wire/fit.ts'

/** RFC 5322 §2.1.1: under what the composer takes. */
const maxSubjectChars = 900

const replies =
  're|ré|réf\\.|rép|aw|antwort|antw|sv|vs|res|r|rif|odp\\.?|odg|отв|ynt|回复|回覆|答复|答覆|返信|회신|답장|ответ|trả lời|ha|απ|atb|ats|bls|vá|תגובה|رد'
const forwards =
  'fwd?|wg|tr|enc|rv|i|pd|doorst|vb|vl|videresendt|转发|轉寄|轉發|転送|пересл|ilt|i̇lt|továbbítás|הועבר'

/** `RE[2]:`, `Re(2):`, `Re^2:`, `Re-2:` and `Re :` too. */
const reply = toPattern(replies)
const forward = toPattern(forwards)

export function toReplySubject(subject: string): string {
  return sliceWhole(isPrefixed(reply, subject) ? subject : `Re: ${subject}`, maxSubjectChars)
}

export function toForwardSubject(subject: string): string {
  return sliceWhole(isPrefixed(forward, subject) ? subject : `Fwd: ${subject}`, maxSubjectChars)
}

/** Some write an accent as a character of its own. */
function isPrefixed(pattern: RegExp, subject: string): boolean {
  return pattern.test(subject.slice(0, maxSubjectChars).normalize('NFC'))
}

function toPattern(words: string): RegExp {
  return new RegExp(`^\\s*(?:${words})\\s?(?:\\[\\d{1,3}\\]|\\(\\d{1,3}\\)|[\\^-]\\d{1,3})?\\s?[:：]`, 'iu')
}
