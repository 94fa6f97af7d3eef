/** Where a link leads, as far as it leads anywhere: what is shown of it, and the whole for who asks. */

export interface LinkTarget {
  /** Punycode where the name is not ASCII, so that look-alike letters show. */
  readonly host: string
  /** Scheme, host and path; nothing that could carry a secret or a reader's number. */
  readonly href: string
  /** `href`, with `?…` or `#…` where something was left out: nobody should follow it as if it were whole. */
  readonly shown: string
  /** With its query and fragment, for who asks for it. */
  readonly whole: string
}

/**
 * Undefined: nothing to follow (javascript:, data:, cid:, a fragment, nonsense). `base` is what the mail says its
 * relative links start from.
 */
export function parseLink(href: string | undefined, base?: string): LinkTarget | undefined {
  const trimmed = (href ?? '').trim()
  const mail = /^mailto:([^?\s]+@[^?\s]+)/i.exec(trimmed)?.[1]
  if (mail !== undefined) {
    const address = `mailto:${mail}`
    return { host: mail, href: address, shown: address, whole: toWhole(trimmed) }
  }
  const absolute = trimmed.startsWith('//') ? `https:${trimmed}` : trimmed
  const from = trimmed.startsWith('#') || trimmed === '' ? undefined : base
  // asked first: an error thrown for each of 100,000 bad links is a second
  if (!URL.canParse(absolute, from)) return undefined
  const url = new URL(absolute, from)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  const isAsWritten = /^https?:\/\/[!#-;=?-[\]_a-z~]+$/i.test(trimmed) && !trimmed.includes('\\')
  const bare = `${url.protocol}//${url.host}${url.pathname}`
  const sign = url.search !== '' ? '?…' : url.hash !== '' ? '#…' : ''
  return {
    host: url.host,
    href: bare,
    shown: `${bare}${sign}`,
    whole: isAsWritten ? trimmed : url.href,
  }
}

/** Nothing in it that ends a line or an attribute. */
function toWhole(mailto: string): string {
  return mailto.replaceAll(/[^!#-;=?-~]+/g, (found) =>
    encodeURIComponent(found.replaceAll(/\p{Cs}/gu, '\ufffd')),
  )
}
