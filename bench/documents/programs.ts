/**
 * Documents as five programs write them: LibreOffice, Chromium's printer, and three libraries. What each says is made here,
 * from words in several scripts; what is in a file is what its own program, or poppler, says is in it.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findChromium, launchBrowser } from '@email-connector/testing'
import * as docx from 'docx'
import { PDFDocument, StandardFonts } from 'pdf-lib'
import pptxgen from 'pptxgenjs'

const run = promisify(execFile)

export const canRun =
  existsSync('/usr/bin/soffice') && existsSync('/usr/bin/pdftotext') && findChromium() !== undefined

const vocabularies = [
  'invoice payment account harbour window quarterly report balance delivery contract notice garden',
  'Rechnung Größe Straße Übergabe Vertrag Kündigung Gemäß Bürger Lieferung März Prüfung Öffnung',
  'facture déjà élève reçu français contrôle hôtel naïf Noël garçon été garantie',
  'договор оплата счёт отчёт письмо поставка город работа встреча время адрес список',
  'συμβόλαιο πληρωμή λογαριασμός έκθεση επιστολή παράδοση πόλη εργασία ώρα κατάλογος σχέδιο τιμή',
].map((words) => words.split(' '))

interface Story {
  readonly title: string
  readonly paragraphs: readonly string[]
  readonly items: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** The same for the same number, every time. */
function tell(number: number): Story {
  let state = number * 7919 + 17
  const words = vocabularies[number % vocabularies.length] ?? []
  const word = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return words[state % words.length] ?? ''
  }
  const sentence = (length: number) => `${Array.from({ length }, word).join(' ')} ${number}.`
  return {
    title: `${word()} ${word()} ${number}`,
    paragraphs: Array.from({ length: 4 + (number % 5) }, (_, at) => sentence(12 + at * 9)),
    items: Array.from({ length: 3 + (number % 3) }, () => sentence(5)),
    rows: Array.from({ length: 4 + (number % 4) }, (_, row) =>
      row === 0
        ? ['Name', 'Date', 'Sum', 'Share']
        : [word(), `2026-0${1 + (row % 9)}-1${row}`, `${row * 1000 + number}.50`, `${row}%`],
    ),
  }
}

const toEscaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function toHtml({ title, paragraphs, items, rows }: Story): string {
  const list = items.map((item) => `<li>${toEscaped(item)}</li>`).join('')
  const table = rows
    .map((row) => `<tr>${row.map((cell) => `<td>${toEscaped(cell)}</td>`).join('')}</tr>`)
    .join('')
  const [first = '', ...rest] = paragraphs.map(
    (text) => `<p>${toEscaped(text).replace(/^(\S+) (\S+)/, '<b>$1</b> <i>$2</i>')}</p>`,
  )
  return `<!doctype html><meta charset="utf-8"><title>x</title><h1>${toEscaped(title)}</h1>${first}<ol>${list}</ol>${rest.join('')}<table border="1">${table}</table>`
}

function toWord({ title, paragraphs, items, rows }: Story): docx.Document {
  const text = (value: string) => new docx.Paragraph({ children: [new docx.TextRun(value)] })
  const cell = (value: string) => new docx.TableCell({ children: [text(value)] })
  return new docx.Document({
    sections: [
      {
        children: [
          new docx.Paragraph({ text: title, heading: docx.HeadingLevel.HEADING_1 }),
          ...paragraphs.map(text),
          ...items.map((item) => new docx.Paragraph({ text: item, bullet: { level: 0 } })),
          new docx.Table({ rows: rows.map((row) => new docx.TableRow({ children: row.map(cell) })) }),
        ],
      },
    ],
  })
}

/** Letters of the fonts that every PDF reader has. */
async function toPdf(stories: readonly Story[]): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  const font = await document.embedFont(StandardFonts.TimesRoman)
  for (const { title, paragraphs } of stories) {
    const page = document.addPage([595, 842])
    page.drawText(title, { x: 50, y: 780, size: 18, font })
    page.drawText(paragraphs.join('\n'), { x: 50, y: 740, size: 10, font, maxWidth: 480, lineHeight: 14 })
  }
  return await document.save()
}

