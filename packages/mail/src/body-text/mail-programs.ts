/**
 * The elements that mail programs put around what they quote and sign, by their classes and ids. Outlook on the web
 * writes `x_` in front of the names of what it quotes. Gmail's own `gmail_quote` may hold answers between two quotes, and
 * Outlook has no container: both are found by their lines.
 */
import type { VisibleElement } from './visible-nodes.ts'

/** What the elements of an HTML email say about its lines; both ends are inside. */
export interface Region {
  /** `citation`: a block quote that no mail program made. */
  readonly kind: 'quote' | 'citation' | 'attribution' | 'signature'
  readonly from: number
  readonly to: number
}

const marks: readonly (readonly [Region['kind'], RegExp])[] = [
  [
    'signature',
    /^(?:gmail_signature(?:_prefix)?|moz-signature|signature|applemailsignature|ms-outlook-mobile-signature|protonmail_signature_block(?:-user|-proton)?|k9mail-signature|ydp[0-9a-z]*signature|yahoo_signature|zmail_signature|tutanota_signature|mail_signature|_rc_sig)$/,
  ],
  [
    'attribution',
    /^(?:gmail_attr|moz-cite-prefix|moz-email-headers-table|zmail_extra_hr|ydp[0-9a-z]*yahoo-attribution)$/,
  ],
  [
    'quote',
    /^(?:(?:ydp[0-9a-z]*)?yahoo_quoted(?:_\d+)?|protonmail_quote|tutanota_quote|zmail_extra|ms-outlook-mobile-reference-message|mail-editor-reference-message-container|hm_quote|gmx_quote|mail_quote|ox-[0-9a-z]*-quote)$/,
  ],
]

export function regionOf({ tag, attributes }: VisibleElement): Region['kind'] | undefined {
  const names = `${attributes.get('class') ?? ''} ${attributes.get('id') ?? ''}`
    .slice(0, 500)
    .toLowerCase()
    .split(/\s+/)
    .map((name) => name.replace(/^(?:x_)+/, ''))
  const found = marks.find(([, mark]) => names.some((name) => mark.test(name)))?.[0]
  if (found !== undefined) return found
  if (attributes.get('name')?.toLowerCase() === 'quote') return 'quote'
  if (tag !== 'blockquote') return undefined
  const isOfMail =
    attributes.get('type')?.toLowerCase() === 'cite' ||
    /^mid:/i.test(attributes.get('cite') ?? '') ||
    names.some((name) => /^(?:gmail_quote|cite)$/.test(name))
  return isOfMail ? 'quote' : 'citation'
}
