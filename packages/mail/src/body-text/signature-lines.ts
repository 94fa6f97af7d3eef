/**
 * What stands below somebody's words and is none of them: a signature, the line of a phone, the footer of a list. Where in
 * doubt, a line is the writer's.
 */
import type { Region } from './mail-programs.ts'
import { isWordless, lastWords } from './worded-lines.ts'

const maxTailLines = 15

/** Where the signature and the list's footer below a quote begin; the end where there is none. */
export function findTail(
  lines: readonly string[],
  isQuoted: (at: number) => boolean,
  regions: readonly Region[],
): number {
  let end = lines.length
  for (let pass = 0; pass < 3; pass += 1) {
    const last = lastWords(lines, end - 1)
    const region = regions.find(({ kind, from, to }) => kind === 'signature' && from <= last && last <= to)
    const start = region?.from ?? findFooter(lines, last, isQuoted)
    if (start === undefined || start <= 0) break
    end = start
  }
  return end
}

/** A sentence about what was sent is longer. */
const maxSentFromChars = 60
const sentFrom =
  /^(?:sent (?:from|with|via) (?:my )?|gesendet (?:von|mit)|von meinem .{1,40} gesendet|envoyé (?:de|depuis|avec)|enviado (?:desde|do|de)|inviato da|verzonden (?:vanaf|met)|skickat från|отправлено (?:с|из)|get outlook for|outlook für .{1,20} beziehen|télécharger outlook|obtener outlook|wysłane z|发自我的|iphoneから送信)/i
/** Words that people write themselves: what sent it has to be named behind them, or in front. */
const sentWords =
  /^(?:verstuurd|sendt|sent|skickat|lähetetty|odesláno|odoslané|poslano|poslato|trimis|enviat|saadetud|nosūtīts|išsiųsta|надіслано|відправлено|изпратено|послато|απεστάλη|στάλθηκε|נשלח|dikirim|được gửi|đã gửi|gửi) |^ส่งจาก|^(?:发|發|從|从)|(?:gönderildi|küldve|보냄|보낸|から送信|发送|發送|傳送)\.?$/iu
const device =
  /(?<![\p{L}\p{N}])(?:iphon|ipad|android|galaxy|samsung|xiaomi|redmi|huawei|oneplus|outlook|yahoo|gmail|proton ?mail|thunderbird|windows)/iu

function isSentFrom(line: string): boolean {
  const start = line.slice(0, 100).trim()
  if (sentFrom.test(start)) return true
  return start.length <= maxSentFromChars && sentWords.test(start) && device.test(start)
}

function findFooter(
  lines: readonly string[],
  last: number,
  isQuoted: (at: number) => boolean,
): number | undefined {
  if (isSentFrom(lines[last] ?? '')) return last
  for (let at = last; at >= Math.max(0, last - maxTailLines) && !isQuoted(at); at -= 1)
    if (isSignatureMark(lines[at] ?? '') || /^_{8,}\s*$|^-{20,}\s*$|^~{8,}\s*$/.test(lines[at] ?? ''))
      return at
  return undefined
}

function isSignatureMark(line: string): boolean {
  return /^-- ?$/.test(line)
}

export function withoutSignature(lines: readonly string[], regions: readonly Region[]): string[] {
  const marked = lines.filter(
    (_, at) => !regions.some(({ kind, from, to }) => kind === 'signature' && from <= at && at <= to),
  )
  const kept = isWordless(marked) ? [...lines] : marked
  const last = lastWords(kept, kept.length - 1)
  for (let at = last; at > 0 && at >= last - maxTailLines; at -= 1) {
    if (isSignatureMark(kept[at] ?? '')) return kept.slice(0, at)
  }
  return isSentFrom(kept[last] ?? '') && last > 0 ? kept.slice(0, last) : kept
}
