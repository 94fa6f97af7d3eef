/**
 * Earlier emails below a reply, as ten mail programs write them: folded where they are a mere trail, shown where they
 * are part of what is said.
 */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import { describe, expect, test } from 'vitest'
import { foldQuotes } from '../../src/body-text/fold-quotes.ts'
import { htmlToText } from '../../src/body-text/html-to-text.ts'
import { isForwardSubject, isReplySubject } from '../../src/body-text/quote-marks.ts'
import { readPlain } from '../../src/body-text/read-plain.ts'

const fold = (html: string) => htmlToText(html, { quotes: 'folded' }).text
const foldPlain = async (text: string, isReply = true) =>
  (await readPlain(text, { quotes: 'folded', isReply })).text.trim()

const header = (from: string, sent: string, to: string, subject: string) =>
  [
    `<b>${from}:</b> Ann &lt;ann@a.example&gt;`,
    `<b>${sent}:</b> 4. Mai 2026 10:01`,
    `<b>${to}:</b> Bob`,
    `<b>${subject}:</b> Plan`,
  ].join('<br>')

const programs: [string, string, string][] = [
  [
    'Gmail',
    '<div dir="ltr">Fine.</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Mon, May 4, 2026 at 10:01 AM Ann &lt;<a href="mailto:ann@a.example">ann@a.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex"><div>Shall we?</div></blockquote></div>',
    '[2 quoted lines: On Mon, May 4, 2026 at 10:01 AM Ann <ann@a.example> wrote]',
  ],
  [
    'Outlook on a desk',
    `<div class="WordSection1"><p class="MsoNormal">Fine.</p><p>&nbsp;</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class="MsoNormal">${header('Von', 'Gesendet', 'An', 'Betreff')}</p></div></div><p>Shall we?</p></div>`,
    '[5 quoted lines: Ann <ann@a.example>, 4. Mai 2026 10:01]',
  ],
  [
    'Outlook on the web',
    `<div>Fine.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">${header('From', 'Sent', 'To', 'Subject')}</div><div>Shall we?</div>`,
    '[6 quoted lines: Ann <ann@a.example>, 4. Mai 2026 10:01]',
  ],
  [
    'Outlook on a phone',
    `<div>Fine.</div><hr><div id="divRplyFwdMsg">${header('De', 'Envoyé', 'À', 'Objet')}</div><div>Shall we?</div>`,
    '[6 quoted lines: Ann <ann@a.example>, 4. Mai 2026 10:01]',
  ],
  [
    'Outlook, new, in a language of labels that nobody knows',
    `<div>Fine.</div><div id="mail-editor-reference-message-container"><hr><div id="divRplyFwdMsg">${header('Qui', 'Ubi', 'Quo', 'Quid')}</div><div>Shall we?</div></div>`,
    '[6 quoted lines]',
  ],
  [
    'Apple Mail',
    'Fine.<br><div><br><blockquote type="cite"><div>On 4. May 2026, at 10:01, Ann &lt;ann@a.example&gt; wrote:</div><br><div>Shall we?</div></blockquote></div><br>',
    '[2 quoted lines: On 4. May 2026, at 10:01, Ann <ann@a.example> wrote]',
  ],
  [
    'Thunderbird',
    '<p>Fine.</p><div class="moz-cite-prefix">Am 04.05.26 um 10:01 schrieb Ann:<br></div><blockquote type="cite" cite="mid:x@y"><p>Shall we?</p></blockquote>',
    '[2 quoted lines: Am 04.05.26 um 10:01 schrieb Ann]',
  ],
  [
    'Yahoo',
    '<div>Fine.</div><div id="ydp1yahoo_quoted_1" class="ydp1yahoo_quoted"><div><div>On Monday, May 4, 2026 at 10:01:00 AM GMT+2, Ann &lt;ann@a.example&gt; wrote: </div><div><br></div><div>Shall we?</div></div></div>',
    '[2 quoted lines: On Monday, May 4, 2026 at 10:01:00 AM GMT+2, Ann <ann@a.example> wrote]',
  ],
  [
    'Proton',
    '<div>Fine.</div><div class="protonmail_quote">On Monday, May 4th, 2026 at 10:01 AM, Ann wrote:<br><blockquote class="protonmail_quote" type="cite">Shall we?</blockquote></div>',
    '[2 quoted lines: On Monday, May 4th, 2026 at 10:01 AM, Ann wrote]',
  ],
  [
    'K-9',
    'Fine.<br><br><div class="gmail_quote">Am 4. Mai 2026 10:01:00 MESZ schrieb Ann:<blockquote class="gmail_quote">Shall we?</blockquote></div>',
    '[2 quoted lines: Am 4. Mai 2026 10:01:00 MESZ schrieb Ann]',
  ],
  [
    'GMX',
    `<div>Fine.<div><br><div name="quote"><div>${header('Von', 'Gesendet', 'An', 'Betreff')}</div><div name="quoted-content">Shall we?</div></div></div></div>`,
    '[5 quoted lines: Ann <ann@a.example>, 4. Mai 2026 10:01]',
  ],
  [
    'Mail.ru',
    '<div>Fine.</div><div><br></div><blockquote style="border-left:1px solid #0857A6">Понедельник, 4 мая 2026, 10:01 +03:00 от Ann &lt;ann@a.example&gt;:<br>&nbsp;<div><div class="js-readmsg-msg">Shall we?</div></div></blockquote>',
    '[2 quoted lines: Понедельник, 4 мая 2026, 10:01 +03:00 от Ann <ann@a.example>]',
  ],
  [
    'Orange',
    '<div>Fine.</div><br><blockquote>&gt; Message du 04/05/26 10:01<br>&gt; De : "Ann" &lt;ann@a.example&gt;<br>&gt; A : bob<br>&gt; Copie à : <br>&gt; Objet : Plan<br>&gt; <br>&gt; Shall we?<br></blockquote>',
    '[6 quoted lines: "Ann" <ann@a.example>]',
  ],
  [
    'Foxmail',
    '<div>Fine.</div><blockquote style="margin-top:0px"><div>&nbsp;</div><div><b>发件人：</b>&nbsp;<a>Ann</a></div><div><b>发送时间：</b>&nbsp;2026-05-04&nbsp;10:01</div><div><b>收件人：</b>&nbsp;Bob</div><div><b>主题：</b>&nbsp;Plan</div><div>Shall we?</div></blockquote>',
    '[5 quoted lines: Ann, 2026-05-04 10:01]',
  ],
  [
    'Yandex',
    '<div>Fine.</div><div>----------------</div><div>Кому: Bob (bob@b.example);</div><div>Тема: Plan;</div><div>04.05.2026, 10:01, "Ann" &lt;ann@a.example&gt;:</div><blockquote><p>Shall we?</p></blockquote>',
    '[5 quoted lines: 04.05.2026, 10:01, "Ann" <ann@a.example>]',
  ],
  [
    'Seznam',
    `<div>Fine.</div><aside>---------- Původní e-mail ----------<br>${header('Od', 'Datum', 'Komu', 'Předmět')}</aside><br><blockquote data-email="ann@a.example">Shall we?</blockquote>`,
    '[6 quoted lines: Ann <ann@a.example>, 4. Mai 2026 10:01]',
  ],
  [
    'Outlook on the web, quoting itself',
    `<div>Fine.</div><hr><div id="divRplyFwdMsg">${header('Da', 'Inviato', 'A', 'Oggetto')}</div><div>Shall we?<div id="x_Signature">Ann</div><div id="x_divRplyFwdMsg">${header('From', 'Sent', 'To', 'Subject')}</div>Older</div>`,
    '[12 quoted lines: Ann <ann@a.example>, 4. Mai 2026 10:01]',
  ],
]

