/**
 * Conversations in the manner of ten mail programs, labelled: which sentences each email says itself. Quotes nest as the
 * programs nest them, are wrapped and marked as they do, in the languages they speak; some answer between the lines, some
 * forward, of some the first email is not there.
 */

export interface Written {
  readonly raw: string
  readonly messageId: string
  readonly mailbox: 'INBOX' | 'Sent' | 'Projects'
  /** What its writer says here, nowhere else. */
  readonly own: readonly string[]
}

export interface Conversation {
  readonly name: string
  readonly emails: readonly Written[]
  /** Said by an email that nobody kept: only quotes have it. */
  readonly lost: readonly string[]
}

interface Author {
  readonly name: string
  readonly address: string
}

/** An email as the one that answers it sees it. */
interface Mail {
  readonly author: Author
  readonly date: Date
  readonly plain: string
  readonly html: string
}

interface Parts {
  readonly plain?: string
  readonly html?: string
}

interface Task {
  readonly own: readonly string[]
  readonly author: Author
  readonly parent: Mail | undefined
  readonly language: Language
  readonly kind: 'reply' | 'inline' | 'forward'
}

const authors: readonly Author[] = [
  { name: 'Ann Lee', address: 'ann@reef.example' },
  { name: 'Uwe Brandt', address: 'uwe@kiel.example' },
  { name: 'Chloé Dubois', address: 'chloe@lyon.example' },
]

const languages = {
  en: {
    wrote: (m: Mail) => `On ${when(m)}, ${m.author.name} <${m.author.address}> wrote:`,
    labels: ['From', 'Sent', 'To', 'Subject'],
    original: '-----Original Message-----',
  },
  de: {
    wrote: (m: Mail) => `Am ${when(m)} schrieb ${m.author.name} <${m.author.address}>:`,
    labels: ['Von', 'Gesendet', 'An', 'Betreff'],
    original: '-----Ursprüngliche Nachricht-----',
  },
  fr: {
    wrote: (m: Mail) => `Le ${when(m)}, ${m.author.name} <${m.author.address}> a écrit :`,
    labels: ['De', 'Envoyé', 'À', 'Objet'],
    original: "-----Message d'origine-----",
  },
  es: {
    wrote: (m: Mail) => `El ${when(m)}, ${m.author.name} (<${m.author.address}>) escribió:`,
    labels: ['De', 'Enviado', 'Para', 'Asunto'],
    original: '-----Mensaje original-----',
  },
  it: {
    wrote: (m: Mail) => `Il giorno ${when(m)} ${m.author.name} <${m.author.address}> ha scritto:`,
    labels: ['Da', 'Inviato', 'A', 'Oggetto'],
    original: '-----Messaggio originale-----',
  },
  sv: {
    wrote: (m: Mail) => `${when(m)} skrev ${m.author.name} <${m.author.address}>:`,
    labels: ['Från', 'Skickat', 'Till', 'Ämne'],
    original: '-----Ursprungligt meddelande-----',
  },
  ru: {
    wrote: (m: Mail) => `${when(m)}, ${m.author.name} <${m.author.address}> написал(а):`,
    labels: ['От', 'Отправлено', 'Кому', 'Тема'],
    original: '-----Исходное сообщение-----',
  },
  ja: {
    wrote: (m: Mail) => `2026年5月${m.date.getUTCDate()}日(月) 10:01 ${m.author.name} <${m.author.address}>:`,
    labels: ['差出人', '送信日時', '宛先', '件名'],
    original: '-----元のメッセージ-----',
  },
} as const
type Language = keyof typeof languages

function when({ date }: Mail): string {
  return `${date.getUTCDate()}. 5. 2026 at ${String(date.getUTCHours()).padStart(2, '0')}:01`
}

const toHtml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const paragraphs = (own: readonly string[], tag = 'div') =>
  own.map((one) => `<${tag}>${toHtml(one)}</${tag}>`).join(`<${tag}><br></${tag}>`)
const quoted = (text: string) =>
  text
    .split('\n')
    .map((line) => (line.startsWith('>') ? `>${line}` : `> ${line}`.trimEnd()))
    .join('\n')

