/** Two thousand mails from a generator that always says the same, and what a plain reading of each holds. */

export interface PlainMail {
  readonly uid: number
  readonly raw: string
  readonly flags: readonly string[]
  readonly receivedAt: Date
  readonly headers: Readonly<
    Record<'from' | 'to' | 'cc' | 'subject' | 'list' | 'message-id' | 'in-reply-to', string>
  >
  /** Everything that a search of the whole mail sees beside its headers. */
  readonly body: string
  /** Of the Date header as written; absent where it has none. */
  readonly day?: string
  readonly size: number
  readonly files: readonly string[]
  readonly isInvitation: boolean
  /** It has a List-Unsubscribe. */
  readonly canBeLeft: boolean
}

/** Mulberry32. */
export function createRandom(seed: number) {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (count: number) => Math.floor(next() * count)
  const pick = <T>(from: readonly T[]): T => {
    const one = from[below(from.length)]
    if (one === undefined) throw new Error('Nothing to pick from')
    return one
  }
  return { below, pick, chance: (share: number) => next() < share }
}

export const people = [
  { name: 'Ann Archer', address: 'ann@reef.example' },
  { name: 'Jürgen Müller', address: 'j.mueller@köln.example'.replace('ö', 'oe') },
  { name: 'Lee, Bob', address: 'bob.lee@shop.example' },
  { name: 'Chloé Dubois', address: 'chloe+news@reef.example' },
  { name: 'Дмитрий Орлов', address: 'orlov@volga.example' },
  { name: '田中 花子', address: 'hanako@tokyo.example' },
  { name: '', address: 'no-reply@bank.example' },
] as const
export const topics = [
  'Invoice',
  'Minutes',
  'Größe',
  'Wartung',
  'Überweisung',
  'Отчёт',
  '会議',
  'Re: Lunch',
  'naïve',
  'a_b',
  '50% off',
]
export const words = [
  'budget',
  'harbour',
  'Straße',
  'quarterly',
  'résumé',
  'привет',
  '東京',
  "O'Neil",
  'well-known',
  'x+y',
  'émigré',
  'zebra',
]
export const fileNames = ['plan.pdf', 'Zahlen März.xlsx', 'photo 1.jpg', 'notes.txt', 'отчёт.docx']
export const lists = ['dev.lists.example', 'news.shop.example']
const labels = ['Work', '$Important']
const zones = ['+0000', '+0900', '-0800', '+0530']

const encoded = (text: string) =>
  /^[\x20-\x7e]*$/.test(text) ? text : `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`
const mailbox = ({ name, address }: (typeof people)[number]) => {
  if (name === '') return address
  return `${/[,.]/.test(name) ? `"${name}"` : encoded(name)} <${address}>`
}
const shown = ({ name, address }: (typeof people)[number]) =>
  name === '' ? address : `${/[,.]/.test(name) ? `"${name}"` : name} <${address}>`

/** Groups of one date received and one set of flags; they are filed one after the other. */
export const groupSize = 100

export function generateMails(count: number): PlainMail[] {
  const random = createRandom(17)
  const mails: PlainMail[] = []
  let flags: string[] = []
  for (let at = 0; at < count; at++) {
    const group = Math.floor(at / groupSize)
    if (at % groupSize === 0)
      flags = [
        ...(random.chance(0.6) ? ['\\Seen'] : []),
        ...(random.chance(0.3) ? ['\\Flagged'] : []),
        ...(random.chance(0.3) ? ['\\Answered'] : []),
        ...labels.filter(() => random.chance(0.3)),
      ]
    // As it is filed: of more than 500 matches only the newest by filing are compared (search/candidates.ts).
    const receivedAt = new Date(Date.UTC(2026, 5, 1 + group))
    mails.push(generateMail(random, at + 1, flags, receivedAt))
  }
  return mails
}

function generateMail(
  random: ReturnType<typeof createRandom>,
  uid: number,
  flags: readonly string[],
  receivedAt: Date,
): PlainMail {
  const [from, to] = [random.pick(people), random.pick(people)]
  const cc = random.chance(0.3) ? random.pick(people) : undefined
  const subject = `${random.pick(topics)} ${random.pick(words)} ${uid}`
  const list = random.chance(0.1) ? random.pick(lists) : ''
  const canBeLeft = uid % 13 === 0
  const id = `<${uid}.mail@gen.example>`
  const answered = random.chance(0.1) ? `<${random.below(uid) + 1}.mail@gen.example>` : ''
  const day = new Date(Date.UTC(2025, 11, 1 + random.below(120), random.below(24), 30))
  const isDated = uid % 100 !== 50
  const text = `${random.pick(words)} and ${random.pick(words)}, ${random.pick(words)}.\n`.repeat(
    1 + random.below(8),
  )
  const files = random.chance(0.2) ? [random.pick(fileNames)] : []
  const isInvitation = random.chance(0.05)
  // RFC 2047 words end where a line is folded.
  const [topic = '', ...rest] = subject.split(' ')
  const dayText = day.toUTCString().replace('GMT', random.pick(zones))
  const head = [
    ...(isDated ? [`Date: ${dayText}`] : []),
    `From: ${mailbox(from)}`,
    `To: ${mailbox(to)}`,
    ...(cc ? [`Cc: ${mailbox(cc)}`] : []),
    `Subject: ${encoded(`${topic} `)}\n ${encoded(rest.join(' '))}`.replace(/ \n/, '\n'),
    `Message-ID: ${id}`,
    ...(answered ? [`In-Reply-To: ${answered}`] : []),
    ...(list ? [`List-Id: Some list <${list}>`] : []),
    ...(canBeLeft ? ['List-Unsubscribe: <https://news.example/leave>'] : []),
    'MIME-Version: 1.0',
  ]
  const plain = [
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\n'),
  ]
  const parts = [
    plain,
    ...files.map((name) => [
      'Content-Type: application/octet-stream',
      `Content-Disposition: attachment; filename*=utf-8''${encodeURIComponent(name)}`,
      '',
      'QUJD',
    ]),
    ...(isInvitation
      ? [['Content-Type: text/calendar; method=REQUEST', '', 'BEGIN:VCALENDAR\nEND:VCALENDAR']]
      : []),
  ]
  const body =
    parts.length === 1
      ? plain
      : [
          'Content-Type: multipart/mixed; boundary=cut',
          '',
          ...parts.flatMap((part) => ['--cut', ...part]),
          '--cut--',
        ]
  const raw = [...head, ...body, ''].join('\n')
  return {
    uid,
    raw,
    flags,
    receivedAt,
    headers: {
      from: shown(from),
      to: shown(to),
      cc: cc ? shown(cc) : '',
      subject,
      list: list ? `Some list <${list}>` : '',
      'message-id': id,
      'in-reply-to': answered,
    },
    body: text,
    ...(isDated ? { day: day.toISOString().slice(0, 10) } : {}),
    size: Buffer.byteLength(raw.replaceAll('\n', '\r\n')),
    files,
    isInvitation,
    canBeLeft,
  }
}
