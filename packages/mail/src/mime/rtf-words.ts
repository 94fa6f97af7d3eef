/** Control words of RTF 1.9 that say one thing each: text, a font's code page, how the text after them looks, or that it is skipped. */
import type { RunLook } from './run-look.ts'

/** Their groups hold nothing that a reader sees. */
export const passedOver = new Set(
  'stylesheet info pict fldinst listtable listoverridetable revtbl rsidtbl generator themedata colorschememapping datastore latentstyles xmlnstbl object objdata filetbl nonshppict bkmkstart bkmkend tc xe rxe private template author operator sn sv pgptbl userprops mmathPr'.split(
    ' ',
  ),
)

/** Words in the place of a character or a break. */
export const spoken: Readonly<Record<string, string>> = {
  par: '\n',
  sect: '\n\n',
  page: '\n\n',
  line: '\n',
  tab: '\t',
  cell: ' | ',
  nestcell: ' | ',
  row: '\n',
  nestrow: '\n',
  emdash: '—',
  endash: '–',
  bullet: '•',
  lquote: '‘',
  rquote: '’',
  ldblquote: '“',
  rdblquote: '”',
  emspace: ' ',
  enspace: ' ',
  qmspace: ' ',
}

/** `\fcharset` of a font to the label of its code page. */
export const charsets: Readonly<Record<number, string>> = {
  77: 'macintosh',
  128: 'shift_jis',
  129: 'euc-kr',
  134: 'gb18030',
  136: 'big5',
  161: 'windows-1253',
  162: 'windows-1254',
  163: 'windows-1258',
  177: 'windows-1255',
  178: 'windows-1256',
  186: 'windows-1257',
  204: 'windows-1251',
  222: 'windows-874',
  238: 'windows-1250',
}

/** The same look for a word that says nothing of it. `colours`: of the document's table. */
export function lookAfter(
  look: RunLook,
  word: string,
  value: number | undefined,
  colours: readonly string[],
): RunLook {
  switch (word) {
    case 'plain':
      return look.background === undefined ? {} : { background: look.background }
    case 'v':
      return { ...look, isHidden: value !== 0 }
    case 'cf':
      return { ...look, colour: colours[value ?? 0] }
    case 'fs':
      return { ...look, sizePt: (value ?? 24) / 2 }
    case 'highlight':
    case 'cb':
    case 'chcbpat':
    case 'cbpat':
    case 'clcbpat':
      return { ...look, background: value === 0 ? undefined : (colours[value ?? 0] ?? 'unknown') }
    case 'trowd':
      return { ...look, background: undefined }
    default:
      return look
  }
}
