/**
 * The lines that mail programs put in front of what they quote or forward, in the languages they speak. A line is judged
 * by its first 300 characters; every expression is linear in them.
 */

export type QuoteMark = {
  readonly kind: 'header' | 'separator'
  readonly lines: number
  readonly who: string
}

const maxLineChars = 300

/** A letter of any script ends a word: `\b` knows those of English only. */
const wrote =
  /(?<![\p{L}\p{N}])(?:wrote|writes|schrieb|schreibt|geschrieben|a écrit|écrit|ha scritto|scrisse|escribió|escribiu|escreveu|ha escrit|schreef|geschreven|skrev|skrifaði|kirjoitti|kirjutas|napisał(?:\(a\))?|pisze|napsala?|napísala?|napsal\(a\)|napisal\(a\)|napisao|napisala|je napisal|пише|írta|scris|yazdı|yazmış|viết|menulis|rašė|rakstīja|idatzi zuen|wrote on)(?![\p{L}\p{N}])|écrit ?:|écrit$|написал|пишет|писал|написа|έγραψε|כתב|كتب|نوشت|写道|寫道|の書き込み|さんは書きました|作成|작성|쓴 글|เขียน|^(?:quoting|zitat von) [^@]{0,200}@[^@]{1,200}:$/iu
const address = /[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+|\[mailto:/
/** By the digits of any script. */
const dated =
  /\p{Nd}{1,2}[:.h]\p{Nd}{2}|\b(?:19|20)\d\d\b|\p{Nd}{1,2}[./-]\p{Nd}{1,2}[./-]\p{Nd}{2,4}|\p{Nd}{4}[./-]\p{Nd}{1,2}[./-]\p{Nd}{1,2}/u

/** `On 3 May 2026 at 10:00, Ann Lee wrote:`, which some programs wrap. */
export function isAttribution(text: string): boolean {
  const line = clip(text.replaceAll(/\s+/g, ' '))
  if (!/[:：]$|-{2,}$/.test(line) || line.length < 6) return false
  return (
    (wrote.test(line) && (dated.test(line) || address.test(line) || line.length < 80)) ||
    (address.test(line) && dated.test(line))
  )
}

/** By both: who cites a poem names neither an address nor a day. */
export function isMailAttribution(text: string): boolean {
  const line = clip(text)
  return isAttribution(line) && address.test(line) && dated.test(line)
}

export function namesDay(text: string): boolean {
  return dated.test(clip(text))
}

const forwarded =
  /^[-=_*>\s]*(?:begin (?:of )?)?(?:forwarded (?:message|by|email|mail)|weitergeleitete (?:nachricht|e-?mail)|anfang der weitergeleiteten (?:nachricht|e-?mail)|début du message (?:transféré|réexpédié)|message (?:transféré|réexpédié)|(?:inicio del )?mensaje reenviado|(?:inizio )?(?:del )?messaggio inoltrato|(?:begin )?doorgestuurd bericht|mensagem (?:encaminhada|reencaminhada)|(?:início da )?mensagem (?:encaminhada|reencaminhada)|vidarebefordrat (?:meddelande|brev)|videresendt (?:meddelelse|melding)|vidarebefordrat|välitetty viesti|edelleenlähetetty viesti|пересылаемое (?:сообщение|письмо)|пересланное сообщение|przekazana wiadomość|wiadomość przekazana|přeposlaná zpráva|továbbított üzenet|iletilen (?:ileti|mesaj)|προωθημένο μήνυμα|mesaj redirecționat|переслане повідомлення|转发(?:的)?邮件|轉寄(?:的)?郵件|转发邮件信息|転送(?:された)?メッセージ|전달된 메시지|הודעה שהועברה|رسالة معاد توجيهها)/iu

/** A forwarded email is content. */
export function isForwardMark(text: string): boolean {
  return forwarded.test(clip(text))
}

const original =
  /^[-_=*\s]{0,20}(?:original (?:message|appointment)|ursprüngliche (?:nachricht|e-?mail)|original-?nachricht|message d['’]origine|message original|e-?mail d['’]origine|mensaje original|messaggio originale|oorspronkelijk bericht|mensagem original|oprindelig meddelelse|opprinnelig melding|ursprungligt meddelande|originalmeddelande|alkuperäinen viesti|исходное сообщение|оригинальное сообщение|oryginalna wiadomość|wiadomość oryginalna|původní zpráva|eredeti üzenet|orijinal (?:mesaj|ileti)|αρχικό μήνυμα|mesaj original|原始(?:邮件|郵件)|元のメッセージ|원본 메시지|הודעה מקורית|الرسالة الأصلية)[-_=*\s:：]{0,20}$/iu

/** Rarer ones, and words that may as well be a heading: between dashes only. */
const dashedOriginal =
  /^-{3,20} ?(?:mail original|ursprüngliche mail|původní e-?mail|pôvodná správa|izvorna poruka|originalna poruka|izvirno sporočilo|mesajul original|pradinis (?:laiškas|pranešimas)|sākotnējais ziņojums|algne (?:teade|sõnum|kiri)|оригинално съобщение|оригинална порука|(?:початкове|оригінальне|вихідне) повідомлення|missatge original|thư gốc|pesan asli|ข้อความต้นฉบับ) ?-{3,20}$/iu

/** Zoho and Notes put dashes around who wrote it. */
function isDashedAttribution(line: string): boolean {
  return line.startsWith('---') && line.endsWith('---') && wrote.test(line) && address.test(line)
}

export function isSeparator(text: string): boolean {
  const line = clip(text)
  if (dashedOriginal.test(line) || isDashedAttribution(line)) return true
  return original.test(line) && (/^[-_=*]/.test(line) || /[-_=*]$/.test(line) || line.length < 40)
}

const fromLabels =
  /^\*?(?:from|von|de|da|van|från|fra|od|от|від|lähettäjä|kimden|gönderen|feladó|από|expéditeur|remitente|mittente|afzender|avsändare|avsender|afsender|发件人|寄件者|寄件人|差出人|送信者|보낸 ?사람|발신|מאת|من|từ|dari|de la|šalje|од|nuo|saatja|frá|nork|จาก|no(?=\*?\s?:[^@]{0,250}@))\*?\s?[:：]\*?/iu
const subjectLabels =
  /^\*?(?:subject|betreff|objet|sujet|asunto|oggetto|onderwerp|assunto|ämne|emne|tema|temat|тема|předmět|predmet|aihe|konu|tárgy|θέμα|subiect|主题|主旨|主題|件名|제목|נושא|الموضوع|chủ đề|subjek|perihal|zadeva|наслов|предмет|относно|tēma|teema|efni|assumpte|gaia|เรื่อง|ชื่อเรื่อง)\*?\s?[:：]/iu
const anyLabel = /^\*?[\p{L}][\p{L}\p{M} .'’-]{0,24}\*?\s?[:：]/u
/** A time of day: of a date alone a timetable is made, too. */
const timed = /\p{Nd}{1,2}[:h]\p{Nd}{2}|\p{Nd}{1,2}\.\p{Nd}{2}(?![.\p{Nd}])/u
const maxHeaderLines = 12

/** A block of header lines as Outlook and others write it: sender, date, subject, in any language and order. */
export function readHeaderBlock(lines: readonly string[], at: number): QuoteMark | undefined {
  let who = ''
  let when = ''
  let hasSubject = false
  let labels = 0
  let end = at
  for (let index = at; index < Math.min(lines.length, at + maxHeaderLines); index += 1) {
    const line = clip(lines[index] ?? '')
    if (line === '') {
      // Some programs leave a line empty between two of them.
      if (anyLabel.test(clip(lines[index + 1] ?? '')) && labels > 0 && !hasSubject) continue
      break
    }
    if (!anyLabel.test(line)) {
      // A long list of recipients is wrapped.
      if (labels === 0 || labels > 1 + maxHeaderLines || !/[;,<>@]/.test(line)) break
    } else {
      labels += 1
      const value = line.replace(anyLabel, '').trim()
      // Words of the writer that end in a colon.
      if (index === at && value === '') return undefined
      if (fromLabels.test(line)) who ||= value
      else if (subjectLabels.test(line)) hasSubject = true
      else if (dated.test(value)) when ||= value
    }
    end = index + 1
    if (hasSubject && labels > 4) break
  }
  const isBlock = who !== '' && labels >= 3 && hasSubject && (timed.test(when) || address.test(who))
  return isBlock ? { kind: 'header', lines: end - at, who: when === '' ? who : `${who}, ${when}` } : undefined
}

export function isSubjectLine(line: string): boolean {
  return subjectLabels.test(clip(line))
}

/** `Fwd: Re: plan` is a forward, `Re: Fwd: plan` the answer to one. */
export function isForwardSubject(subject: string): boolean {
  return /^\s*(?:fwd?|fw|wg|tr|rv|enc|vs|vb|vl|doorst|pd|i|ilt|továbbítás|πρθ|trs|転送|转发|轉寄|전달|пересл|переслано)(?:\[\d+\])?\s?[:：]/iu.test(
    subject,
  )
}

export function isReplySubject(subject: string): boolean {
  return /^\s*(?:re|aw|sv|antw|antwort|odg|отг|vs|res|r|rif|ref|odp|ynt|cevap|ynt|bls|ats|vá|απ|σχετ|回复|回覆|答复|返信|回信|답장|ответ|отв|відповідь|תשובה|رد)(?:\[\d+\]|\(\d+\)|\^\d+)?\s?[:：]/iu.test(
    subject,
  )
}

function clip(line: string): string {
  return line.slice(0, maxLineChars).trim()
}