/** As programs fold plain text, quote marks kept in front of each line. */
function wrap(text: string, width = 72): string {
  return text
    .split('\n')
    .flatMap((line) => {
      const [marks = ''] = /^(?:>+ ?)?/.exec(line) ?? []
      const lines: string[] = []
      let now = ''
      for (const word of line.slice(marks.length).split(' ')) {
        if (now !== '' && marks.length + now.length + word.length >= width) {
          lines.push(marks + now)
          now = word
        } else now = now === '' ? word : `${now} ${word}`
      }
      return [...lines, (marks + now).trimEnd()]
    })
    .join('\n')
}

/** Each paragraph of the parent with an answer below it, as long as there are answers. */
function between(parent: Mail, own: readonly string[]): { quote: string; answer: string }[] {
  const pieces = parent.plain.split(/\n\n+/).filter((piece) => piece.trim() !== '')
  return own.map((answer, at) => ({ quote: pieces[at] ?? '', answer }))
}

const plainQuote =
  (signature: string) =>
  ({ own, parent, language, kind }: Task): Parts => {
    const said = own.join('\n\n')
    if (parent === undefined) return { plain: wrap(`${said}${signature}`) }
    const head = languages[language].wrote(parent)
    if (kind === 'inline') {
      const answers = between(parent, own).map(({ quote, answer }) =>
        [quote === '' ? '' : quoted(quote), answer].filter((one) => one !== '').join('\n\n'),
      )
      return { plain: wrap(`${head}\n${answers.join('\n\n')}${signature}`) }
    }
    if (kind === 'forward') return { plain: wrap(`${said}\n\n${forwardPlain(parent)}`) }
    return { plain: `${wrap(said)}${signature}\n\n${head}\n\n${wrap(quoted(parent.plain))}` }
  }

function forwardPlain(parent: Mail): string {
  return `---------- Forwarded message ---------\nFrom: ${parent.author.name} <${parent.author.address}>\nDate: ${when(parent)}\nSubject: Trip\nTo: <bob@reef.example>\n\n${parent.plain}`
}

function headerBlock(parent: Mail, language: Language, gap = '<br>'): string {
  const [from, sent, to, subject] = languages[language].labels
  return [
    `<b>${from}:</b> ${parent.author.name} &lt;${parent.author.address}&gt;`,
    `<b>${sent}:</b> ${when(parent)}`,
    `<b>${to}:</b> Bob Moor`,
    `<b>${subject}:</b> Trip`,
  ].join(gap)
}

const inBlocks = (task: Task, open: string) =>
  between(task.parent as Mail, task.own)
    .map(
      ({ quote, answer }) =>
        `${quote === '' ? '' : `<blockquote ${open}>${quote.split('\n').map(toHtml).join('<br>')}</blockquote>`}<div>${toHtml(answer)}</div>`,
    )
    .join('')

type Program = (task: Task) => Parts

