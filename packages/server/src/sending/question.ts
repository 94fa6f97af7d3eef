/**
 * What a person is shown before an email goes out, as text: a client's dialogue shows nothing else. All of it comes from
 * a model, and behind the model from mails of strangers, so nothing is left out in silence: what prints nothing is
 * counted where it is, blank runs are counted, and of a long text head and tail are there with the count between.
 */
import { type MailAddress, readsAsAnother } from '@email-connector/mail'
import { sliceWhole } from '../wire/fit.ts'
import type { ShownMessage } from './outgoing.ts'

/** Enough to recognise an email by; more is a dialogue nobody reads. */
const maxQuestionChars = 2000
const maxLineChars = 998

/** Whom the owner has written to, as far as that is known. */
export interface KnownPeople {
  /** Who wrote and got the email that is answered. */
  readonly inThread?: readonly MailAddress[] | undefined
  /** Of the recipients those in Sent, in lower case; undefined where Sent could not be read. */
  readonly writtenTo?: ReadonlySet<string> | undefined
}

/** All that a person is shown of an email, in the order in which it is shown; everything is safe to show as text. */
export interface ShownEmail {
  /** Who it is from and whom it goes to. */
  readonly people: readonly { readonly name: string; readonly values: readonly ShownValue[] }[]
  /** Fields of a stored draft that lead answers or receipts elsewhere. */
  readonly redirects: readonly string[]
  readonly note?: string
  readonly subject: string
  readonly files: readonly string[]
  readonly text: string
}

interface ShownValue {
  readonly text: string
  /** What the owner should look at. */
  readonly marks: readonly string[]
}

export function toShownEmail(shown: ShownMessage, known: KnownPeople, maxChars?: number): ShownEmail {
  const { from, to, cc, bcc, subject, body, attachments } = shown
  const person = toPerson(shown, known)
  const isUnchecked = known.writtenTo === undefined && known.inThread === undefined
  return {
    people: [
      { name: 'From', values: [{ text: toShownLine(from.address, 320), marks: [] }] },
      ...Object.entries({ To: to, Cc: cc, Bcc: bcc }).flatMap(([name, list]) =>
        list.length === 0 ? [] : [{ name, values: list.map(person) }],
      ),
    ],
    redirects: toRedirectLines(shown),
    ...(isUnchecked && { note: 'Whether you have written to them before could not be checked.' }),
    subject: toShownLine(subject, maxLineChars),
    files: attachments.map(
      ({ filename, contentType, size }, index) =>
        `Attachment ${index + 1} of ${attachments.length}: "${toShownLine(filename, 200)}", ${toShownLine(contentType, 100)}, ${size} bytes`,
    ),
    text: toShownText(body, maxChars),
  }
}

export function toQuestion(shown: ShownMessage, known: KnownPeople): string {
  const { people, redirects, note, subject, files, text } = toShownEmail(shown, known)
  const toValue = ({ text, marks }: ShownValue) =>
    marks.length === 0 ? text : `${text} [${marks.join('; ')}]`
  const lines = [
    'Send this email?',
    people.map(({ name, values }) => `${name}: ${values.map(toValue).join(', ')}`),
    redirects,
    note ?? [],
    `Subject: ${subject}`,
    files,
    '',
    text,
  ]
  return lines.flat().join('\n')
}

/** More than a program writes. */
const maxRedirects = 10

/** A draft may have been put there by somebody who wants its answers. */
function toRedirectLines({ from, redirects = [] }: ShownMessage): string[] {
  const whither = {
    answers: 'ANSWERS go there',
    receipts: 'RECEIPTS go there',
    bounces: 'BOUNCES go there',
    unsubscribing: 'UNSUBSCRIBING goes there',
  }
  const own = from.address.toLowerCase()
  const lines = redirects.slice(0, maxRedirects).map(({ name, text, redirects: what }) => {
    const [, inBrackets = text] = /^[^<>]*<([^<>]*)>$/.exec(text.trim()) ?? []
    const mark = inBrackets.trim().toLowerCase() === own ? '' : ` [${whither[what]}, not to From]`
    return `${name}: ${toShownLine(text, maxLineChars)}${mark}`
  })
  const left = redirects.length - lines.length
  return left > 0 ? [...lines, `[${left} more fields that redirect answers or receipts]`] : lines
}