async function toSlides(stories: readonly Story[], path: string): Promise<void> {
  const Presentation = pptxgen as unknown as typeof pptxgen.default
  const presentation = new Presentation()
  for (const { title, items, rows } of stories) {
    const slide = presentation.addSlide()
    slide.addText(title, { x: 0.5, y: 0.2, w: 9, h: 0.7, fontSize: 24 })
    slide.addText(
      items.map((text) => ({ text, options: { bullet: true, breakLine: true } })),
      { x: 0.5, y: 1, w: 9, h: 2, fontSize: 12 },
    )
    slide.addTable(
      rows.map((row) => row.map((text) => ({ text }))),
      { x: 0.5, y: 3, w: 9 },
    )
  }
  await presentation.writeFile({ fileName: path })
}

/** LibreOffice, on files of one folder at once; with a profile of its own, so that two may run. */
export async function convert(files: readonly string[], format: string, outFolder: string): Promise<void> {
  if (files.length === 0) return
  mkdirSync(outFolder, { recursive: true })
  const profile = `-env:UserInstallation=file://${join(outFolder, '..', '.profile')}`
  await run('soffice', [profile, '--headless', '--convert-to', format, '--outdir', outFolder, ...files], {
    timeout: 300_000,
  })
}

/** `count` stories in every form; returns the files. */
export async function writeDocuments(folder: string, count: number): Promise<string[]> {
  const at = (name: string) => {
    mkdirSync(join(folder, name), { recursive: true })
    return join(folder, name)
  }
  const stories = Array.from({ length: count }, (_, number) => tell(number))
  const latin = Array.from({ length: Math.ceil(count / 2) }, (_, number) => tell(number * 5))
  const html = at('html')
  for (const [number, story] of stories.entries()) {
    writeFileSync(join(html, `story${number}.html`), toHtml(story))
    writeFileSync(join(at('csv'), `table${number}.csv`), story.rows.map((row) => row.join(',')).join('\n'))
    writeFileSync(join(at('docx'), `library${number}.docx`), await docx.Packer.toBuffer(toWord(story)))
  }
  for (const [number, story] of latin.entries()) {
    writeFileSync(join(at('pdf'), `library${number}.pdf`), await toPdf([story, tell(number * 5 + 100)]))
    await toSlides([story, tell(number + 200)], join(at('pptx'), `library${number}.pptx`))
  }
  await printAll(stories.slice(0, latin.length), at('pdf'))
  const list = (name: string) =>
    readdirSync(join(folder, name))
      .filter((file) => !file.startsWith('.'))
      .map((file) => join(folder, name, file))
  await convert(list('html'), 'odt:writer8', join(folder, 'odt'))
  await convert(list('odt'), 'docx', join(folder, 'office-docx'))
  await convert(list('docx'), 'rtf', join(folder, 'rtf'))
  await convert(list('odt'), 'pdf', join(folder, 'office-pdf'))
  await convert(list('csv'), 'xlsx', join(folder, 'xlsx'))
  await convert(list('csv'), 'ods', join(folder, 'ods'))
  await convert(list('pptx'), 'odp', join(folder, 'odp'))
  const folders = ['docx', 'office-docx', 'odt', 'rtf', 'pdf', 'office-pdf', 'xlsx', 'ods', 'pptx', 'odp']
  return folders.flatMap(list)
}

async function printAll(stories: readonly Story[], folder: string): Promise<void> {
  const chromium = await launchBrowser()
  try {
    const page = await chromium.newPage({ javaScript: false })
    for (const [number, story] of stories.entries()) {
      await page.setContent(toHtml(story))
      writeFileSync(join(folder, `printed${number}.pdf`), await page.pdf())
    }
  } finally {
    await chromium.close()
  }
}