const programs: Record<string, Program> = {
  gmail: (task) => {
    const { own, parent, language, kind } = task
    if (parent === undefined)
      return { plain: wrap(own.join('\n\n')), html: `<div dir="ltr">${paragraphs(own)}</div>` }
    const attribution = `<div dir="ltr" class="gmail_attr">${toHtml(languages[language].wrote(parent))}<br></div>`
    if (kind === 'inline')
      return {
        html: `<div dir="ltr"><div class="gmail_quote">${attribution}${inBlocks(task, 'class="gmail_quote" style="margin:0 0 0 .8ex"')}</div></div>`,
      }
    if (kind === 'forward')
      return {
        plain: wrap(`${own.join('\n\n')}\n\n${forwardPlain(parent)}`),
        html: `<div dir="ltr">${paragraphs(own)}<br><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>From: <strong class="gmail_sendername">${parent.author.name}</strong> <span dir="auto">&lt;${parent.author.address}&gt;</span><br>Date: ${when(parent)}<br>Subject: Trip<br>To: Bob<br></div><br><br>${parent.html}</div></div>`,
      }
    return {
      plain: `${wrap(own.join('\n\n'))}\n\n${wrap(languages[language].wrote(parent))}\n\n${wrap(quoted(parent.plain))}\n`,
      html: `<div dir="ltr">${paragraphs(own)}</div><br><div class="gmail_quote gmail_quote_container">${attribution}<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex">${parent.html}</blockquote></div>`,
    }
  },
  'outlook desktop': ({ own, parent, language, kind }) => {
    const said = paragraphs(own, 'p')
    const mark = kind === 'forward' ? 'p' : 'div'
    return {
      html: `<div class="WordSection1">${said}${parent === undefined ? '' : `<p>&nbsp;</p><${mark}><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class="MsoNormal">${headerBlock(parent, language)}</p></div></${mark}>${parent.html}`}</div>`,
    }
  },
  'outlook web': ({ own, parent, language }) => ({
    html: `${paragraphs(own)}<div id="Signature">Kind regards</div>${parent === undefined ? '' : `<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">${headerBlock(parent, language)}</div><div>${parent.html}</div>`}`,
  }),
  apple: (task) => {
    const { own, parent, language, kind } = task
    if (parent === undefined) return { html: paragraphs(own) }
    if (kind === 'inline')
      return { html: `${toHtml(languages[language].wrote(parent))}<br>${inBlocks(task, 'type="cite"')}` }
    if (kind === 'forward')
      return {
        html: `${paragraphs(own)}<div><br><blockquote type="cite"><div>Begin forwarded message:</div><br>${headerBlock(parent, 'en')}<br><br>${parent.html}</blockquote></div>`,
      }
    return {
      plain: `${own.join('\n\n')}\n\n> ${languages[language].wrote(parent)}\n> \n${quoted(parent.plain)}`,
      html: `${paragraphs(own)}<div><br><blockquote type="cite"><div>${toHtml(languages[language].wrote(parent))}</div><br class="Apple-interchange-newline"><div>${parent.html}</div></blockquote></div><br>`,
    }
  },
  thunderbird: (task) => {
    const { own, parent, language, kind } = task
    if (parent === undefined) return { html: paragraphs(own, 'p') }
    const prefix = `<div class="moz-cite-prefix">${toHtml(languages[language].wrote(parent))}<br></div>`
    if (kind === 'inline') return { html: prefix + inBlocks(task, 'type="cite" cite="mid:x@y"') }
    if (kind === 'forward')
      return {
        html: `${paragraphs(own, 'p')}<div class="moz-forward-container"><br><br>-------- Forwarded Message --------<table class="moz-email-headers-table"><tr><th>Subject: </th><td>Trip</td></tr><tr><th>Date: </th><td>${when(parent)}</td></tr><tr><th>From: </th><td>${parent.author.name} &lt;${parent.author.address}&gt;</td></tr></table><br><br>${parent.html}</div>`,
      }
    return {
      html: `${paragraphs(own, 'p')}${prefix}<blockquote type="cite" cite="mid:x@y">${parent.html}</blockquote><div class="moz-signature">-- <br>Kind regards</div>`,
    }
  },
  yahoo: ({ own, parent, language }) => ({
    html: `<div class="ydp1yahoo-style-wrap">${paragraphs(own)}</div>${parent === undefined ? '' : `<div id="ydp1yahoo_quoted_1" class="ydp1yahoo_quoted"><div><div>${toHtml(languages[language].wrote(parent))} </div><div><br></div><div>${parent.html}</div></div></div>`}`,
  }),
  'k-9': ({ own, parent, language }) => ({
    plain: `${own.join('\n\n')}${parent === undefined ? '' : `\n\n${languages[language].wrote(parent)}\n${wrap(quoted(parent.plain))}`}`,
    html: `${paragraphs(own)}${parent === undefined ? '' : `<br><br><div class="gmail_quote">${toHtml(languages[language].wrote(parent))}<blockquote class="gmail_quote">${parent.html}</blockquote></div>`}`,
  }),
  ios: plainQuote('\n\nSent from my iPhone'),
  proton: ({ own, parent, language }) => ({
    html: `${paragraphs(own)}<div class="protonmail_signature_block">Sent with Proton Mail secure email.</div>${parent === undefined ? '' : `<div class="protonmail_quote">${toHtml(languages[language].wrote(parent))}<br><blockquote class="protonmail_quote" type="cite">${parent.html}</blockquote></div>`}`,
  }),
  mutt: plainQuote('\n\n-- \nKind regards'),
}

const canAnswerInline = new Set(['gmail', 'apple', 'thunderbird', 'ios', 'mutt'])
const canForward = new Set(['gmail', 'apple', 'thunderbird', 'mutt'])

export function createCorpus(count: number): Conversation[] {
  return Array.from({ length: count }, (_, at) => createConversation(at))
}

