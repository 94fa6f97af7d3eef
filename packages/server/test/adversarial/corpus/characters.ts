/** Orders in characters that nobody sees, and characters that turn, end or imitate what is seen; in every place of a mail. */
import { encoded, file, html, mail, multipart, order, plain, type Trick } from './mail.ts'

const spell = (base: number) => (text: string) =>
  [...text].map((letter) => String.fromCodePoint(base + letter.charCodeAt(0))).join('')
const bits = (zero: string, one: string) => (text: string) =>
  [...text]
    .flatMap((letter) => [...letter.charCodeAt(0).toString(2)].map((bit) => (bit === '0' ? zero : one)))
    .join('')
/** One mark behind each letter of an innocent text. */
const behindLetters = (zero: string, one: string) => (text: string) =>
  [...bits('0', '1')(text)].map((bit) => `a${bit === '0' ? zero : one}`).join('')

/** How a text is made invisible. */
const spellings: Readonly<Record<string, (text: string) => string>> = {
  'tag characters': spell(0xe0000),
  'variation selectors supplement': spell(0xe0100 - 0x10),
  'unassigned that print nothing': spell(0xe0200),
  'variation selectors behind letters': behindLetters('\ufe00', '\ufe01'),
  'text and emoji style behind letters': behindLetters('\ufe0e', '\ufe0f'),
  'styles behind digits': (text) =>
    [...bits('0', '1')(text)].map((bit) => `1${bit === '0' ? '\ufe0e' : '\ufe0f'}`).join(''),
  'zero width bits': bits('\u200b', '\u200c'),
  'joiners behind letters': behindLetters('\u200c', '\u200d'),
  'word joiners behind letters': behindLetters('\u2060', '\u2061'),
  'invisible operators': bits('\u2062', '\u2063'),
  'reserved U+2065': behindLetters('\u2065', ''),
  'fillers of Hangul': bits('\u115f', '\u1160'),
  'Mongolian selectors': behindLetters('\u180b', '\u180c'),
  'Khmer vowels that print nothing': behindLetters('\u17b4', '\u17b5'),
  'controls of musical notation': behindLetters('\u{1d173}', '\u{1d174}'),
  'controls of shorthand': behindLetters('\u{1bca0}', '\u{1bca1}'),
  'annotation controls': (text) => `\ufff9a\ufffa${bits('\ufff9', '\ufffa')(text)}\ufffb`,
  'reserved specials': behindLetters('\ufff0', '\ufff1'),
}
/** Too few to carry a text, or so widespread that they are no news. */
const unsaid = new Set(['Khmer vowels that print nothing'])

/** What is seen is not what is written. */
const turns: Readonly<Record<string, string>> = {
  'bidi override': '\u202egnp.exe\u202c',
  'bidi isolate': '\u2066abc\u2069\u2067def\u2069',
  'direction marks': 'a\u200eb\u200fc\u061cd',
  'deprecated format': 'a\u206ab\u206fc',
  ANSI: '\u001b[8mhidden\u001b[0m\u001b[2J\u001b[1;1H',
  'ANSI of eight bits': '\u009b8mhidden\u009b0m',
  'terminal link': '\u001b]8;;https://evil.example/x\u0007Bank\u001b]8;;\u0007',
  backspaces: 'safe\b\b\b\bevil',
  'NUL and bell': 'a\u0000b\u0007c',
  'carriage return': 'first\rsecond',
  'line separators': 'first\u2028second\u2029third\u0085fourth\u000bfifth\u000csixth',
  'soft hyphens': 'in\u00adstruc\u00adtion',
  'byte order marks': '\ufeffa\ufeffb',
  'half a pair': Buffer.from([0x61, 0xed, 0xa0, 0x80, 0x62]).toString('latin1'),
}

/** A file with these is no text, and is given as it is. */
const binary = new Set(['terminal link', 'backspaces', 'NUL and bell'])

type Place = readonly [name: string, toRaw: (text: string, seen: string) => Buffer]

const places: readonly Place[] = [
  ['plain body', (text, seen) => mail([], plain(`Words ${seen}\n${text}\nend`))],
  ['HTML body', (text, seen) => mail([], html(`<p>Words ${seen}</p><p>${text}</p>`))],
  [
    'subject and name',
    (text, seen) =>
      mail(
        [
          ['Subject', encoded(`${seen} ${text}`)],
          ['From', `${encoded(`Bob ${text}`)} <bob@test.example>`],
        ],
        plain('Words'),
      ),
  ],
  [
    'file and its name',
    (text, seen) =>
      mail(
        [],
        multipart('mixed', [
          plain(`Words ${seen}`),
          file(
            'text/plain; charset=utf-8',
            `a${text.slice(0, 60)}.txt`.replaceAll('/', ''),
            `Words ${seen} ${text}`,
          ),
        ]),
      ),
  ],
  [
    'invitation',
    (text, seen) =>
      mail([], {
        ...plain(
          `BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:${seen} ${text.replaceAll(/[\r\n\u0085\u2028\u2029\v\f]/g, ' ')}\r\nLOCATION:Here\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`,
        ),
        headers: [
          ['Content-Type', 'text/calendar; charset=utf-8; method=REQUEST'],
          ['Content-Transfer-Encoding', 'base64'],
        ],
      }),
  ],
]

/** In turn, so that each place sees each kind of character. */
const spelled = Object.entries(spellings).flatMap(([name, spelling], at): Trick[] =>
  [0, 1, 2].map((turn) => {
    const [place, toRaw] = places[(at + turn * 2) % places.length] ?? (places[0] as Place)
    const isBody = /body|invitation/.test(place)
    return {
      name: `characters: ${name} in ${place}`,
      raw: ({ seen, unseen }) => toRaw(spelling(order(unseen)), seen),
      flags: isBody && !unsaid.has(name) ? ['hidden_text_removed'] : [],
      attachments: place === 'file and its name' ? [{ id: '2' }] : [],
    }
  }),
)
const turned = Object.entries(turns).flatMap(([name, text]): Trick[] =>
  places.map(([place, toRaw]) => ({
    name: `characters: ${name} in ${place}`,
    raw: ({ seen }) => toRaw(text, seen),
    attachments: place === 'file and its name' ? [{ id: '2', isRead: !binary.has(name) }] : [],
  })),
)

export const characters: readonly Trick[] = [...spelled, ...turned]
