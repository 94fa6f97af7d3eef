/** Documents that are made to cost their reader memory or time, or to have it fetch something. */
import { createDeflateRaw, deflateSync } from 'node:zlib'
import {
  buildOffice,
  buildOpenDocument,
  buildPdf,
  buildZip,
  pdfStream,
  relationships,
  showText,
  wordDocument,
} from '@email-connector/testing'

const megabyte = 1024 * 1024

/** Of `times` pieces, without ever holding them. */
async function deflate(
  piece: string,
  times: number,
  [before, after]: [string, string] = ['', ''],
): Promise<Buffer> {
  const stream = createDeflateRaw({ level: 1 })
  const done = (async () => {
    const chunks: Buffer[] = []
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
    return Buffer.concat(chunks)
  })()
  stream.write(before)
  const block = piece.repeat(Math.ceil(megabyte / piece.length))
  for (let written = 0; written < times * piece.length; written += block.length)
    if (!stream.write(block)) await new Promise((resolve) => stream.once('drain', resolve))
  stream.end(after)
  return await done
}

const wordType =
  '<Types><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
const rootRelations = relationships({ r: ['officeDocument', 'word/document.xml'] })

async function wordBomb(piece: string, megabytes: number): Promise<Buffer> {
  const ends: [string, string] = ['<w:document xmlns:w="w"><w:body>', '</w:body></w:document>']
  const packed = await deflate(piece, (megabytes * megabyte) / piece.length, ends)
  return buildZip([
    { name: '[Content_Types].xml', content: wordType },
    { name: '_rels/.rels', content: rootRelations },
    { name: 'word/document.xml', content: '', packed, size: 1000 },
  ])
}

const withDoctype = (doctype: string, entity: string) =>
  buildOffice('word', {
    'word/document.xml': `<?xml version="1.0"?><!DOCTYPE w [${doctype}]>${wordDocument(`<w:p><w:r><w:t>${entity}</w:t></w:r></w:p>`)}`,
  })

