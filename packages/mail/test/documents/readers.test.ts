/** The text of each kind of document, its marks, and what is told of it. What is hidden: hidden-text.test.ts. */
import {
  buildOffice,
  buildOpenDocument,
  buildPdf,
  buildZip,
  relationships,
  showText,
  wordDocument,
} from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { read, readRefusal, readText } from './read.ts'

describe('R80: spreadsheets', () => {
  const styles = (codes: readonly string[]) =>
    `<styleSheet><numFmts>${codes.map((code, at) => `<numFmt numFmtId="${200 + at}" formatCode="${code.replaceAll('"', '&quot;')}"/>`).join('')}</numFmts><fonts><font/></fonts><fills><fill/></fills><cellXfs>${codes.map((_, at) => `<xf numFmtId="${200 + at}"/>`).join('')}</cellXfs></styleSheet>`
  const workbook = (sheet: string, codes: readonly string[], properties = '') =>
    buildOffice('excel', {
      'xl/workbook.xml': `<workbook xmlns:r="r"><workbookPr ${properties}/><sheets><sheet name="One" sheetId="1" r:id="a"/><sheet name="Two" sheetId="2" r:id="b"/></sheets></workbook>`,
      'xl/_rels/workbook.xml.rels': relationships({
        ...{ a: ['worksheet', 'one.xml'], b: ['worksheet', 'two.xml'] },
        ...{ s: ['styles', 'styles.xml'], t: ['sharedStrings', 'strings.xml'] },
      }),
      'xl/styles.xml': styles(codes),
      'xl/strings.xml':
        '<sst><si><t>plain</t></si><si><r><t>rich </t></r><r><t>text</t></r><rPh><t>NOT</t></rPh></si></sst>',
      'xl/one.xml': `<worksheet><sheetData><row>${sheet}</row></sheetData></worksheet>`,
      'xl/two.xml':
        '<worksheet><sheetData><row><c t="inlineStr"><is><t>inline</t></is></c><c t="b"><v>1</v></c><c t="e"><v>#DIV/0!</v></c><c><f>1+1</f><v>2</v></c></row></sheetData></worksheet>',
    })

  test.each([
    ['yyyy-mm-dd', '46353', '2026-11-27'],
    ['dd/mm/yy h:mm', '46353.604166666664', '2026-11-27 14:30'],
    ['[$-407]d. mmmm yyyy', '1', '1900-01-01'],
    ['d-mmm', '60', '1900-02-28'],
    ['d-mmm', '61', '1900-03-01'],
    ['h:mm:ss', '0.5', '12:00:00'],
    ['[h]:mm', '1.25', '30:00'],
    ['0.00', '3.14159', '3.14'],
    ['#,##0.00', '1234567.891', '1,234,567.89'],
    ['#,##0;(#,##0)', '-1234', '(1,234)'],
    ['0.0%', '0.1234', '12.3%'],
    ['[$€-407] #,##0.00', '12.5', '€ 12.50'],
    ['0" kg"', '5', '5 kg'],
    ['0.00E+00', '12345', '1.23e+4'],
    ['0.##', '2.5', '2.5'],
    ['General', '0.30000000000000004', '0.3'],
    ['#,##0,', '1234567', '1,235'],
    ['"Day" 0', '3', '3 Day'],
  ])('the format %s shows %s as %s', async (code, value, shown) => {
    const { text } = await readText(workbook(`<c s="0"><v>${value}</v></c>`, [code]), {
      pages: { from: 1, to: 1 },
    })
    expect(text).toBe(`[sheet 1: One]\n${shown}`)
  })

  test('dates of the 1904 system', async () => {
    const { text } = await readText(workbook('<c s="0"><v>44891</v></c>', ['yyyy-mm-dd'], 'date1904="1"'))
    expect(text).toContain('2026-11-27')
  })

  test('shared, rich and inline strings, truth, errors, stored values of formulas, and one sheet alone', async () => {
    const file = workbook('<c t="s"><v>0</v></c><c t="s"><v>1</v></c>', ['General'])
    const { text, parts } = await readText(file)
    expect(text).toBe('[sheet 1: One]\nplain\trich text\n\n[sheet 2: Two]\ninline\tTRUE\t#DIV/0!\t2')
    expect(parts).toEqual({ unit: 'sheet', count: 2, last: 2 })
    expect((await readText(file, { pages: { from: 2, to: 2 } })).text).toBe(
      '[sheet 2: Two]\ninline\tTRUE\t#DIV/0!\t2',
    )
  })

  test.each([
    ['a,b\n1,"x, y"\n', 'a\tb\n1\tx, y'],
    ['a;b\n"1,5";"line\nbreak ""q"""\n', 'a\tb\n1,5\tline break "q"'],
    ['a\tb\nc\td', 'a\tb\nc\td'],
  ])('a delimited file %j', async (content, expected) => {
    expect((await readText(content, { filename: 'x.csv' })).text).toBe(expected)
  })
})

