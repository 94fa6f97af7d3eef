/**
 * The pictures that the HTML of an original shows by `cid:`, under ids of our own: those of a quote in a quote do not
 * clash, and an id that a stranger wrote never becomes a header. A picture that does not go along is its words.
 */
import { createHash } from 'node:crypto'
import { escapeText } from '../body-text/escape-text.ts'
import type { OutgoingAttachment } from '../composing/attachment-node.ts'

export interface PictureSource {
  readonly partId: string
  /** Of the part, as its sender wrote it. */
  readonly contentId: string
  readonly picture: OutgoingAttachment
}

export interface NamedPictures {
  readonly html: string
  readonly pictures: readonly OutgoingAttachment[]
  /** Parts that the HTML shows. */
  readonly used: ReadonlySet<string>
}

/** As htmlForPeople writes them: no bracket of a tag is inside. */
const shownPicture = /<img src="cid:([^"]*)" alt="([^"]*)"([^>]*)>/g

export function namePictures(html: string, sources: readonly PictureSource[]): NamedPictures {
  const byId = new Map(sources.map((source) => [idOf(source.contentId), source]))
  const named = new Map<string, OutgoingAttachment>()
  const used = new Set<string>()
  const written = html.replaceAll(shownPicture, (_, cid: string, alt: string, rest: string) => {
    const source = byId.get(idOf(cid)) ?? byId.get(idOf(percentDecoded(cid)))
    if (source === undefined) return alt === '' ? '' : escapeText(`[${unescaped(alt)}]`)
    const { partId, picture } = source
    const ownId = `${createHash('sha256').update(picture.content).digest('hex').slice(0, 32)}@picture`
    named.set(ownId, { ...picture, cid: ownId })
    used.add(partId)
    return `<img src="cid:${ownId}" alt="${alt}"${rest}>`
  })
  return { html: written, pictures: [...named.values()], used }
}

/** RFC 2392 §2: without its brackets. */
function idOf(id: string): string {
  return unescaped(id.trim().replace(/^<|>$/g, ''))
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
