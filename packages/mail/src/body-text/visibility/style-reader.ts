/**
 * What an element says itself of a property: undefined where it says nothing or to inherit, so that the parent counts.
 */
import type { Cascaded } from '../css/cascade.ts'
import { toPixels } from '../css/lengths.ts'
import { inheritedProperties } from '../css/properties.ts'
import type { Place } from './place.ts'

export interface Reader {
  /** The element's own value, undefined where it says nothing or to inherit what is inherited anyway. */
  own(property: string): string | undefined
  word(property: string, otherwise: string): string
  readonly parent: Place
}

export function createReader(style: Cascaded, parent: Place): Reader {
  const own = (property: string) => {
    const value = style.get(property)
    if (value === undefined) return undefined
    const isReset =
      /^(?:initial|revert|revert-layer)$/.test(value) ||
      (value === 'unset' && !inheritedProperties.has(property))
    if (isReset) return initial[property]
    return value === 'inherit' || value === 'unset' ? undefined : value
  }
  return { own, word: (property, otherwise) => own(property) ?? otherwise, parent }
}

const initial: Readonly<Record<string, string>> = {
  color: 'black',
  'font-size': 'medium',
  'line-height': 'normal',
  visibility: 'visible',
  'text-indent': '0',
  'white-space': 'normal',
  'list-style-type': 'disc',
}

export type Pixels = (property: string, whole?: number | undefined) => number | undefined

const sizes: Readonly<Record<string, number>> = {
  'xx-small': 9,
  'x-small': 10,
  small: 13,
  medium: 16,
  large: 18,
  'x-large': 24,
  'xx-large': 32,
  'xxx-large': 48,
}

export function toFontSize(value: string | undefined, parent: number): number {
  if (value === undefined) return parent
  if (value === 'smaller') return parent / 1.2
  if (value === 'larger') return parent * 1.2
  return sizes[value] ?? toPixels(value, { fontSize: parent, whole: parent }) ?? parent
}