describe('R80: Word', () => {
  const p = (text: string, properties = '') =>
    `<w:p><w:pPr>${properties}</w:pPr><w:r><w:t>${text}</w:t></w:r></w:p>`
  test('numbered lists, tables, text boxes once, notes, heads and feet', async () => {
    const level = (at: number, format: string, text: string) =>
      `<w:lvl w:ilvl="${at}"><w:start w:val="1"/><w:numFmt w:val="${format}"/><w:lvlText w:val="${text}"/></w:lvl>`
    const item = (text: string, at: number) =>
      p(text, `<w:numPr><w:ilvl w:val="${at}"/><w:numId w:val="1"/></w:numPr>`)
    const box =
      '<w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>Box</w:t></w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent><w:p><w:r><w:t>Box</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>'
    const file = buildOffice('word', {
      'word/document.xml': wordDocument(
        `${item('One', 0)}${item('Deep', 1)}${item('Deeper', 1)}${item('Two', 0)}<w:tbl><w:tr><w:tc>${p('A')}${p('B')}</w:tc><w:tc>${p('C')}</w:tc></w:tr></w:tbl><w:p>${box}<w:r><w:t>After</w:t><w:tab/><w:t>tab</w:t><w:br/><w:t>line</w:t></w:r></w:p>`,
      ),
      'word/_rels/document.xml.rels': relationships({
        ...{
          n: ['numbering', 'numbering.xml'],
          f: ['footnotes', 'footnotes.xml'],
          h: ['header', 'header1.xml'],
        },
      }),
      'word/numbering.xml': `<w:numbering xmlns:w="w"><w:abstractNum w:abstractNumId="0">${level(0, 'decimal', '%1.')}${level(1, 'lowerLetter', '%1.%2)')}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>`,
      'word/footnotes.xml': `<w:footnotes xmlns:w="w"><w:footnote>${p('A note')}</w:footnote></w:footnotes>`,
      'word/header1.xml': `<w:hdr xmlns:w="w">${p('A head')}</w:hdr>`,
    })
    const { text } = await readText(file)
    expect(text).toBe(
      '1. One\n1.a) Deep\n1.b) Deeper\n2. Two\nA B | C\nBox\nAfter\ttab\nline\nA note\nA head',
    )
  })

  test('has no pages to choose from, and says so', async () => {
    const file = buildOffice('word', { 'word/document.xml': wordDocument(p('x')) })
    expect(await readRefusal(file, { pages: { from: 2, to: 2 } })).toContain('no pages to choose from')
  })
})

test('R80: OpenDocument: lists with their numbers', async () => {
  const level = (at: number, more: string) =>
    `<text:list-level-style-number text:level="${at}" style:num-suffix="." ${more}/>`
  const item = (content: string) => `<text:list-item><text:p>${content}</text:p></text:list-item>`
  const { text } = await readText(
    buildOpenDocument(
      'text',
      `<office:automatic-styles><text:list-style style:name="L">${level(1, 'style:num-format="1"')}${level(2, 'style:num-format="a" text:display-levels="2"')}</text:list-style><text:list-style style:name="B"><text:list-level-style-bullet text:level="1"/></text:list-style></office:automatic-styles>
      <office:body><office:text><text:list text:style-name="L">${item('One')}<text:list-item><text:p>Two</text:p><text:p>still two</text:p><text:list>${item('Deep')}</text:list></text:list-item></text:list>
      <text:p>Between</text:p><text:list text:style-name="L" text:continue-numbering="true">${item('Three')}</text:list><text:list text:style-name="B">${item('Dot')}</text:list></office:text></office:body>`,
    ),
  )
  expect(text).toBe('1. One\n2. Two\nstill two\n2.a. Deep\nBetween\n3. Three\n- Dot')
})

describe('R80: PDF', () => {
  const pages = buildPdf(Array.from({ length: 30 }, (_, at) => showText(`Page number ${at + 1} of many`)))
  test('stops behind what is asked for, between two pages, and says where', async () => {
    const { text, parts, isCut } = await readText(pages, { enough: 60 })
    expect(isCut).toBe(true)
    expect(parts?.last).toBeLessThan(6)
    expect(text).toContain(`[page ${parts?.last}]`)
    expect(text).not.toContain('[page 20]')
    const rest = await readText(pages, { pages: { from: 29, to: 99 } })
    expect(rest.text).toBe('[page 29]\nPage number 29 of many\n\n[page 30]\nPage number 30 of many')
    expect(rest.isCut).toBe(false)
    expect(await readRefusal(pages, { pages: { from: 31, to: 31 } })).toContain('from 1 to 30')
  })

  test('a locked one says so', async () => {
    const locked = buildPdf([showText('x')], {
      trailer: `/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <${'ab'.repeat(32)}> /U <${'cd'.repeat(32)}> >> /ID [<00><00>]`,
    })
    expect(await readRefusal(locked)).toContain('protected by a password')
  })
})

