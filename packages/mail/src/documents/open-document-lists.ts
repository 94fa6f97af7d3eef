/** What stands in front of the items of OpenDocument's lists: `2.1.`, `-`; each list counts by its style. */
import { toNumeral } from './numerals.ts'
import type { XmlHandler } from './xml.ts'

export interface OdfLists extends XmlHandler {
  /** In front of the next paragraph; the second of an item has nothing. */
  nextLabel(): string
}

interface Level {
  readonly format: string
  readonly prefix: string
  readonly suffix: string
  readonly start: number
  /** How many levels the number shows. */
  readonly shown: number
}

interface OpenList {
  readonly style: string
  count: number
  isLabelled: boolean
}

const bullet: Level = { format: '', prefix: '', suffix: '-', start: 1, shown: 1 }
const maxShown = 10

export function createLists(): OdfLists {
  const styles = new Map<string, Map<number, Level>>()
  const counts = new Map<string, number>()
  const open: OpenList[] = []
  let levels: Map<number, Level> | undefined

  const levelAt = (depth: number): Level | undefined => styles.get(open[depth]?.style ?? '')?.get(depth + 1)
  const numeralAt = (depth: number): string =>
    toNumeral(open[depth]?.count ?? 1, levelAt(depth)?.format ?? '1')
  return {
    open(name, attributes) {
      if (name === 'text:list-style') {
        levels = new Map()
        styles.set(attributes['style:name'] ?? '', levels)
      } else if (name === 'text:list-level-style-bullet')
        levels?.set(Number(attributes['text:level']), bullet)
      else if (name === 'text:list-level-style-number')
        levels?.set(Number(attributes['text:level']), {
          format: attributes['style:num-format'] ?? '',
          prefix: attributes['style:num-prefix'] ?? '',
          suffix: attributes['style:num-suffix'] ?? '',
          start: Number(attributes['text:start-value'] ?? 1),
          shown: Math.min(maxShown, Number(attributes['text:display-levels'] ?? 1)),
        })
      else if (name === 'text:list') {
        // A list in a list has the style of the outer one, unless it names its own.
        const style = attributes['text:style-name'] ?? open.at(-1)?.style ?? ''
        const goesOn =
          attributes['text:continue-numbering'] === 'true' || attributes['text:continue-list'] !== undefined
        const depth = open.length
        const first = (styles.get(style)?.get(depth + 1)?.start ?? 1) - 1
        const count = goesOn ? (counts.get(`${style} ${depth}`) ?? first) : first
        open.push({ style, count, isLabelled: true })
      } else if (name === 'text:list-item') {
        const list = open.at(-1)
        if (list === undefined) return
        const given = attributes['text:start-value']
        list.count = given === undefined ? list.count + 1 : Number(given)
        list.isLabelled = false
      }
    },
    close(name) {
      if (name === 'text:list-style') levels = undefined
      if (name !== 'text:list') return
      const list = open.pop()
      if (list !== undefined) counts.set(`${list.style} ${open.length}`, list.count)
    },
    nextLabel() {
      const depth = open.length - 1
      const list = open[depth]
      const level = levelAt(depth)
      if (list === undefined || level === undefined || list.isLabelled) return ''
      list.isLabelled = true
      if (level === bullet) return '- '
      if (level.format === '') return ''
      const from = Math.max(0, depth + 1 - level.shown)
      const numerals = Array.from({ length: depth + 1 - from }, (_, at) => numeralAt(from + at))
      return `${level.prefix}${numerals.join('.')}${level.suffix} `
    },
  }
}
