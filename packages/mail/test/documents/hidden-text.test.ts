/** What a person does not see in a document is not in its text, and the warnings count it. */
import {
  buildOffice,
  buildOpenDocument,
  buildPdf,
  pdfStream,
  relationships,
  showText,
  wordDocument,
} from '@email-connector/testing'
import { expect, test } from 'vitest'
import { readText } from './read.ts'

const run = (text: string, properties = '') =>
  `<w:r><w:rPr>${properties}</w:rPr><w:t xml:space="preserve">${text}</w:t></w:r>`
const paragraph = (content: string, properties = '') => `<w:p><w:pPr>${properties}</w:pPr>${content}</w:p>`

const wordStyles = `<w:styles xmlns:w="w"><w:style w:type="character" w:styleId="Gone"><w:rPr><w:vanish/></w:rPr></w:style>
  <w:style w:type="character" w:styleId="Child"><w:basedOn w:val="Gone"/></w:style>
  <w:style w:type="table" w:styleId="Dark"><w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" w:fill="000000"/></w:tcPr></w:tblStylePr></w:style>
</w:styles>`

async function readWord(body: string, more: Record<string, string> = {}) {
  const relations = relationships({ s: ['styles', 'styles.xml'], c: ['comments', 'comments.xml'] })
  return await readText(
    buildOffice('word', {
      'word/document.xml': wordDocument(body),
      'word/_rels/document.xml.rels': relations,
      'word/styles.xml': wordStyles,
      ...more,
    }),
  )
}

test.each([
  ['vanish', run('SECRET', '<w:vanish/>'), '1 hidden text runs'],
  ['webHidden', run('SECRET', '<w:webHidden w:val="1"/>'), '1 hidden text runs'],
  ['a style that vanishes', run('SECRET', '<w:rStyle w:val="Gone"/>'), '1 hidden text runs'],
  ['a style based on one', run('SECRET', '<w:rStyle w:val="Child"/>'), '1 hidden text runs'],
  [
    'white on paper',
    run('SECRET', '<w:color w:val="FFFFFF"/>'),
    '1 text runs in the colour of their background',
  ],
  [
    'nearly white',
    run('SECRET', '<w:color w:val="FDFDFD"/>'),
    '1 text runs in the colour of their background',
  ],
  [
    'black on black',
    run('SECRET', '<w:color w:val="000000"/><w:shd w:val="clear" w:fill="000000"/>'),
    '1 text runs in the colour of their background',
  ],
  ['one point', run('SECRET', '<w:sz w:val="2"/>'), '1 text runs too small to read'],
  ['a tracked deletion', '<w:del><w:r><w:delText>SECRET</w:delText></w:r></w:del>', '1 tracked deletions'],
  ['moved away', `<w:moveFrom>${run('SECRET')}</w:moveFrom>`, '1 tracked deletions'],
])('R47, R80: Word: %s', async (_, content, told) => {
  const { text, warnings } = await readWord(paragraph(run('Seen ') + content + run(' last.')))
  expect(text).toBe('Seen  last.')
  expect(warnings).toContain('hidden_text_removed')
  expect(warnings.join()).toContain(told)
})

test.each([
  ['vanish that is switched off', run('SEEN', '<w:vanish w:val="0"/>')],
  ['white on a dark run', run('SEEN', '<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="1F4E79"/>')],
  ['white on a highlight', run('SEEN', '<w:color w:val="FFFFFF"/><w:highlight w:val="black"/>')],
  ['an insertion', `<w:ins>${run('SEEN')}</w:ins>`],
  [
    'how it was before a tracked change',
    run('SEEN', '<w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange>'),
  ],
  [
    'white in a shape',
    `<w:r><w:txbxContent>${paragraph(run('SEEN', '<w:color w:val="FFFFFF"/>'))}</w:txbxContent></w:r>`,
  ],
])('R80: Word: %s is seen', async (_, content) => {
  const { text, warnings } = await readWord(paragraph(content))
  expect(text).toContain('SEEN')
  expect(warnings).toEqual([])
})