describe('HTML', () => {
  test.each(programs)('%s: a trailing quote is one line, and says whose', (_name, html, folded) => {
    expect(fold(html)).toBe(`Fine.\n\n${folded}`)
    expect(htmlToText(html, { quotes: 'shown' }).text).toContain('Shall we?')
    expect(htmlToText(html).text).toContain('Shall we?')
    expect(htmlToText(html, { quotes: 'left_out' }).text).toBe('Fine.')
  })

  test.each([
    ['De la', 'Trimis', 'Către', 'Subiect'],
    ['Šalje', 'Poslano', 'Prima', 'Predmet'],
    ['Od', 'Poslano', 'Za', 'Zadeva'],
    ['Од', 'Послато', 'За', 'Наслов'],
    ['Од', 'Испратено', 'До', 'Предмет'],
    ['От', 'Изпратено', 'До', 'Относно'],
    ['Nuo', 'Išsiųsta', 'Kam', 'Tema'],
    ['No', 'Nosūtīts', 'Kam', 'Tēma'],
    ['Saatja', 'Saadetud', 'Adressaat', 'Teema'],
    ['Frá', 'Sent', 'Til', 'Efni'],
    ['De', 'Enviat el', 'Per a', 'Assumpte'],
    ['Nork', 'Bidalia', 'Nori', 'Gaia'],
    ['จาก', 'ส่ง', 'ถึง', 'เรื่อง'],
  ])('Outlook, which says %s, %s, %s, %s', (...labels) => {
    const html = `<div>Fine.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">${header(...labels)}</div><div>Shall we?</div>`
    expect(fold(html)).toBe('Fine.\n\n[6 quoted lines: Ann <ann@a.example>, 4. Mai 2026 10:01]')
  })

  test('answers between quotes, and what they answer to, stay', () => {
    const inline =
      '<div class="gmail_quote"><div class="gmail_attr">On May 4, 2026 Ann wrote:<br></div><blockquote class="gmail_quote">When?</blockquote><div>Now.</div><blockquote class="gmail_quote">Where?</blockquote><div>Here.</div></div>'
    expect(fold(inline)).toBe('On May 4, 2026 Ann wrote:\n\n> When?\n\nNow.\n\n> Where?\n\nHere.')
    expect(fold(inline.replace('<div>Here.</div>', ''))).toBe(
      'On May 4, 2026 Ann wrote:\n\n> When?\n\nNow.\n\n[1 quoted line]',
    )
  })

  test('a forwarded email is content, no matter who forwarded it', () => {
    for (const html of [
      `<div>FYI</div><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>${header('From', 'Date', 'To', 'Subject')}</div>The plan.</div>`,
      `See<blockquote type="cite"><div>Begin forwarded message:</div><br>${header('From', 'Date', 'To', 'Subject')}<div>The plan.</div></blockquote>`,
      `<p>Hi</p><div class="moz-forward-container">-------- Weitergeleitete Nachricht --------<br>${header('Von', 'Datum', 'An', 'Betreff')}<br>The plan.</div>`,
      `<div>Hi</div><div class="yahoo_quoted"><div>----- Forwarded Message -----</div>${header('From', 'Sent', 'To', 'Subject')}<div>The plan.</div></div>`,
    ])
      expect(fold(html)).toContain('The plan.')
  })

  test('a mail that is nothing but a quote, and a citation of no mail program, stay', () => {
    expect(fold('<blockquote type="cite">All of it</blockquote>')).toBe('> All of it')
    for (const line of ['Roses', 'Ann wrote in 2026:', 'On Monday Ann wrote a book:', 'Date: 2026'])
      expect(fold(`<p>A poem.</p><blockquote>${line}<br>are red</blockquote>`)).toBe(
        `A poem.\n\n> ${line}\n> are red`,
      )
    const cited = `<p>Is it real?</p><blockquote>${header('From', 'Sent', 'To', 'Subject')}<br>Pay now</blockquote>`
    expect(htmlToText(cited, { quotes: 'folded', isReply: false }).text).toContain('Pay now')
  })

  test('a signature and a footer below the quote stay', () => {
    const quote =
      '<div class="moz-cite-prefix">Ann wrote on 04.05.26:</div><blockquote type="cite">Shall we?</blockquote>'
    const html = `<p>Fine.</p>${quote}<pre class="moz-signature">-- \nBob\nBoats</pre>`
    expect(fold(html)).toBe('Fine.\n\n[2 quoted lines: Ann wrote on 04.05.26]\n\n--\nBob\nBoats')
    expect(htmlToText(html, { quotes: 'left_out' }).text).toBe('Fine.')
  })
})

