/** Our text of a document against what LibreOffice or poppler takes out of the same file, word by word. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
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

const run = promisify(execFile)
const deadlineMs = 60_000
/** All sheets, values as they are shown. */
const csv = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1'

/** By kind of file, since LibreOffice takes many at once. */
export async function compareAll(files: readonly string[], folder: string): Promise<Comparison[]> {
  const is = (...extensions: string[]) => files.filter((file) => extensions.includes(extname(file)))
  const comparisons: Comparison[] = []
  const add = async (file: string, theirs: string) =>
    comparisons.push(compare(file, await ours(file), theirs))
  for (const extension of ['.docx', '.odt', '.rtf'])
    for (const [group, some] of byFolder(is(extension))) {
      const out = join(folder, 'theirs', `${group}${extension}`)
      await convert(some, 'txt:Text (encoded):UTF8', out)
      for (const file of some)
        await add(file, readFileSync(join(out, `${basename(file, extension)}.txt`), 'utf8'))
    }
  for (const extension of ['.xlsx', '.ods']) {
    const out = join(folder, 'theirs', extension)
    await convert(is(extension), csv, out)
    for (const file of is(extension)) {
      const sheets = readdirSync(out).filter((name) => name.startsWith(`${basename(file, extension)}-`))
      await add(file, sheets.map((name) => readFileSync(join(out, name), 'utf8')).join('\n'))
    }
  }
  for (const extension of ['.pptx', '.odp']) {
    const out = join(folder, 'theirs', extension)
    await convert(is(extension), 'pdf', out)
    for (const file of is(extension))
      await add(file, await poppler(join(out, `${basename(file, extension)}.pdf`)))
  }
  for (const file of is('.pdf')) await add(file, await poppler(file))
  return comparisons
}

function byFolder(files: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const file of files) {
    const group = basename(join(file, '..'))
    groups.set(group, [...(groups.get(group) ?? []), file])
  }
  return groups
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
