/** What a person sees of HTML: elements and text in order, nothing of it hidden. */

export type VisibleNode = VisibleElement | VisibleText

export interface VisibleElement {
  readonly kind: 'element'
  readonly tag: string
  readonly attributes: ReadonlyMap<string, string>
  readonly display: string
  readonly isPreformatted: boolean
  /** The kind of mark in front of a list item (CSS Lists 3 §3.4). */
  readonly listStyle: string
  /** Nothing of it is shown, pictures included; its children are none. */
  readonly children: readonly VisibleNode[]
}

export interface VisibleText {
  readonly kind: 'text'
  readonly value: string
  /** Something touches its visibility that is not understood. */
  readonly isUnsure: boolean
}
