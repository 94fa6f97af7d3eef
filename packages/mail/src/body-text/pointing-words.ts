/**
 * Whether somebody points at what is quoted below their words: then it is part of what they say. Words that point as
 * often at a list of one's own count where answers are spoken of in the same sentence, or where no words follow.
 */

const refersBelow =
  /\b(?:see|look|read|my|answers?|comments?|replies|responses?|notes?|email|mail|message|thread|quoted)\b[^.\n]{0,30}\b(?:below|inline|in-line|underneath)\b|\b(?:in (?:red|blue|green|bold)|below in|inline below)\b|\b(?:siehe|s\.) ?unten|\bim text\b|untenstehend|\bin (?:rot|blau)\b|en (?:rouge|bleu)|hieronder|см\. ниже|ниже|\bnedan\b|nedenfor|poniżej/iu

const pointsBelow =
  /\bin-?line\b|ci-dessous|plus bas|más abajo|a continuación|di seguito|qui sotto|\babaixo\b|下記|以下|如下|아래/giu
const speaksOfAnswers =
  /\b(?:repl|respon|answer|comment|mark|note)|répon|remarque|courriel|\bmail|e-mail|messag|mensa|comenta|respuesta|correo|commenti|rispos|respost|回答|返信|返答|コメント|メール|質問|引用|回复|回覆|答复|答覆|评论|評論|批注|邮件|郵件|답변|답장|댓글|메일|의견/iu

/** Of a sentence, on each side of the word. */
const nearChars = 40
const maxSignatureLines = 3
const maxSignatureChars = 40

/** `own`: short, and without its signature where that is known. */
export function refersToQuote(own: string): boolean {
  return refersBelow.test(own) || [...own.matchAll(pointsBelow)].some(({ index }) => isPointer(own, index))
}

function isPointer(own: string, index: number): boolean {
  const before =
    own
      .slice(Math.max(0, index - nearChars), index)
      .split(/[.!?。！？\n]/)
      .at(-1) ?? ''
  const [behind = ''] = own.slice(index, index + nearChars).split(/[.!?。！？\n]/)
  if (speaksOfAnswers.test(`${before}${behind}`)) return true
  const [line = '', ...rest] = own.slice(index).split('\n')
  const names = rest.filter((one) => /\S/.test(one))
  if (names.length > 0 && /[:：]\s*$/.test(line)) return false
  return names.length <= maxSignatureLines && names.every(isOfSignature)
}

/** A greeting or a name: no date, no amount, no entry of a list. */
function isOfSignature(line: string): boolean {
  return line.length <= maxSignatureChars && !/\p{N}|^\s*[-*+•・·○●■□▪–—]/u.test(line)
}
