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
  const absolute = trimmed.startsWith('//') ? `https:${trimmed}` : trimmed
  // asked first: an error thrown for each of 100,000 bad links is a second
  if (!URL.canParse(absolute)) return undefined
  const url = new URL(absolute)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  return { host: url.host, href: `${url.protocol}//${url.host}${url.pathname}` }
}

/** `www.bank.example` as the text of a link to `evil.example`. */
export function textNamesAnotherHost(text: string, target: LinkTarget): boolean {
  const shown = findHost(text)
  if (shown === undefined || /[^\s]@/.test(text)) return false
  const named = parseLink(`https://${shown}`)
  return named !== undefined && registrableDomain(named.host) !== registrableDomain(target.host)
}

/** From the start of a run only: dots every second letter would take time by the square. */
const dottedRun = /(?<![\p{L}\p{N}_-])[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+/gu

/** The first name in a text that ends in letters, no address's domain or file's `v1.2`. */
function findHost(text: string): string | undefined {
  for (const { 0: run, index } of text.matchAll(dottedRun)) {
    const labels = run.split('.')
    for (let last = labels.length - 1; last > 0; last--) {
      const label = labels[last] ?? ''
      const end = /^\p{L}{2,}(?![\p{L}\p{N}])/u.exec(label)?.[0]
      const isLocalPart =
        last === labels.length - 1 && end === label && text.charAt(index + run.length) === '@'
      if (end !== undefined && !isLocalPart) return [...labels.slice(0, last), end].join('.')
    }
  }
  return undefined
}

/** The last two labels, three under a two-letter country with a short second level: near enough without a list of them all. */
export function registrableDomain(host: string): string {
  const labels = host.replace(/:\d+$/, '').toLowerCase().split('.')
  const short = (labels.at(-1)?.length ?? 0) === 2 && (labels.at(-2)?.length ?? 9) <= 3
  return labels.slice(short ? -3 : -2).join('.')
}

// Neither text nor target may hold an opening bracket, so that a failed attempt ends where the next one starts. A preview
// may be cut inside an image; what is no image by this expression and one to some renderer is broken up afterwards.
const markdownImage =
  /!\[[^[\]]{0,500}\](?:\(([^()[\s]{0,4000})(?:(?:\s[^()[\n]{0,500})?\)|$)|\[[^[\]\n]{0,200}\])/g
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
  if (!/[[:]/.test(value)) return { text: value, mismatch: false }
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
    .replaceAll('![', '! [')
    .replace(bareUrl, (url) => parseLink(url)?.href ?? url)
  return { text, mismatch }
}
