/** The looks of runs and paragraphs in a Word document: its styles with what they inherit, and its numbered lists. */

import type { RunLook } from '../mime/run-look.ts'
import { toNumeral } from './numerals.ts'
import { isOn, readPart } from './office-package.ts'
import type { Attributes } from './xml.ts'
import type { Zip } from './zip.ts'

export interface WordStyle {
  readonly basedOn?: string
  readonly look: RunLook
  readonly list?: ListPlace
  /** A table style with coloured cells: what is behind its text depends on the place in the table. */
  readonly hasShade: boolean
}

export interface ListPlace {
  readonly list?: string
  readonly level?: number
}

/** Circles end here. */
const maxInheritance = 12

/** Of `w:rPr`: its children one by one; later ones win. */
export function addToLook(look: RunLook, name: string, attributes: Attributes): RunLook {
  const value = attributes['w:val']
  switch (name) {
    case 'w:vanish':
    case 'w:webHidden':
      return { ...look, isHidden: isOn(value) }
    case 'w:color':
      return { ...look, colour: value }
    case 'w:sz':
      return { ...look, sizePt: Number(value) / 2 }
    case 'w:shd':
      return addShade(look, attributes)
    case 'w:highlight':
      return value === 'none' ? look : { ...look, background: 'unknown' }
    default:
      return look
  }
}

/** Of a run, a paragraph or a cell. */
export function addShade(look: RunLook, attributes: Attributes): RunLook {
  const fill = attributes['w:fill'] ?? 'auto'
  const pattern = attributes['w:val'] ?? 'clear'
  if (pattern !== 'clear' && pattern !== 'nil') return { ...look, background: 'unknown' }
  return fill === 'auto' ? look : { ...look, background: fill }
}

export async function readStyles(zip: Zip, part: string): Promise<Map<string, WordStyle>> {
  const styles = new Map<string, WordStyle>()
  let id: string | undefined
  let style: WordStyle = { look: {}, hasShade: false }
  let isRun = false
  await readPart(zip, part, {
    open(name, attributes) {
      const value = attributes['w:val']
      if (name === 'w:style') {
        id = attributes['w:styleId'] ?? ''
        style = { look: {}, hasShade: false }
        if (attributes['w:default'] === '1' && attributes['w:type'] === 'paragraph')
          styles.set('', { ...style, basedOn: id })
      } else if (name === 'w:basedOn' && value !== undefined) style = { ...style, basedOn: value }
      else if (name === 'w:rPr') isRun = true
      else if (name === 'w:numId' && value !== undefined)
        style = { ...style, list: { ...style.list, list: value } }
      else if (name === 'w:ilvl') style = { ...style, list: { ...style.list, level: Number(value) } }
      else {
        if (name === 'w:shd')
          style = { ...style, hasShade: true, ...(!isRun && { look: addShade(style.look, attributes) }) }
        if (isRun) style = { ...style, look: addToLook(style.look, name, attributes) }
      }
    },
    close(name) {
      if (name === 'w:rPr') isRun = false
      if (name !== 'w:style' || id === undefined) return
      styles.set(id, style)
      id = undefined
    },
  })
  return styles
}

/** A style with all that it inherits. */
export function resolveStyle(styles: ReadonlyMap<string, WordStyle>, id: string): WordStyle {
  const chain: WordStyle[] = []
  for (let next: string | undefined = id; next !== undefined && chain.length < maxInheritance; ) {
    const style: WordStyle | undefined = styles.get(next)
    if (style === undefined) break
    chain.unshift(style)
    next = style.basedOn
  }
  return chain.reduce<WordStyle>(
    (whole, one) => ({
      look: { ...whole.look, ...one.look },
      list: { ...whole.list, ...one.list },
      hasShade: whole.hasShade || one.hasShade,
    }),
    { look: {}, hasShade: false },
  )
}

interface ListLevel {
  format: string
  text: string
  start: number
}

export interface Numbering {
  /** What stands in front of the next paragraph of a list: `3.2`, `-`. */
  next(place: ListPlace): string
}

export async function readNumbering(zip: Zip, part: string): Promise<Numbering> {
  const abstracts = new Map<string, Map<number, ListLevel>>()
  const lists = new Map<string, string>()
  let levels: Map<number, ListLevel> | undefined
  let level: ListLevel | undefined
  let list = ''
  await readPart(zip, part, {
    open(name, attributes) {
      const value = attributes['w:val'] ?? ''
      if (name === 'w:abstractNum') {
        levels = new Map()
        abstracts.set(attributes['w:abstractNumId'] ?? '', levels)
      } else if (name === 'w:lvl') {
        level = { format: 'decimal', text: '', start: 1 }
        levels?.set(Number(attributes['w:ilvl']), level)
      } else if (name === 'w:num') list = attributes['w:numId'] ?? ''
      else if (name === 'w:abstractNumId') lists.set(list, value)
      else if (level !== undefined) {
        if (name === 'w:numFmt') level.format = value
        else if (name === 'w:lvlText') level.text = value
        else if (name === 'w:start') level.start = Number(value)
      }
    },
    close(name) {
      if (name === 'w:lvl') level = undefined
      if (name === 'w:abstractNum') levels = undefined
    },
  })

  const counters = new Map<string, number[]>()
  return {
    next({ list: id = '0', level: depth = 0 }) {
      const abstract = lists.get(id)
      const found = abstract === undefined ? undefined : abstracts.get(abstract)
      const own = found?.get(depth)
      if (found === undefined || own === undefined || abstract === undefined) return ''
      if (own.format === 'bullet') return '-'
      if (own.format === 'none') return ''
      const counts = counters.get(abstract) ?? []
      counters.set(abstract, counts)
      counts.length = Math.min(counts.length, depth + 1)
      counts[depth] = (counts[depth] ?? own.start - 1) + 1
      return own.text.replaceAll(/%([1-9])/g, (_, digit: string) => {
        const at = Number(digit) - 1
        const of = found.get(at)
        return toNumeral(counts[at] ?? of?.start ?? 1, of?.format ?? 'decimal')
      })
    },
  }
}