function createConversation(at: number): Conversation {
  const next = random(at + 1)
  const pick = <T>(all: readonly T[]): T => all[Math.floor(next() * all.length)] as T
  const names = Object.keys(programs)
  const length = 2 + Math.floor(next() * 6)
  const mailOf: Mail[] = []
  const emails: Written[] = []
  const lost: string[] = []
  const isLost = at % 7 === 3
  /** Complete; only the one answered; the last two. */
  const references = (['all', 'none', 'two'] as const)[at % 3]
  for (let index = 0; index < length; index++) {
    const name = index === 0 || at % 4 === 0 ? (names[at % names.length] ?? 'mutt') : pick(names)
    const program = programs[name] as Program
    const author = authors[index % authors.length] as Author
    const parent = mailOf.at(-1)
    const chance = next()
    const kind =
      index > 0 && chance < 0.2 && canAnswerInline.has(name)
        ? 'inline'
        : index > 1 && chance > 0.85 && canForward.has(name)
          ? 'forward'
          : 'reply'
    const own = Array.from({ length: 1 + Math.floor(next() * 3) }, (_, n) => sentence(at, index, n, next))
    const language = pick(Object.keys(languages) as Language[])
    const parts = program({ own, author, parent, language, kind })
    const date = new Date(Date.UTC(2026, 4, 1 + index, 8 + (at % 10)))
    mailOf.push({
      author,
      date,
      plain: parts.plain ?? plainOf(parts.html ?? ''),
      html: parts.html ?? `<div style="white-space:pre-wrap">${toHtml(parts.plain ?? '')}</div>`,
    })
    const id = (n: number) => `<c${at}.${n}@corpus.example>`
    const chain = Array.from({ length: index }, (_, n) => id(n))
    const named = references === 'all' ? chain : references === 'two' ? chain.slice(-2) : []
    const headers = [
      `From: ${/[^ -~]/.test(author.name) ? `=?utf-8?B?${Buffer.from(author.name).toString('base64')}?=` : author.name} <${author.address}>`,
      'To: Bob Moor <bob@reef.example>',
      `Date: ${date.toUTCString().replace('GMT', '+0000')}`,
      `Subject: ${index === 0 ? '' : kind === 'forward' ? 'Fwd: ' : 'Re: '}Trip number ${at}`,
      `Message-ID: ${id(index)}`,
      ...(index === 0 ? [] : [`In-Reply-To: ${id(index - 1)}`]),
      ...(named.length === 0 ? [] : [`References: ${named.join('\r\n ')}`]),
      'MIME-Version: 1.0',
    ]
    if (index === 0 && isLost) lost.push(...own)
    else
      emails.push({
        raw: `${headers.join('\r\n')}\r\n${toMime(parts)}`,
        messageId: id(index),
        mailbox: index % 3 === 1 ? 'Sent' : at % 5 === 0 ? 'Projects' : 'INBOX',
        own,
      })
  }
  return { name: `${at}, ${names[at % names.length]}`, emails, lost }
}

const words =
  'harbour window lantern copper meadow river market orange winter bridge silver garden ticket engine pepper candle forest letter button marble pocket rocket saddle tunnel velvet wagon yellow anchor basket cotton'.split(
    ' ',
  )

/** Its first word is its own; the others are those of everybody. */
function sentence(at: number, index: number, n: number, next: () => number): string {
  const some = Array.from(
    { length: 5 + Math.floor(next() * 14) },
    () => words[Math.floor(next() * words.length)],
  )
  return `Item${at}x${index}x${n} ${some.join(' ')}.`
}

/** What a program that answers HTML in plain text takes for its text. */
function plainOf(html: string): string {
  return html
    .replaceAll(/<blockquote[^>]*>/g, '\n')
    .replaceAll(/<br[^>]*>|<\/(?:div|p|tr|blockquote)>/g, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
}

function toMime({ plain, html }: Parts): string {
  const part = (type: string, text: string) =>
    `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(
      text.replaceAll(/\r?\n/g, '\r\n'),
    )
      .toString('base64')
      .replaceAll(/.{76}/g, '$&\r\n')}\r\n`
  if (plain === undefined || html === undefined)
    return html === undefined ? part('text/plain', plain ?? '') : part('text/html', html)
  return `Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n${part('text/plain', plain)}--b\r\n${part('text/html', html)}--b--\r\n`
}

/** The same numbers in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed * 0x9e3779b9
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
