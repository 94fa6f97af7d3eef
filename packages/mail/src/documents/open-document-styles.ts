/** The looks that OpenDocument styles give, with what they inherit: whether shown at all, colour, size, background. */
import type { RunLook } from '../mime/run-look.ts'
import type { XmlHandler } from './xml.ts'

export interface OdfStyles extends XmlHandler {
  /** With all that it inherits. */
  lookOf(style: string): RunLook
  /** Of a sheet or a slide. */
  isHidden(style: string | undefined): boolean
}

interface Style {
  readonly parent?: string
  look: RunLook
  isHidden?: boolean
}

const maxInheritance = 12

export function createStyles(): OdfStyles {
  const styles = new Map<string, Style>()
  const known = new Map<string, RunLook>()
  let style: Style | undefined
  const resolve = (name: string): RunLook => {
    const chain: RunLook[] = []
    for (let next: string | undefined = name; next !== undefined && chain.length < maxInheritance; ) {
      const found: Style | undefined = styles.get(next)
      if (found === undefined) break
      chain.unshift(found.look)
      next = found.parent
    }
    return Object.assign({}, ...chain)
  }
  return {
    open(name, attributes) {
      if (name === 'style:style') {
        const parent = attributes['style:parent-style-name']
        style = { look: {}, ...(parent !== undefined && { parent }) }
        styles.set(attributes['style:name'] ?? '', style)
        known.clear()
      } else if (name === 'style:text-properties' && style !== undefined) {
        const size = /^([\d.]+)pt$/.exec(attributes['fo:font-size'] ?? '')?.[1]
        style.look = {
          ...style.look,
          ...(attributes['fo:color'] !== undefined && { colour: attributes['fo:color'] }),
          ...(size !== undefined && { sizePt: Number(size) }),
          ...(attributes['text:display'] === 'none' && { isHidden: true }),
          ...toBackground(attributes['fo:background-color']),
        }
      } else if (
        /^style:(paragraph|table-cell|table-row|table|graphic)-properties$/.test(name) &&
        style !== undefined
      ) {
        style.look = { ...style.look, ...toBackground(attributes['fo:background-color']) }
        const fill = attributes['draw:fill']
        if (fill !== undefined && fill !== 'none') style.look = { ...style.look, background: 'unknown' }
        if (attributes['table:display'] === 'false') style.isHidden = true
      } else if (name === 'style:drawing-page-properties' && style !== undefined) {
        if (attributes['presentation:visibility'] === 'hidden') style.isHidden = true
      }
    },
    close(name) {
      if (name === 'style:style') style = undefined
    },
    lookOf(name) {
      if (name === '') return {}
      const found = known.get(name) ?? resolve(name)
      known.set(name, found)
      return found
    },
    isHidden: (name) => name !== undefined && styles.get(name)?.isHidden === true,
  }
}

function toBackground(colour: string | undefined): RunLook {
  return colour === undefined || colour === 'transparent' ? {} : { background: colour }
}