/** Each recipient with what the owner should look at. */
function toPerson({ from }: ShownMessage, { inThread, writtenTo }: KnownPeople) {
  const seen = new Set((inThread ?? []).map((one) => one.address.toLowerCase()))
  const models = [from, ...(inThread ?? [])].map((one) => one.address)
  return ({ address }: MailAddress): ShownValue => {
    const key = address.toLowerCase()
    const isKnown = seen.has(key) || writtenTo?.has(key) === true
    const isChecked = writtenTo !== undefined || inThread !== undefined
    const marks = [
      isChecked && !isKnown ? (inThread === undefined ? 'NEW' : 'NEW, not in the email this answers') : [],
      /[^\0-\x7f]|@(?:.*\.)?xn--/i.test(address) ? 'letters beyond a-z' : [],
      readsAsAnother(address, models) ? 'LOOKS LIKE another address' : [],
    ].flat()
    return { text: toShownLine(address, 320), marks }
  }
}

/** Prints nothing, or turns a line around: format characters, fillers, variation selectors, tags. */
const unseen = new RegExp(
  `(?:[${[
    '\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F\\u200B-\\u200F\\u202A-\\u202E',
    '\\u2060-\\u206F\\u3164\\uFE00-\\uFE0F\\uFEFF\\uFFA0\\uFFF9-\\uFFFB\\u{1D173}-\\u{1D17A}\\u{E0000}-\\u{E0FFF}',
  ].join('')}])+`,
  'gu',
)
/** One of these between letters or emoji is how they are written. */
const ordinary = /^(?:\u200C|\u200D|\uFE0E|\uFE0F|\uFE0F\u200D)$/u
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is counted here
const controls = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]+/gu
const lineBreaks = /\r\n?|[\u2028\u2029\u0085]/gu

function countUnseen(text: string): string {
  const mark = (run: string) => {
    const count = [...run].length
    return `[${count} invisible character${count === 1 ? '' : 's'}]`
  }
  return text.replace(unseen, (run) => (ordinary.test(run) ? run : mark(run))).replace(controls, mark)
}

/** Spaces of every width, and the blank Braille cell. */
const blanks = /[\p{Zs}\t\u2800]{9,}/gu
const blankLines = /\n(?:[\p{Zs}\t\u2800]*\n){3,}/gu

export function toShownText(body: string, maxChars = maxQuestionChars): string {
  const tailChars = Math.round(maxChars / 4)
  const headChars = maxChars - tailChars
  const counted = countUnseen(body.replace(lineBreaks, '\n'))
    .replace(blankLines, (run) => `\n[${run.split('\n').length - 2} blank lines]\n`)
    .replace(blanks, (run) => ` [${[...run].length} spaces] `)
    .trim()
  const left = counted.length - headChars - tailChars
  if (left <= 0) return counted
  const tail = counted.slice(-tailChars).replace(/^[\uDC00-\uDFFF]/, '')
  return `${sliceWhole(counted, headChars)}\n[... ${left} characters are not shown here, but go out ...]\n${tail}`
}

/** On one line: what is given opens no line of its own. */
function toShownLine(text: string, maxChars: number): string {
  const line = countUnseen(
    sliceWhole(text, maxChars * 4).replace(/[\n\r\u2028\u2029\u0085]+/gu, ' [line break] '),
  )
    .replace(blanks, (run) => ` [${[...run].length} spaces] `)
    .trim()
  return line.length <= maxChars ? line : `${sliceWhole(line, maxChars)} [... ${line.length - maxChars} more]`
}
