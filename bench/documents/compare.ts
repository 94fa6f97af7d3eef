/** Our text of a document against what LibreOffice or poppler takes out of the same file, word by word. */
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { promisify } from 'node:util'
import { readDocument } from '@email-connector/mail'
import { convert } from './programs.ts'

export interface Comparison {
  readonly file: string
  /** Their words that are in ours, of all their words; and the other way round. */
  readonly found: number
  readonly right: number
  readonly missing: readonly string[]
}

/** Of the words of one document, found and right alike. */
export const leastShare = 0.98

const run = promisify(execFile)
const deadlineMs = 60_000
/** All sheets, values as they are shown. */
const csv = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1'

/** What LibreOffice makes of each kind of file, to be read as text. */
const formats: readonly [extensions: readonly string[], format: string][] = [
  [['.docx', '.odt', '.rtf'], 'txt:Text (encoded):UTF8'],
  [['.xlsx', '.ods'], csv],
  [['.pptx', '.odp'], 'pdf'],
]

/** LibreOffice starts in seconds and takes many files at once: under a number each, since several are called the same. */
export async function compareAll(files: readonly string[], folder: string): Promise<Comparison[]> {
  const comparisons: Comparison[] = []
  const add = async (file: string, theirs: string) =>
    comparisons.push(compare(file, await ours(file), theirs))
  for (const [extensions, format] of formats) {
    const some = files.filter((file) => extensions.includes(extname(file)))
    const [kind = ''] = format.split(':')
    const given = join(folder, 'theirs', `for-${kind}`)
    const made = join(folder, 'theirs', kind)
    mkdirSync(given, { recursive: true })
    const copies = some.map((file, number) => join(given, `${number}${extname(file)}`))
    for (const [number, copy] of copies.entries()) copyFileSync(some[number] ?? '', copy)
    await convert(copies, format, made)
    for (const [number, file] of some.entries()) await add(file, await textOf(made, `${number}`))
  }
  for (const file of files) if (extname(file) === '.pdf') await add(file, await poppler(file))
  return comparisons
}

/** A text, a PDF, or a table for each sheet, which is called after it. */
async function textOf(folder: string, name: string): Promise<string> {
  const mine = readdirSync(folder).filter((one) => one.split(/[-.]/)[0] === name)
  if (mine.length === 0) throw new Error(`LibreOffice made nothing of file ${name} in ${folder}`)
  const texts = mine.map((one) => {
    const path = join(folder, one)
    return one.endsWith('.pdf') ? poppler(path) : readFileSync(path, 'utf8')
  })
  return (await Promise.all(texts)).join('\n')
}

async function poppler(file: string): Promise<string> {
  const { stdout } = await run('pdftotext', ['-enc', 'UTF-8', file, '-'])
  return stdout
}

async function ours(file: string): Promise<string> {
  const order = {
    filename: basename(file),
    contentType: 'application/octet-stream',
    charset: '',
    enough: 1_000_000,
  }
  const document = await readDocument(readFileSync(file), order, { deadlineMs })
  if (document.kind !== 'text') throw new Error(`${file} gave no text: ${JSON.stringify(document)}`)
  // Marks are ours.
  return document.text.replaceAll(/^\[(page|sheet|slide) \d+[^\]]*\]$/gm, '')
}

function compare(file: string, ours: string, theirs: string): Comparison {
  const [mine, other] = [toWords(ours), toWords(theirs)]
  const missing = subtract(other, mine)
  const extra = subtract(mine, other)
  const share = (lost: readonly string[], all: readonly string[]) =>
    all.length === 0 ? 1 : 1 - lost.length / all.length
  return {
    file,
    found: share(missing, other),
    right: share(extra, mine),
    missing: [...missing.slice(0, 5), '/', ...extra.slice(0, 5)],
  }
}

function toWords(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
}

function subtract(from: readonly string[], words: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const word of words) left.set(word, (left.get(word) ?? 0) + 1)
  return from.filter((word) => {
    const count = left.get(word) ?? 0
    left.set(word, count - 1)
    return count <= 0
  })
}
