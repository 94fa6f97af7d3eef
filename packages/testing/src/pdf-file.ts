/** PDF files made by hand: what no program writes, and what a test has to know byte by byte. */

export interface PdfParts {
  /** Objects beside the pages; the first is number 6, and in reach of the pages as /X6, /X7 … */
  readonly objects?: readonly (string | Buffer)[]
  /** More entries of the trailer. */
  readonly trailer?: string
}

/** One content stream a page; /F1 is Helvetica. */
export function buildPdf(
  pages: readonly (string | Buffer)[],
  { objects = [], trailer = '' }: PdfParts = {},
): Buffer {
  const first = 6 + objects.length
  const kids = pages.map((_, index) => `${first + index * 2} 0 R`)
  const named = objects.map((_, index) => `/X${6 + index} ${6 + index} 0 R`).join(' ')
  const resources = `<< /Font << /F1 3 0 R >> /XObject << ${named} >> >>`
  const all: (string | Buffer)[] = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
    'null',
    'null',
    ...objects,
    ...pages.flatMap((content, index) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${first + index * 2 + 1} 0 R /Resources ${resources} >>`,
      pdfStream(content),
    ]),
  ]
  const pieces = [Buffer.from('%PDF-1.7\n')]
  let length = pieces[0]?.length ?? 0
  const offsets: number[] = []
  for (const [index, object] of all.entries()) {
    const piece = Buffer.concat([
      Buffer.from(`${index + 1} 0 obj\n`),
      Buffer.from(object),
      Buffer.from('\nendobj\n'),
    ])
    offsets.push(length)
    length += piece.length
    pieces.push(piece)
  }
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  const end = `xref\n0 ${all.length + 1}\n0000000000 65535 f \n${rows}trailer << /Size ${all.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${length}\n%%EOF\n`
  return Buffer.concat([...pieces, Buffer.from(end)])
}

export function pdfStream(content: string | Buffer, entries = ''): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([
    Buffer.from(`<< ${entries} /Length ${bytes.length} >>\nstream\n`),
    bytes,
    Buffer.from('\nendstream'),
  ])
}

/** Of letters that a PDF string needs no escape for. */
export function showText(
  text: string,
  { x = 72, y = 720, size = 12 }: { x?: number; y?: number; size?: number } = {},
): string {
  return `BT /F1 ${size} Tf 1 0 0 1 ${x} ${y} Tm (${text}) Tj ET`
}