test('R80: Word: white text in the dark row of a table style is seen, comments are counted', async () => {
  const cell = (content: string) => `<w:tc>${paragraph(content)}</w:tc>`
  const table = `<w:tbl><w:tblPr><w:tblStyle w:val="Dark"/></w:tblPr><w:tr>${cell(run('Head', '<w:color w:val="FFFFFF"/>'))}${cell(run('B'))}</w:tr></w:tbl>`
  const comments = `<w:comments xmlns:w="w"><w:comment w:id="1">${paragraph(run('SECRET'))}</w:comment><w:comment w:id="2">${paragraph(run('SECRET'))}</w:comment></w:comments>`
  const { text, warnings } = await readWord(table, { 'word/comments.xml': comments })
  expect(text).toBe('Head | B')
  expect(warnings.join()).toContain('2 comments')
})

const workbook = {
  'xl/workbook.xml':
    '<workbook xmlns:r="r"><sheets><sheet name="Plan" sheetId="1" r:id="a"/><sheet name="SECRET" sheetId="2" state="hidden" r:id="b"/><sheet name="S" sheetId="3" state="veryHidden" r:id="b"/></sheets></workbook>',
  'xl/_rels/workbook.xml.rels': relationships({
    a: ['worksheet', 'worksheets/one.xml'],
    b: ['worksheet', 'worksheets/two.xml'],
    s: ['styles', 'styles.xml'],
  }),
  'xl/styles.xml': `<styleSheet><numFmts><numFmt numFmtId="200" formatCode=";;;"/></numFmts>
    <fonts><font/><font><color rgb="FFFFFFFF"/></font><font><sz val="1"/></font></fonts>
    <fills><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FF000000"/></patternFill></fill></fills>
    <cellXfs><xf/><xf fontId="1"/><xf fontId="1" fillId="1"/><xf fontId="2"/><xf numFmtId="200"/></cellXfs></styleSheet>`,
  'xl/worksheets/two.xml':
    '<worksheet><sheetData><row><c t="str"><v>SECRET</v></c></row></sheetData></worksheet>',
}

test('R47, R80: Excel: hidden sheets, rows, columns, white, tiny and unformatted cells', async () => {
  const cell = (reference: string, text: string, style = 0) =>
    `<c r="${reference}" s="${style}" t="str"><v>${text}</v></c>`
  const sheet = `<worksheet><cols><col min="2" max="2" hidden="1"/></cols><sheetData>
    <row r="1">${cell('A1', 'Seen')}${cell('B1', 'SECRET')}${cell('C1', 'light on dark', 2)}</row>
    <row r="2" hidden="1">${cell('A2', 'SECRET')}</row>
    <row r="3">${cell('A3', 'SECRET', 1)}${cell('C3', 'SECRET', 3)}${cell('D3', 'SECRET', 4)}${cell('E3', 'last')}</row>
  </sheetData></worksheet>`
  const { text, warnings, parts } = await readText(
    buildOffice('excel', { ...workbook, 'xl/worksheets/one.xml': sheet }),
  )
  expect(text).toBe('[sheet 1: Plan]\nSeen\t\tlight on dark\n\t\t\t\tlast')
  expect(parts).toEqual({ unit: 'sheet', count: 1, last: 1 })
  for (const told of [
    '2 hidden sheets',
    '1 hidden rows',
    '1 hidden columns',
    '1 text runs too small',
    '1 hidden text runs',
    '1 text runs in the colour',
  ])
    expect(warnings.join()).toContain(told)
})

