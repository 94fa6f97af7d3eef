/** What the sheets of a workbook refer to: the strings they share and the looks of their cells. */

import { judge } from '../mime/run-look.ts'
import { DocumentError, refusals } from './document.ts'
import { hidesAll, type NumberFormat, toNumberFormat } from './excel-formats.ts'
import { isOn, readPart } from './office-package.ts'
import type { LeftOut } from './text-sink.ts'
import type { Zip } from './zip.ts'

/** A workbook repeats its strings by number, so a small file can ask for a string of 32,767 characters a million times. */
const maxStringChars = 32_767
const maxStrings = 2_000_000
const maxAllChars = 24_000_000

export async function readSharedStrings(zip: Zip, part: string): Promise<string[]> {
  const strings: string[] = []
  let text = ''
  let chars = 0
  let phonetic = 0
  let isText = false
  await readPart(zip, part, {
    open(name) {
      if (name === 'si') text = ''
      else if (name === 'rPh') phonetic += 1
      else if (name === 't') isText = phonetic === 0
    },
    text(more) {
      if (isText && text.length < maxStringChars) text += more
    },
    close(name) {
      if (name === 't') isText = false
      else if (name === 'rPh') phonetic -= 1
      else if (name === 'si') {
        strings.push(text)
        chars += text.length
        if (strings.length > maxStrings || chars > maxAllChars) throw new DocumentError(refusals.tooMuch)
      }
    },
  })
  return strings
}

export interface CellLook {
  readonly format: NumberFormat
  readonly hidden: LeftOut | undefined
}

const maxLooks = 65_490

/** By the number that a cell gives as its style. */
export async function readCellLooks(zip: Zip, part: string, is1904: boolean): Promise<CellLook[]> {
  const custom = new Map<number, string>()
  const fonts: { colour?: string; sizePt?: number }[] = []
  const fills: string[] = []
  const looks: CellLook[] = []
  const path: string[] = []
  const formats = new Map<number, NumberFormat>()
  await readPart(zip, part, {
    open(name, attributes) {
      const parent = path.at(-1)
      path.push(name)
      if (name === 'numFmt') custom.set(Number(attributes.numFmtId), attributes.formatCode ?? '')
      else if (name === 'font' && parent === 'fonts') fonts.push({})
      else if (name === 'fill' && parent === 'fills') fills.push('ffffff')
      else if (parent === 'font' && path.at(-3) === 'fonts') {
        const font = fonts.at(-1)
        if (font && name === 'sz') font.sizePt = Number(attributes.val)
        // Theme 0 is the background of a window.
        if (font && name === 'color') {
          const colour =
            attributes.rgb?.slice(-6) ?? (attributes.theme === '0' && !attributes.tint ? 'ffffff' : undefined)
          if (colour !== undefined) font.colour = colour
        }
      } else if (name === 'patternFill' || name === 'gradientFill') {
        if (path.includes('fills') && attributes.patternType !== 'none' && fills.length > 0)
          fills[fills.length - 1] = 'unknown'
      } else if (name === 'fgColor' && path.includes('fills') && fills.length > 0) {
        fills[fills.length - 1] = attributes.rgb?.slice(-6) ?? 'unknown'
      } else if (name === 'xf' && parent === 'cellXfs' && looks.length < maxLooks) {
        const id = Number(attributes.numFmtId ?? 0)
        const format = formats.get(id) ?? toNumberFormat(id, custom, is1904)
        formats.set(id, format)
        const font = fonts[Number(attributes.fontId ?? 0)] ?? {}
        const background = fills[Number(attributes.fillId ?? 0)] ?? 'ffffff'
        looks.push({ format, hidden: judge({ ...font, background, isHidden: hidesAll(id, custom) }) })
      }
    },
    close() {
      path.pop()
    },
  })
  return looks
}

/** Off unless it says so, other than in Word. */
export function isSet(value: string | undefined): boolean {
  return value !== undefined && isOn(value)
}
