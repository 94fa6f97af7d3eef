/** The least that makes a file of Office or OpenDocument, around the XML that a test is about. */
import { buildZip, type ZipFileEntry } from './zip-file.ts'

const types = {
  word: [
    'word/document.xml',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml',
  ],
  excel: ['xl/workbook.xml', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml'],
  powerpoint: [
    'ppt/presentation.xml',
    'application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml',
  ],
} as const

const officeDocument = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

export function buildOffice(kind: keyof typeof types, parts: Readonly<Record<string, string>>): Buffer {
  const [main, type] = types[kind]
  return buildZip([
    {
      name: '[Content_Types].xml',
      content: `<Types><Override PartName="/${main}" ContentType="${type}"/></Types>`,
    },
    { name: '_rels/.rels', content: relationships({ r: ['officeDocument', main] }) },
    ...Object.entries(parts).map(([name, content]): ZipFileEntry => ({ name, content })),
  ])
}

/** By id: the last word of the type and the target. */
export function relationships(
  relations: Readonly<Record<string, readonly [type: string, target: string]>>,
): string {
  const rows = Object.entries(relations).map(
    ([id, [type, target]]) =>
      `<Relationship Id="${id}" Type="${officeDocument}/${type}" Target="${target}"/>`,
  )
  return `<Relationships>${rows.join('')}</Relationships>`
}

export function wordDocument(body: string): string {
  return `<w:document xmlns:w="w" xmlns:mc="mc"><w:body>${body}</w:body></w:document>`
}

export function buildOpenDocument(kind: 'text' | 'spreadsheet' | 'presentation', content: string): Buffer {
  const names = ['office', 'text', 'table', 'style', 'draw', 'fo', 'presentation', 'dc'].map(
    (name) => `xmlns:${name}="${name}"`,
  )
  return buildZip([
    { name: 'mimetype', content: `application/vnd.oasis.opendocument.${kind}` },
    {
      name: 'content.xml',
      content: `<office:document-content ${names.join(' ')}>${content}</office:document-content>`,
    },
  ])
}