describe('R80: other kinds, by their content', () => {
  test.each([
    ['windows-1252', 'e9', 'é'],
    ['utf-16 with a mark', 'fffe3f04400438043204350442042000', 'привет'],
    ['utf-16 without', '480065006c006c006f002000740068006500720065002100', 'Hello there!'],
    ['shift_jis', '82b182f182c982bf82cd90a28a45', 'こんにちは世界'],
    ['euc-kr', 'bec8b3e7c7cfbcbcbfe4', '안녕하세요'],
    ['gb18030', 'c4e3bac3a3acced2cac7d6d0b9fac8cb', '你好，我是中国人'],
    ['windows-1251', 'cff0e8e2e5f220ece8f020fdf2ee20f2e5eaf1f2', 'Привет мир это текст'],
    ['koi8-r', 'f0d2c9d7c5d420cdc9d220dcd4cf20d4c5cbd3d4', 'Привет мир это текст'],
  ])('plain text in %s without a label', async (_, hex, expected) => {
    expect((await readText(Buffer.from(hex, 'hex'))).text).toContain(expected)
  })

  test('RTF with code pages, Unicode and tables', async () => {
    const { type, text } = await readText(
      String.raw`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}}Caf\'e9 \u8364?{\f1 \'cf\'f0\'e8\'e2\'e5\'f2}\par a\cell b\cell\row {\*\generator X}{\pict 0011}end}`,
    )
    expect(type).toBe('RTF document')
    expect(text).toBe('Café €Привет\na | b |\nend')
  })

  test('a calendar: times in their zones, people, no rule computed', async () => {
    const { text } = await readText(
      [
        'BEGIN:VCALENDAR',
        'METHOD:REQUEST',
        'BEGIN:VEVENT',
        'SUMMARY;LANGUAGE=de:Treffen\\, lang',
        ' er Titel',
        'DTSTART;TZID=Europe/Berlin:20261202T100000',
        'DTEND:20261202T110000Z',
        'RRULE:FREQ=SECONDLY;UNTIL=20991231T000000Z',
        'ORGANIZER;CN="Ann, Lee":mailto:ann@test.example',
        'ATTENDEE;PARTSTAT=NEEDS-ACTION;CN=Bob:mailto:bob@test.example',
        'BEGIN:VALARM',
        'DESCRIPTION:not this',
        'END:VALARM',
        'END:VEVENT',
        'BEGIN:VTODO',
        'SUMMARY:Pay',
        'DUE;VALUE=DATE:20261224',
        'END:VTODO',
        'END:VCALENDAR',
      ].join('\r\n'),
    )
    expect(text).toBe(
      'Method: REQUEST\n\n[event 1]\nSummary: Treffen, langer Titel\nStart: 2026-12-02 10:00 Europe/Berlin\nEnd: 2026-12-02 11:00 UTC\nRepeats: FREQ=SECONDLY;UNTIL=2099-12-31\nOrganizer: Ann, Lee <ann@test.example>\nAttendee: Bob <bob@test.example> (needs action)\n\n[event (todo) 2]\nSummary: Pay\nDue: 2026-12-24 (all day)',
    )
  })

  test('contacts of old and new vCards', async () => {
    const { text } = await readText(
      'BEGIN:VCARD\r\nVERSION:2.1\r\nFN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:J=C3=B6rg=\r\n M=C3=BCller\r\nTEL;CELL:+49 1\r\nPHOTO;ENCODING=BASE64:AAAA=\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:Ann\r\nitem1.EMAIL;TYPE=WORK:ann@test.example\r\nADR:;;Main St 1;Bonn;;53111;DE\r\nEND:VCARD\r\n',
    )
    expect(text).toBe(
      '[contact 1]\nName: Jörg Müller\nPhone (cell): +49 1\n\n[contact 2]\nName: Ann\nEmail (work): ann@test.example\nAddress: Main St 1, Bonn, 53111, DE',
    )
  })

  test('a ZIP archive is listed, not unpacked, and says what is locked', async () => {
    const inner = buildZip([{ name: 'inner.txt', content: 'x' }])
    const { text, type } = await readText(
      buildZip([
        { name: 'a/notes.txt', content: 'SECRET' },
        { name: 'inner.zip', content: inner },
        { name: 'locked.pdf', content: 'x', isEncrypted: true },
        { name: 'folder/', content: '' },
      ]),
      { filename: 'report.docx' },
    )
    expect(type).toBe('ZIP archive')
    expect(text).toContain('[file list: 3 files, not unpacked]')
    expect(text).toContain('a/notes.txt\t6 bytes')
    expect(text).toContain('1 of them are protected by a password.')
    expect(text).not.toMatch(/SECRET|inner\.txt/)
  })

  test.each([
    ['an old Word file', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'Office 97-2003'],
    [
      'a locked Office file',
      Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('EncryptedPackage', 'utf16le')]),
      'password',
    ],
    ['HEIC', Buffer.from('0000001866747970686569630000', 'hex'), 'HEIC'],
  ])('%s is told', async (_, content, told) => {
    const document = await read(content)
    expect(document).toMatchObject({ kind: 'refused', cause: 'unreadable' })
    expect(await readRefusal(content)).toContain(told)
  })

  test('bytes without a meaning are unknown', async () => {
    expect(await read(Buffer.from([0, 1, 2, 3, 4, 5]))).toEqual({ kind: 'unknown' })
  })
})
