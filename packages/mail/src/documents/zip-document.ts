/** A ZIP archive that is a document of Office or OpenDocument, or else is told as an archive. */
import { listArchive } from './archive.ts'
import { type ReadingOrder, refusals, unreadable } from './document.ts'
import { readExcel } from './excel.ts'
import { type ZipKind, zipKindOf } from './kinds.ts'
import { readPart, readRelations } from './office-package.ts'
import { readOpenDocument } from './open-document.ts'
import { assertNoPages, type PartCount } from './parts.ts'
import { readPowerPoint } from './powerpoint.ts'
import type { TextSink } from './text-sink.ts'
import { readWord } from './word.ts'
import { openZip, type Zip } from './zip.ts'

export interface ReadZip {
  readonly type: string
  readonly parts?: PartCount | undefined
}

const types: Readonly<Record<ZipKind['is'], string>> = {
  word: 'Word document',
  excel: 'Excel workbook',
  powerpoint: 'PowerPoint presentation',
  odf: 'OpenDocument',
  excelBinary: 'Excel workbook',
  iwork: 'iWork document',
  archive: 'ZIP archive',
}

const maxMimetypeBytes = 200

export async function readZipDocument(
  content: Buffer,
  sink: TextSink,
  order: ReadingOrder,
): Promise<ReadZip> {
  const zip = openZip(content)
  const kind = await findKind(zip)
  const type = kind.is === 'odf' ? `OpenDocument ${kind.of}` : types[kind.is]
  switch (kind.is) {
    case 'word':
      assertNoPages(order)
      await readWord(zip, kind.main, sink)
      return { type }
    case 'excel':
      return { type, parts: await readExcel(zip, kind.main, sink, order) }
    case 'powerpoint':
      return { type, parts: await readPowerPoint(zip, kind.main, sink, order) }
    case 'odf': {
      await assertNotEncrypted(zip)
      if (kind.of === 'text') assertNoPages(order)
      return { type, parts: await readOpenDocument(zip, kind.of, sink, order) }
    }
    case 'excelBinary':
      throw unreadable(
        'This is a binary Excel workbook (.xlsb), which cannot be read here. Ask the sender for .xlsx or PDF.',
      )
    case 'iwork':
      throw unreadable(
        'This is a document of Pages, Numbers or Keynote, which cannot be read here. Ask the sender for PDF.',
      )
    case 'archive':
      assertNoPages(order)
      listArchive(zip, sink)
      return { type }
  }
}

async function findKind(zip: Zip): Promise<ZipKind> {
  const mimetype = await readStart(zip, 'mimetype')
  const [main] = (await readRelations(zip, ''))
    .filter(({ type }) => type === 'officeDocument')
    .map(({ target }) => target)
  let office: string | undefined
  if (main !== undefined)
    await readPart(zip, '[Content_Types].xml', {
      open(name, attributes) {
        if (name === 'Override' && attributes.PartName?.toLowerCase() === `/${main.toLowerCase()}`)
          office = attributes.ContentType
        if (name === 'Default' && office === undefined && main.endsWith(`.${attributes.Extension}`))
          office = attributes.ContentType
      },
    })
  return zipKindOf(zip, mimetype, office, main ?? '')
}

async function readStart(zip: Zip, name: string): Promise<string> {
  for await (const bytes of zip.open(name) ?? []) return bytes.toString('latin1', 0, maxMimetypeBytes)
  return ''
}

async function assertNotEncrypted(zip: Zip): Promise<void> {
  let isEncrypted = false
  await readPart(zip, 'META-INF/manifest.xml', {
    open(name) {
      if (name === 'manifest:encryption-data') isEncrypted = true
    },
  })
  if (isEncrypted) throw unreadable(refusals.encrypted)
}