describe('plain text', () => {
  test.each([
    [
      'Fine.\n\nOn Mon, May 4, 2026 at 10:01 AM Ann <ann@a.example>\nwrote:\n\n> Shall we?\n>\n> > older',
      '[4 quoted lines: On Mon, May 4, 2026 at 10:01 AM Ann <ann@a.example> wrote]',
    ],
    [
      'Fine.\n\n-----Original Message-----\nFrom: Ann <ann@a.example>\nSent: Monday, May 4, 2026 10:01 AM\nTo: Bob\nSubject: Plan\n\nShall we?',
      '[6 quoted lines: Ann <ann@a.example>, Monday, May 4, 2026 10:01 AM]',
    ],
    [
      'Fine.\n\n________________________________\nDe : Ann <ann@a.example>\nEnvoyé : lundi 4 mai 2026 10:01\nÀ : Bob\nObjet : Plan\n\nShall we?',
      '[6 quoted lines: Ann <ann@a.example>, lundi 4 mai 2026 10:01]',
    ],
    [
      'Fine.\n\n-----Ursprüngliche Nachricht-----\nVon: Ann [mailto:ann@a.example]\nGesendet: Montag, 4. Mai 2026 10:01\nAn: Bob\nBetreff: Plan\n\nShall we?',
      '[6 quoted lines: Ann [mailto:ann@a.example], Montag, 4. Mai 2026 10:01]',
    ],
    [
      'Fine.\n\n发件人: Ann <ann@a.example>\n发送时间: 2026年5月4日 10:01\n收件人: Bob\n主题: Plan\n\nShall we?',
      '[5 quoted lines: Ann <ann@a.example>, 2026年5月4日 10:01]',
    ],
    [
      'Fine.\n\n2026年5月4日(月) 10:01 Ann <ann@a.example>:\n\n> いかがですか',
      '[2 quoted lines: 2026年5月4日(月) 10:01 Ann <ann@a.example>]',
    ],
    [
      'Fine.\n\nпн, 4 мая 2026 г. в 10:01, Ann <ann@a.example>:\n> Привет',
      '[2 quoted lines: пн, 4 мая 2026 г. в 10:01, Ann <ann@a.example>]',
    ],
    [
      'Fine.\n\nLe lun. 4 mai 2026 à 10:01, Ann <ann@a.example> a écrit :\n> Bonjour',
      '[2 quoted lines: Le lun. 4 mai 2026 à 10:01, Ann <ann@a.example> a écrit]',
    ],
    ['Fine.\n\n> Shall we?', '[1 quoted line]'],
    ...['Mail original', 'Ursprüngliche Mail'].map((title): [string, string] => [
      `Fine.\n\n----- ${title} -----\nDe: "Ann" <ann@a.example>\nÀ: Bob\nEnvoyé: Lundi 4 Mai 2026 10:01:00\nObjet: Plan\n\nShall we?`,
      '[6 quoted lines: "Ann" <ann@a.example>, Lundi 4 Mai 2026 10:01:00]',
    ]),
    [
      'Fine.\n\n-----"Ann" <ann@a.example> wrote: -----\n\nShall we?',
      '[2 quoted lines: "Ann" <ann@a.example> wrote]',
    ],
    [
      'Fine.\n\n---- On Mon, 04 May 2026 10:01:00 +0200 Ann <ann@a.example> wrote ---\n\nShall we?',
      '[2 quoted lines: On Mon, 04 May 2026 10:01:00 +0200 Ann <ann@a.example> wrote]',
    ],
  ])('%j is folded', async (text, folded) => {
    expect(await foldPlain(text)).toBe(`Fine.\n\n${folded}`)
  })

  test.each([
    'El 4/5/26 a las 10:01, Ann escribió:',
    'El 4 may 2026, a las 10:01, Ann escribió:',
    'W dniu 4.05.2026 o 10:01, Ann pisze:',
    'W dniu 4.05.2026 o 10:01, Ann napisał:',
    '04.05.26 10:01, Ann пише:',
    'Dne 4. 05. 26 ob 10:01 je Ann napisal(a):',
    '2026-05-04 10:01, Ann rašė:',
    '04.05.2026 10:01, Ann rakstīja:',
    'Ann kirjutas 04.05.2026 kell 10:01:',
    '26. 5. 4. 10:01에 Ann 이(가) 쓴 글:',
    'El 4/5/26 a les 10:01, Ann ha escrit:',
    'O 04/05/26 ás 10:01, Ann escribiu:',
    '04.05.2026 10:01 tarihinde Ann yazdı:',
    '2026. 05. 04. 10:01 keltezéssel, Ann írta:',
    '26/5/4 10:01(e)an, Ann(e)k idatzi zuen:',
    'เมื่อ 4/5/2026 10:01, Ann เขียน:',
    'در ۲۰۲۶/۵/۴ ۱۰:۰۱، Ann نوشت:',
    'সোম, ৪ মে, ২০২৬ তারিখে ১০:০১ AM টায় তারিখে Ann <ann@a.example> লিখেছেন:',
    'सोम, ४ मे, २०२६ रोजी १०:०१ म.पू. वाजता Ann <ann@a.example> यांनी लिहिले:',
    'في الاثنين، ٤ مايو ٢٠٢٦ في ١٠:٠١ ص تمت كتابة ما يلي بواسطة Ann <ann@a.example>:',
    'Zitat von Ann <ann@a.example>:',
    'Quoting Ann <ann@a.example>:',
  ])('%j is folded with what it names, and nothing above it', async (attribution) => {
    const who = attribution.replace(/:$/, '')
    expect(await foldPlain(`Fine:\n${attribution}\n> Shall we?`)).toBe(`Fine:\n\n[2 quoted lines: ${who}]`)
  })

  test.each([
    'The numbers for Ann are these:\n\n> 10:010\n> 2026',
    'Verschriebene Tabletten, bitte:\n\n> one a day',
    'Quoting the manual:\n\n> do this',
    'Zitat von Goethe:\n\n> Mehr Licht',
    'Opisał to zdanie, napisałem o nim:\n\n> one',
    'The manual says:\n\n> do this\n> do that',
    'Yes.\n> Where?\nHere.',
    'On May 4, 2026 Ann wrote:\n> When?\nNow.',
    'See my answers below.\n\n-----Original Message-----\nFrom: Ann <a@b.example>\nSent: May 4, 2026 10:01\nSubject: x\n\nQ? A!',
    'Hi\n\nFrom: Ann <a@b.example>\nSent: May 4, 2026 10:01\nSubject: x\n\n> one\n\nmy answer',
    'News.\n\n--- Ann wrote a book ---\n\nRead it.',
    'News.\n\nMail original\n\nRead it.',
    'News.\n\n---\nOn Monday Ann wrote a book:\nRead it.',
    'Details are here:\n\nFrom: Berlin\nTo: Paris\nDate: 3 May 2026\nSubject: Train\n\nHave fun',
    'Hello!\n\nFrom: Berlin\nTo: Paris\nDate: 3 May 2026\nSubject: Train\n\nHave fun',
    'As asked.\n\nName: Ann\nEmail: ann@a.example\nAddress: Pier 3\nDate: 4.5.2026 10:01\nSubject: Boats\n\nThanks',
    'The meeting.\n\nContact: Ann <ann@a.example>\nWhen: 4 May 2026 10:01\nWhere: Pier 3\nTopic: Boats\n\nThanks',
    'Noted.\n\nNo: 12\nDate: 3 May 2026 10:00\nTo: Bob\nSubject: Boats\n\nText',
    'Your trip\n\nFrom: Berlin\nTo: Paris\nDate: 3 May 2026 10:00\n\nHave fun',
    'Hi\n\n---------- Forwarded message ----------\nFrom: Ann <a@b.example>\nDate: May 4, 2026 10:01\nSubject: x\n\nText\n\nOn May 3, 2026 Bob wrote:\n> older',
  ])('%j stays', async (text) => {
    expect(await foldPlain(text)).toBe(text)
  })

  const trail = 'On Mon, May 4, 2026 at 10:01 AM Ann <ann@a.example> wrote:\n\n> Shall we?'
  test.each([
    '承知しました。以下の日程でお願いします。\n\n5月10日 15時\n\n山田',
    '以下の通り変更します。\n・A案\n・B案',
    '下記の住所にお送りください。\n東京都港区1-2-3',
    '如下：\n苹果',
    'Segue abaixo o relatório:\nvendas 10',
    'Vous trouverez ci-dessous mes coordonnées :\n\n12 rue du Port',
    'Os dados estão abaixo.\n- um\n- dois',
    'I sell inline skates, and I will bring two pairs of them to the meeting on Friday.\n\nThe other pair is for you, as I said when we met.',
    '아래 날짜에 뵙겠습니다.\n5월 10일',
  ])('%j points at its own list: the quote is folded', async (own) => {
    expect(await foldPlain(`${own}\n\n${trail}`)).toMatch(/\[2 quoted lines: /)
  })

  test.each([
    'See my answers below.',
    'Comments inline.\n\nBob',
    'Inline.',
    'My replies are inline, and I will call you on Friday at 10:00.\n\n- and bring boats',
    'Voir ci-dessous.',
    'Mes réponses ci-dessous. Je serai là le 10 mai à 15 heures.\n\n06 12 34 56 78',
    'Respondo abaixo.\n\nAbraço,\nAna',
    'Te contesto más abajo, en tu mensaje, y el 10 de mayo a las 15 hablamos.\n\n1 saludo',
    'Vedi qui sotto.\n\n-- \nAnn\nVia 12\nTel 123\nFax 123',
    'コメントは以下の通りです。\n5月10日まで',
    '以下ご確認ください。\n\n山田',
    '回复如下，请在5月10日前确认\n1',
    '아래 메일 참고 바랍니다.',
  ])('%j points at the quote: it stays', async (own) => {
    const text = `${own}\n\n${trail}`
    expect(await foldPlain(text)).toBe(text)
  })

  test('words that end in a colon above a block of headers are the writer’s', async () => {
    const block = 'From: Ann <a@b.example>\nSent: May 4, 2026 10:01\nTo: Bob\nSubject: x'
    expect(await foldPlain(`My answer:\nyes.\n\nMore another time:\n\n${block}\n\nShall we?`)).toBe(
      'My answer:\nyes.\n\nMore another time:\n\n[5 quoted lines: Ann <a@b.example>, May 4, 2026 10:01]',
    )
  })

  test('the form of a website is no quote where nothing is answered', async () => {
    const text =
      'New message.\n\nFrom: Ann <a@b.example>\nDate: May 4, 2026 10:01\nSubject: Boats\n\nI want one.'
    expect(await foldPlain(text, false)).toBe(text)
  })

  test("a list's footer below the quote stays", async () => {
    const footer =
      '_______________________________________________\nBoats mailing list\nhttps://lists.a.example/'
    expect(await foldPlain(`Fine.\n\nOn May 4, 2026 Ann wrote:\n> Shall we?\n${footer}`)).toBe(
      `Fine.\n\n[2 quoted lines: On May 4, 2026 Ann wrote]\n\n${footer}`,
    )
  })

  test('own words only, for a conversation: neither signature nor quote', () => {
    for (const text of [
      'Fine.\n\n-- \nBob\n\nOn May 4, 2026 Ann wrote:\n> Shall we?',
      'Fine.\n\nOn May 4, 2026 Ann wrote:\n> Shall we?\n\n-- \nBob',
      'Fine.\n\nSent from my iPhone\n\n> On 4. May 2026, at 10:01, Ann wrote:\n> Shall we?',
    ])
      expect(foldQuotes(text, { quotes: 'left_out' })).toBe('Fine.')
  })
})

describe('the line that a phone adds', () => {
  test.each([
    'Verstuurd vanaf mijn iPhone',
    'Sendt fra min iPhone',
    'Sendt fra Outlook for iOS',
    'Lähetetty iPhonesta',
    'Odesláno z iPhonu',
    'Odoslané z iPhonu',
    'Trimis de pe iPhone-ul meu',
    "iPhone'umdan gönderildi",
    'Надіслано з iPhone',
    '나의 iPhone에서 보냄',
    'Απεστάλη από το iPhone μου',
    'Poslano sa iPhone uređaja',
    'Galaxyから送信',
    '从我的 iPhone 发送',
    'ส่งจาก iPhone ของฉัน',
    'נשלח מה-iPhone שלי',
  ])('%j is none of its writer’s words', (line) => {
    expect(foldQuotes(`Fine.\n\n${line}`, { quotes: 'left_out' })).toBe('Fine.')
  })

  test.each([
    'Sendt fra Oslo i går, kommer i morgen.',
    'Verstuurd vanmorgen.',
    'Dosya gönderildi.',
    'Sunum gönderildi',
    'Trimis ieri.',
    'iPhone에서 안 열려요.',
    'Lähetetty eilen postissa.',
  ])('%j is', (line) => {
    const text = `Fine.\n\n${line}`
    expect(foldQuotes(text, { quotes: 'left_out' })).toBe(text)
  })
})

describe('subjects', () => {
  test('tell a forward from a reply', () => {
    for (const subject of [
      'Fwd: x',
      'FW: Re: x',
      'WG: x',
      'TR : x',
      'RV: x',
      'ENC: x',
      'Fwd[2]: x',
      '转发：x',
    ])
      expect([isForwardSubject(subject), isReplySubject(subject)], subject).toEqual([true, false])
    for (const subject of [
      'Re: Fwd: x',
      'AW: x',
      'SV: x',
      'RE[2]: x',
      'Antw: x',
      'Antwort: x',
      'Odg: x',
      '回复：x',
      'Ответ: x',
      'Re : x',
    ])
      expect([isForwardSubject(subject), isReplySubject(subject)], subject).toEqual([false, true])
    expect([isForwardSubject('Plan'), isReplySubject('Retreat: plan')]).toEqual([false, false])
  })
})

describe('R77: a megabyte of anything', () => {
  test.each([
    '>',
    '> a\n',
    '\n',
    'a:\n',
    'From: a\n',
    '-----Original Message-----\n',
    'On wrote:\n',
    '> \n\n',
    '-- \n',
    'a ',
    '_',
    ': ',
  ])('%j is folded within a second', async (token) => {
    const text = `${token.repeat(Math.ceil((1024 * 1024) / token.length))}\n> x`
    const fold = () => foldQuotes(`Fine.\n${text}`, { quotes: 'folded' })
    expect(await leastCpuMs(1_000, fold)).toBeLessThan(1_000)
  })
})