test('R47, R80: PowerPoint: hidden slides and shapes, notes, what lies beside the slide', async () => {
  const shape = (text: string, { hidden = '', x = 100 } = {}) =>
    `<p:sp><p:nvSpPr><p:cNvPr id="2" name="x"${hidden}/></p:nvSpPr><p:spPr><a:xfrm><a:off x="${x}" y="0"/><a:ext cx="100" cy="100"/></a:xfrm></p:spPr><p:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:txBody></p:sp>`
  const slide = (content: string, show = '') =>
    `<p:sld xmlns:p="p" xmlns:a="a"${show}><p:cSld><p:spTree>${content}</p:spTree></p:cSld></p:sld>`
  const notes = `<p:notes xmlns:p="p" xmlns:a="a"><p:sp><p:nvPr><p:ph type="body"/></p:nvPr><p:txBody><a:p><a:r><a:t>SECRET</a:t></a:r></a:p></p:txBody></p:sp></p:notes>`
  const { text, warnings, parts } = await readText(
    buildOffice('powerpoint', {
      'ppt/presentation.xml':
        '<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst><p:sldId r:id="a"/><p:sldId r:id="b"/><p:sldId r:id="c"/></p:sldIdLst><p:sldSz cx="1000" cy="1000"/></p:presentation>',
      'ppt/_rels/presentation.xml.rels': relationships({
        a: ['slide', 'slides/1.xml'],
        b: ['slide', 'slides/2.xml'],
        c: ['slide', 'slides/3.xml'],
      }),
      'ppt/slides/1.xml': slide(
        shape('Seen') + shape('SECRET', { hidden: ' hidden="1"' }) + shape('SECRET', { x: 5000 }),
      ),
      'ppt/slides/_rels/1.xml.rels': relationships({ n: ['notesSlide', '../notes/1.xml'] }),
      'ppt/notes/1.xml': notes,
      'ppt/slides/2.xml': slide(shape('SECRET'), ' show="0"'),
      'ppt/slides/3.xml': slide(shape('Last')),
    }),
  )
  expect(text).toBe('[slide 1]\nSeen\n\n[slide 3]\nLast')
  expect(parts).toEqual({ unit: 'slide', count: 3, last: 3 })
  for (const told of [
    '1 hidden slides',
    '1 hidden shapes',
    '1 text runs outside the page',
    '1 pages of speaker notes',
  ])
    expect(warnings.join()).toContain(told)
})

test('R47, R80: OpenDocument: hidden, white and tiny spans, sections, deletions, annotations', async () => {
  const style = (name: string, properties: string) =>
    `<style:style style:name="${name}"><style:text-properties ${properties}/></style:style>`
  const span = (name: string) => `<text:span text:style-name="${name}">SECRET</text:span>`
  const { text, warnings } = await readText(
    buildOpenDocument(
      'text',
      `<office:automatic-styles>${style('H', 'text:display="none"')}${style('W', 'fo:color="#ffffff"')}${style('T', 'fo:font-size="1pt"')}${style('D', 'fo:color="#ffffff" fo:background-color="#000080"')}</office:automatic-styles>
      <office:body><office:text><text:tracked-changes><text:changed-region><text:deletion><text:p>SECRET</text:p></text:deletion></text:changed-region></text:tracked-changes>
      <text:p>Seen ${span('H')}${span('W')}${span('T')}<text:span text:style-name="D">on dark</text:span><office:annotation><text:p>SECRET</text:p></office:annotation><text:hidden-text text:is-hidden="true">SECRET</text:hidden-text></text:p>
      <text:section text:display="none"><text:p>SECRET</text:p></text:section><text:p>Last</text:p></office:text></office:body>`,
    ),
  )
  expect(text).toBe('Seen on dark\nLast')
  for (const told of [
    '3 hidden text runs',
    '1 text runs in the colour',
    '1 text runs too small',
    '1 comments',
  ])
    expect(warnings.join()).toContain(told)
})

test('R47, R80: OpenDocument: hidden sheets, rows and columns of a spreadsheet', async () => {
  const cell = (text: string) => `<table:table-cell><text:p>${text}</text:p></table:table-cell>`
  const row = (cells: string, more = '') => `<table:table-row ${more}>${cells}</table:table-row>`
  const { text, warnings } = await readText(
    buildOpenDocument(
      'spreadsheet',
      `<office:automatic-styles><style:style style:name="no"><style:table-properties table:display="false"/></style:style></office:automatic-styles>
      <office:body><office:spreadsheet>
      <table:table table:name="One"><table:table-column/><table:table-column table:visibility="collapse"/><table:table-column/>
      ${row(cell('Seen') + cell('SECRET') + cell('last'))}${row(cell('SECRET'), 'table:visibility="filter"')}</table:table>
      <table:table table:name="Two" table:style-name="no">${row(cell('SECRET'))}</table:table>
      <table:table table:name="Three">${row(cell('x'))}</table:table></office:spreadsheet></office:body>`,
    ),
  )
  expect(text).toBe('[sheet 1: One]\nSeen\t\tlast\n\n[sheet 2: Three]\nx')
  for (const told of ['1 hidden sheets', '1 hidden rows', '1 hidden columns'])
    expect(warnings.join()).toContain(told)
})