const laughs = Array.from({ length: 10 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join(
  '',
)

function workbook(sheet: string, strings: string): Buffer {
  return buildOffice('excel', {
    'xl/workbook.xml':
      '<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels': relationships({
      a: ['worksheet', 'sheet.xml'],
      s: ['sharedStrings', 'strings.xml'],
    }),
    'xl/sheet.xml': `<worksheet><sheetData>${sheet}</sheetData></worksheet>`,
    'xl/strings.xml': `<sst>${strings}</sst>`,
  })
}

function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(33)
  header.write('\x89PNG\r\n\x1a\n', 'latin1')
  header.writeUInt32BE(13, 8)
  header.write('IHDR', 12)
  header.writeUInt32BE(width, 16)
  header.writeUInt32BE(height, 20)
  header[24] = 1
  const pixels = deflateSync(Buffer.alloc(8 * megabyte))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(pixels.length)
  return Buffer.concat([header, length, Buffer.from('IDAT'), pixels, Buffer.alloc(4)])
}

/** By name; with what must be said of it. */
export async function hostileFiles(): Promise<[name: string, content: Buffer, kind: RegExp][]> {
  const goodWord = buildOffice('word', {
    'word/document.xml': wordDocument(`<w:p><w:r><w:t>${'x'.repeat(5000)}</w:t></w:r></w:p>`),
  })
  const goodPdf = buildPdf([showText('whole')])
  const imageOf = (width: number, content: Buffer) =>
    pdfStream(
      content,
      `/Type /XObject /Subtype /Image /Width ${width} /Height ${width} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode`,
    )
  const harm = /harm/
  const broken = /damaged/
  return [
    ['bomb of paragraphs.docx', await wordBomb('<w:p/>', 200), harm],
    ['empty lines.docx', await wordBomb('<w:p/>', 12), /text/],
    ['blanks.docx', await wordBomb(`<w:p><w:r><w:t>${' '.repeat(megabyte)}x</w:t></w:r></w:p>`, 6), /text x/],
    [
      'soft breaks.vcf',
      Buffer.from(`BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:${'a=\n'.repeat(1_000_000)}\nEND:VCARD`),
      /Name: aaa/,
    ],
    [
      'bomb of text.docx',
      await wordBomb('<w:p><w:r><w:t>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</w:t></w:r></w:p>', 150),
      harm,
    ],
    ['bomb in one tag.docx', await wordBomb(' a'.repeat(500), 50), /harm|damaged/],
    ['deep.docx', await wordBomb('<w:tbl>', 8), /harm|damaged/],
    ['outside entity.docx', withDoctype('<!ENTITY x SYSTEM "file:///etc/passwd">', '&x;'), harm],
    ['laughs.docx', withDoctype(`<!ENTITY l0 "ha">${laughs}`, '&l10;'), harm],
    [
      'laughs without a type.docx',
      buildOffice('word', { 'word/document.xml': wordDocument('<w:p>&lol;</w:p>') }),
      broken,
    ],
    [
      'one string a million times.xlsx',
      workbook('<row><c t="s"><v>0</v></c></row>'.repeat(100_000), `<si><t>${'s'.repeat(32_000)}</t></si>`),
      harm,
    ],
    [
      'a row far out.xlsx',
      workbook('<row r="1048576"><c r="XFD1048576" t="str"><v>far</v></c></row>', ''),
      /far/,
    ],
    [
      'repeated cells.ods',
      buildOpenDocument(
        'spreadsheet',
        `<office:body><office:spreadsheet><table:table table:name="S"><table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>`,
      ),
      /\[sheet 1: S\]/,
    ],
    ['deep.rtf', Buffer.from(`{\\rtf1 ${'{'.repeat(200_000)}`), harm],
    [
      'many.zip',
      buildZip(
        Array.from({ length: 60_000 }, (_, at) => ({ name: `${at}.txt`, content: '', size: 4_000_000_000 })),
      ),
      /not unpacked/,
    ],
    ['stream bomb.pdf', await pdfBomb(), /harm|too long|page 1/],
    [
      'many objects.pdf',
      buildPdf([showText('here')], { objects: Array.from({ length: 100_000 }, () => '<< /A [1 2 3] >>') }),
      /here|harm/,
    ],
    [
      'page loop.pdf',
      Buffer.from(
        goodPdf
          .toString('latin1')
          .replace(/\/Kids \[\d+ 0 R\]/, (kids) => '/Kids [2 0 R]'.padEnd(kids.length)),
        'latin1',
      ),
      /damaged|too long|page 1/,
    ],
    [
      'form loop.pdf',
      buildPdf(['/X6 Do'], {
        objects: [
          pdfStream(
            '/X6 Do /X6 Do',
            '/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X6 6 0 R >> >>',
          ),
        ],
      }),
      /page 1|damaged|harm|too long/,
    ],
    [
      'huge image.pdf',
      buildPdf(['q 500 0 0 500 0 0 cm /X6 Do Q'], {
        objects: [imageOf(60_000, deflateSync(Buffer.alloc(20 * megabyte)))],
      }),
      /page 1, no text/,
    ],
    ['huge.png', Buffer.concat([pngHeader(50_000, 50_000), Buffer.alloc(1_100_000)]), /too large/],
    ['huge and small.png', pngHeader(50_000, 50_000), /too large/],
    [
      'huge.jpg',
      Buffer.concat([Buffer.from('ffd8ffc0001108ffffffff03', 'hex'), Buffer.alloc(100)]),
      /too large/,
    ],
    ['one line.csv', Buffer.alloc(20 * megabyte, 'a,'), harm],
    [
      'one fold.ics',
      Buffer.from(`BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x${'\n y'.repeat(3_000_000)}\nEND:VEVENT\n`),
      /Summary: xyy/,
    ],
    [
      'many events.ics',
      Buffer.from(`BEGIN:VCALENDAR\n${'BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\n'.repeat(100_000)}`),
      /event 1/,
    ],
    ['cut.docx', goodWord.subarray(0, goodWord.length - 40), broken],
    ['cut.pdf', Buffer.from('%PDF-1.7\n1 0 obj <<'), broken],
    ['cut.png', pngHeader(4000, 3000).subarray(0, 20), broken],
    ['cut.rtf', Buffer.from('{\\rtf1 Here it e'), /Here it e/],
  ]
}

/** 400 MB of operators in less than one. */
async function pdfBomb(): Promise<Buffer> {
  const raw = await deflate('0 0 m ', (400 * megabyte) / 6)
  // zlib's header; what checks the end is never reached.
  const packed = Buffer.concat([Buffer.from([0x78, 0x9c]), raw, Buffer.alloc(4)])
  return Buffer.from(
    buildPdf(['@'])
      .toString('latin1')
      .replace(
        /<< {2}\/Length 1 >>\nstream\n@/,
        () => `<< /Filter /FlateDecode /Length ${packed.length} >>\nstream\n${packed.toString('latin1')}`,
      ),
    'latin1',
  )
}
