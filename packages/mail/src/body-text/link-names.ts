/**
 * Does a link lead where its words say? Names are compared by who can register them (the public suffix list), so that
 * `www.shop.example` may lead to `click.shop.example`, and `good.github.io` not to `evil.github.io`. Loaded with the
 * first link only: the list is large.
 */
import { domainToUnicode } from 'node:url'
import { parse } from 'tldts'
import { type LinkTarget, parseLink } from './link-target.ts'
import { trackers, unwrap } from './link-trackers.ts'
import { isLookAlike, toSkeleton } from './look-alike.ts'

export type LinkWarning = 'link_text_mismatch' | 'link_lookalike'

/** What is wrong with a link of this text, if anything is. */
export type LinkJudge = (text: string, target: LinkTarget) => LinkWarning | undefined

/** `senderHost`: of the address in From. A service that counts clicks may stand in front of that sender's own name only. */
export function createLinkJudge(senderHost?: string): LinkJudge {
  const sender = senderHost === undefined ? undefined : registrableDomain(senderHost)

  return (text, target) => {
    // Of an address in plain text its letters are all there is to judge, and there may be 100,000.
    if (text === '') return isLookAlike(target.host) ? 'link_lookalike' : undefined
    if (target.href.startsWith('mailto:')) return judgeAddress(text, target)
    const wrapped = parseLink(unwrap(target.whole))
    const { host, href } = wrapped ?? target
    const domain = registrableDomain(host)
    const isCounted = isTracker(host, domain)
    const differs = namesIn(text, href).some((name) => {
      const named = registrableDomain(name)
      return named !== domain && !(isCounted && named === sender)
    })
    if (differs) return 'link_text_mismatch'
    return isLookAlike(host) || imitatesWord(text, domain) ? 'link_lookalike' : undefined
  }
}

/** Who registered a name, whatever is in front of it. */
function registrableDomain(host: string): string {
  const bare = host.replace(/:\d+$/, '').toLowerCase()
  const { domain, isIp } = parse(bare, { allowPrivateDomains: true })
  // A suffix itself (`github.io`) belongs to who registered it.
  return (isIp ? bare : (domain ?? parse(bare).domain)) ?? bare
}

/** Of these hosts and addresses, each site once. */
export function sitesOf(hosts: readonly string[]): string[] {
  return [...new Set(hosts.map((host) => registrableDomain(host.split('@').at(-1) ?? host)))]
}

function isTracker(host: string, domain: string): boolean {
  return trackers.has(domain) || [...trackers].some((name) => host.endsWith(`.${name}`))
}

/** An address as the text of a link that writes to another. */
function judgeAddress(text: string, target: LinkTarget): LinkWarning | undefined {
  const shown = /[^\s@<>"'()]+@([\w.-]+\.\w+)/.exec(text)?.[1]
  const host = target.host.split('@').at(-1) ?? ''
  if (shown !== undefined && registrableDomain(shown) !== registrableDomain(host)) return 'link_text_mismatch'
  return isLookAlike(host) ? 'link_lookalike' : undefined
}

const maxTextChars = 1_000
/** From the start of a run only: dots every second letter would take time by the square. */
const dottedRun = /(?<![\p{L}\p{N}_-])[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+/gu
/** What a browser would open as it is. */
const address = /(?:https?:\/\/|\bwww\.)(?:[^\s/?#@]{0,200}@)?([\p{L}\p{N}_.-]+)/iu
/** Never on the list and never anybody's: RFC 2606, RFC 6762, RFC 7686. */
const reserved = new Set('example test invalid localhost local onion'.split(' '))
/** Endings of files that are endings of names, too. */
const alsoFiles = new Set('zip mov md sh py pl rs ps mk cc'.split(' '))
/** `ASP.NET` is a thing, and its domain nobody means. */
const things = new Set('asp.net vb.net ado.net ml.net paint.net socket.io'.split(' '))
/** `Log in at bank.example now` names where one goes, `Booking.com fined for late refunds` is a headline. */
const maxWordsBefore = 4
const maxWordsBehind = 1
/** A link has one name, or two to deceive; looking names up is what a hostile text would drive up. */
const maxJudgedWords = 8

/** The host names that a reader takes the text for. */
function namesIn(value: string, href: string): string[] {
  const words = value
    .slice(0, maxTextChars)
    .normalize('NFKC')
    .replaceAll(/\s?[[({]\s?(?:\.|dot)\s?[\])}]\s?/gi, '.')
    .replaceAll(/[。｡․]/g, '.')
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
  const dotted = words.flatMap((word, at) => (word.includes('.') ? [{ word, at }] : []))
  return dotted.slice(0, maxJudgedWords).flatMap(({ word, at }) => {
    const url = address.exec(word)?.[1]
    const isBare = url === undefined
    const isAside = at > maxWordsBefore || words.length - 1 - at > maxWordsBehind
    if (isBare && (isAside || /[^/]@/.test(word))) return []
    return [...(url ?? word).matchAll(dottedRun)].slice(0, maxJudgedWords).flatMap(([run]) => {
      const name = hostOf(run)
      if (name === undefined || (isBare && !isHost(name, href))) return []
      return parseLink(`https://${name}`)?.host ?? []
    })
  })
}

/** Up to the last label that could end a name: no `v1.2`, and not the 80 of `bank.example.80`. */
function hostOf(run: string): string | undefined {
  const labels = run.split('.')
  for (let last = labels.length - 1; last > 0; last--) {
    const end = /^(?:xn--[a-z0-9-]+|\p{L}{2,})(?![\p{L}\p{N}])/iu.exec(labels[last] ?? '')?.[0]
    if (end !== undefined) return [...labels.slice(0, last), end].join('.')
  }
  return undefined
}

/** No file, no sentence that goes on behind its full stop (`done.In`), no `Node.js`. */
function isHost(name: string, href: string): boolean {
  if (things.has(name.toLowerCase())) return false
  const end = name.split('.').at(-1) ?? ''
  const isWord = /^\p{Lu}\p{Ll}+$/u.test(end) && /\p{Ll}\.[^.]+$/u.test(name)
  if (isWord && name.split('.').length === 2) return false
  if (reserved.has(end.toLowerCase())) return true
  const { isIcann, isPrivate } = parse(name.toLowerCase(), { allowPrivateDomains: true })
  if (!isIcann && !isPrivate) return false
  return !(alsoFiles.has(end.toLowerCase()) && href.toLowerCase().includes(`/${name.toLowerCase()}`))
}

const leastImitated = 5

/** `PayPal` over a link to `paypa1.example`: one plain word, spelt with other letters. */
function imitatesWord(text: string, domain: string): boolean {
  const label = (domainToUnicode(domain) || domain).split('.')[0] ?? ''
  const shown =
    text
      .slice(0, maxTextChars)
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  return shown
    .filter((word) => word.length >= leastImitated && /^[a-z]+$/.test(word) && !/rn|vv/.test(word))
    .some((word) => word !== label && toSkeleton(word) === toSkeleton(label))
}