test('R47, R80: RTF: hidden, deleted, white and tiny runs, annotations', async () => {
  const { text, warnings } = await readText(
    String.raw`{\rtf1\ansi{\colortbl;\red255\green255\blue255;\red0\green0\blue0;}Seen {\v SECRET}{\deleted SECRET}{\cf1 SECRET}{\fs1 SECRET}{\cf1\cb2 on dark}{\*\annotation SECRET}{\info{\title SECRET}} last.\par}`,
  )
  expect(text).toBe('Seen on dark last.')
  for (const told of [
    '1 hidden text runs',
    '1 tracked deletions',
    '1 text runs in the colour',
    '1 text runs too small',
    '1 comments',
  ])
    expect(warnings.join()).toContain(told)
})

const image = pdfStream(
  Buffer.alloc(64 * 64),
  '/Type /XObject /Subtype /Image /Width 64 /Height 64 /ColorSpace /DeviceGray /BitsPerComponent 8',
)

test.each([
  ['white on paper', `1 g ${showText('SECRET', { y: 600 })}`, 'in the colour of their background'],
  [
    'white in another colour space',
    `0 0 0 0 k ${showText('SECRET', { y: 600 })}`,
    'in the colour of their background',
  ],
  [
    'black on a black box',
    `0 g 60 590 300 40 re f ${showText('SECRET', { y: 600 })}`,
    'in the colour of their background',
  ],
  ['half a point', showText('SECRET', { y: 600, size: 0.5 }), 'too small to read'],
  [
    'small by its matrix',
    `q 0.04 0 0 0.04 72 600 cm ${showText('SECRET', { x: 0, y: 0 })} Q`,
    'too small to read',
  ],
  ['below the page', showText('SECRET', { y: -80 }), 'outside the page'],
  ['drawn invisibly', `3 Tr ${showText('SECRET', { y: 600 })} 0 Tr`, 'hidden text runs'],
  [
    'under a black box that came later',
    `${showText('SECRET', { y: 600 })} 0 g 60 590 300 40 re f`,
    'hidden text runs',
  ],
])('R47, R80: PDF: %s', async (_, content, told) => {
  const { text, warnings } = await readText(
    buildPdf([`${showText('Seen first.')} ${content} 0 g ${showText('Seen last.', { y: 500 })}`]),
  )
  expect(text).toBe('[page 1]\nSeen first.\nSeen last.')
  expect(warnings).toContain('hidden_text_removed')
  expect(warnings.join()).toContain(told)
})

test.each([
  ['white on a black box', `0 g 60 590 300 40 re f 1 g ${showText('SEEN', { y: 600 })}`],
  ['white on a picture', `q 300 0 0 100 60 570 cm /X6 Do Q 1 g ${showText('SEEN', { y: 600 })}`],
  [
    'white where a picture may be anywhere',
    `300 0 0 100 60 570 cm /X6 Do 1 g ${showText('SEEN', { x: 0, y: 0, size: 0.1 })}`,
  ],
  ['the words of a scan', `q 300 0 0 100 60 570 cm /X6 Do Q 3 Tr ${showText('SEEN', { y: 600 })}`],
  [
    'under a box that a clip keeps away',
    `${showText('SEEN', { y: 600 })} q 0 0 20 20 re W n 0 g 60 590 300 40 re f Q`,
  ],
])('R80: PDF: %s is seen', async (_, content) => {
  const { text, warnings } = await readText(buildPdf([content], { objects: [image] }))
  expect(text).toContain('SEEN')
  expect(warnings).toEqual([])
})

test('R49, R53: links and invisible characters are treated as in an email, and a mark cannot be forged', async () => {
  const body = [
    'a\u{E0041}\u{E0042}\u{E0043}\u{E0044}b',
    '![x](https://track.example/?who=1)',
    '[page 9]',
    '[sheet 1: no]',
  ]
  const { text, warnings } = await readWord(body.map((line) => paragraph(run(line))).join(''))
  expect(text.split('\n')[0]).toBe('ab')
  expect(text).not.toContain('who=1')
  expect(text).toContain('\\[page 9]')
  expect(text).toContain('\\[sheet 1: no]')
  expect(warnings).toContain('hidden_text_removed')
})
