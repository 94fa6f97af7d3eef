/**
 * The review card (MCP Apps): a page of one file that a client shows beside the answer of a sending tool, in a frame of its
 * own. It loads nothing and reaches nothing (R100): what it shows comes from the client, what the person decides goes back
 * as a call of `approve_send`. The URI holds a hash of the file, since clients keep what they read by its URI; an older
 * hash, of a list that a client still has, is answered with the card of today.
 */
import { createHash } from 'node:crypto'
import { appName } from '../deployment-names.ts'
import { cardCss, cardHtml, cardJs } from './assets.ts'

const extension = 'io.modelcontextprotocol/ui'
const mimeType = 'text/html;profile=mcp-app'

/** Of a result's `_meta`: what the card shows, and the sealed state. Hosts give it to the card and not to the model. */
export const reviewKey = `${appName}/review`

interface Card {
  readonly uri: string
  readonly html: string
}

/** Made at the first use: most calls need none. */
let made: Card | undefined

function getReviewCard(): Card {
  if (made !== undefined) return made
  const html = cardHtml
    .replace(/<!--.*?-->\n/gs, '')
    .replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${cardCss}</style>`)
    .replace(/<script src=[^>]*>/, () => `<script>${cardJs}`)
  const hash = createHash('sha256').update(html).digest('hex').slice(0, 16)
  made = { uri: `ui://${appName}/review-${hash}.html`, html }
  return made
}

/** The client declared that it shows cards of this kind. */
export function takesCards(capabilities: { readonly extensions?: unknown } | undefined): boolean {
  const declared = toRecord(toRecord(capabilities?.extensions)[extension])
  return Array.isArray(declared.mimeTypes) && declared.mimeTypes.includes(mimeType)
}

/** Of a tool whose answer the card shows. */
export function toShowsCard() {
  return { ui: { resourceUri: getReviewCard().uri } }
}

/** Of a tool that only the card calls. */
export const calledFromCard = { ui: { visibility: ['app'] } }

/** Empty lists: no origin at all. */
const meta = {
  ui: {
    csp: { connectDomains: [], resourceDomains: [], frameDomains: [], baseUriDomains: [] },
    prefersBorder: true,
  },
}

export function listCards() {
  const { uri } = getReviewCard()
  return [{ uri, name: 'review', title: 'Review an email before it is sent', mimeType, _meta: meta }]
}

/** Undefined: no card of this URI. */
export function readCard(uri: string) {
  const { html } = getReviewCard()
  if (!new RegExp(`^ui://${appName}/review-[0-9a-f]{16}\\.html$`).test(uri)) return undefined
  return [{ uri, mimeType, text: html, _meta: meta }]
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
