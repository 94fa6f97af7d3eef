/**
 * An address that a stranger sent, as a page or an answer may name it: printable ASCII without quotes, cut. Controls,
 * marks that reorder text and look-alike letters are shown by their code points. Markup is still to be escaped.
 */

/** What a refusal is about. */
export interface RefusedAddress {
  readonly kind: 'redirect_uri' | 'unregistered_redirect_uri' | 'unreadable_document' | 'unfit_document'
  /** By `toShownAddress`. */
  readonly shown: string
}

const maxShown = 200

export function toShownAddress(address: string): string {
  // Also inside what RFC 6749 §5.2 allows in error_description.
  const shown = address
    .slice(0, maxShown)
    .replace(/[^\x21\x23-\x5b\x5d-\x7e]/gu, (character) => `[${toCodePoint(character)}]`)
  return address.length > maxShown ? `${shown}... (${address.length} characters)` : shown
}

function toCodePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
