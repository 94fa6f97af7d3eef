/**
 * What is shown of a link or image: where it really leads, without the query that tracks the reader or carries data
 * out, and a warning when its text names another place. Markdown in plain text is made harmless the same way.
 */

export interface LinkTarget {
  /** Punycode where the name is not ASCII, so that look-alike letters show. */
  readonly host: string
  /** Scheme, host and path; nothing that could carry a secret or a reader's number. */
  readonly href: string
}

/** Undefined: nothing to follow (javascript:, data:, cid:, a fragment, nonsense). */
export function parseLink(href: string | undefined): LinkTarget | undefined {
  const trimmed = (href ?? '').trim()
  const mail = /^mailto:([^?\s]+@[^?\s]+)/i.exec(trimmed)?.[1]
  if (mail !== undefined) return { host: mail, href: `mailto:${mail}` }
  try {
    const url = new URL(trimmed.startsWith('//') ? `https:${trimmed}` : trimmed)
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
    return { host: url.host, href: `${url.protocol}//${url.host}${url.pathname}` }
  } catch {
    return undefined
  }
}

/** `www.bank.example` as the text of a link to `evil.example`. */
export function textNamesAnotherHost(text: string, target: LinkTarget): boolean {
  const shown = /(?:https?:\/\/)?(?:[\p{L}\p{N}_-]+\.)+\p{L}{2,}(?![\p{L}\p{N}@])/iu.exec(text.trim())?.[0]
  if (shown === undefined || /[^\s]@/.test(text)) return false
  const named = parseLink(/^https?:/i.test(shown) ? shown : `https://${shown}`)
  return named !== undefined && registrableDomain(named.host) !== registrableDomain(target.host)
}

/** The last two labels, three under a two-letter country with a short second level: near enough without a list of them all. */
export function registrableDomain(host: string): string {
  const labels = host.replace(/:\d+$/, '').toLowerCase().split('.')
  const short = (labels.at(-1)?.length ?? 0) === 2 && (labels.at(-2)?.length ?? 9) <= 3
  return labels.slice(short ? -3 : -2).join('.')
}

// Neither text nor target may hold an opening bracket, so that a failed attempt ends where the next one starts.
const markdownImage =
  /!\[[^[\]\n]{0,500}\](?:\(([^()[\s]{0,4000})(?:\s[^()[\n]{0,500})?\)|\[[^[\]\n]{0,200}\])/g
const markdownLink =
  /\[(\[image: [^\]\s]{1,255}\]|[^[\]\n]{1,500})\]\(([^()[\s]{0,4000})(?:\s[^()[\n]{0,500})?\)/g
const markdownDefinition = /^([ \t]{0,3}\[[^\]\n]{1,200}\]:[ \t]*)<?(\S{1,4000}?)>?(?:[ \t].*)?$/gm
const bareUrl = /\bhttps?:\/\/[^\s<>"')\]]{1,4000}/gi
const dataUrl = /\bdata:[\w.+-]{1,100}\/[\w.+-]{1,100}[;,][^\s<>"')\]]*/gi

export interface NeutralText {
  readonly text: string
  readonly mismatch: boolean
}

/** Plain text as a Markdown renderer on the reader's side might see it: no image to load, no query to leak by. */
export function neutraliseLinks(value: string): NeutralText {
  let mismatch = false
  const text = value
    .replace(dataUrl, '[data removed]')
    .replace(markdownImage, (_, href: string | undefined) => `[image: ${parseLink(href)?.host ?? 'none'}]`)
    .replace(markdownLink, (whole, shown: string, href: string) => {
      const target = parseLink(href)
      if (target === undefined) return /^[a-z][a-z0-9+.-]*:/i.test(href) ? shown : whole
      if (textNamesAnotherHost(shown, target)) mismatch = true
      return `${shown} (${target.host})`
    })
    .replace(markdownDefinition, (whole, label: string, href: string) => {
      const target = parseLink(href)
      return target === undefined ? whole : `${label}${target.host}`
    })
    .replace(bareUrl, (url) => parseLink(url)?.href ?? url)
  return { text, mismatch }
}
