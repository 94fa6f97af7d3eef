/**
 * Paired browsers: those in which the owner may download and approve. A pairing is a random cookie whose hash is in the
 * sealed settings of one mailbox of one connection; it opens nothing by itself and only says that this is the browser.
 * How long it counts is decided here, from the stored time, whatever the browser keeps.
 */
import { createHash, randomBytes } from 'node:crypto'
import { type EpochSeconds, readCookie, toSetCookie } from '@email-connector/oauth'
import { daySeconds } from '../clock.ts'
import type { AccountSettings } from './settings.ts'

export type PairedBrowser = AccountSettings['browsers'][number]

const pairedSeconds = 30 * daySeconds
const maxPairedBrowsers = 8
/** A browser sends them all with each request; what it sends beyond is not looked at. */
const maxCookies = 32

/** A new pairing, for the settings and for the browser. */
export function pairBrowser({
  request,
  publicUrl,
  now,
}: {
  request: Request
  publicUrl: string
  now: EpochSeconds
}): {
  browser: PairedBrowser
  cookie: string
} {
  const value = randomBytes(32).toString('base64url')
  const name = `pair-${randomBytes(8).toString('base64url')}`
  return {
    browser: { hash: hashOf(value), pairedAt: now, name: nameOf(request.headers.get('user-agent') ?? '') },
    cookie: toSetCookie(publicUrl, { name, value, maxAgeSeconds: pairedSeconds }),
  }
}

/** Those that count, the newest last. */
export function livePairings(
  browsers: readonly PairedBrowser[],
  now: EpochSeconds,
): readonly PairedBrowser[] {
  return browsers.filter(({ pairedAt }) => pairedAt + pairedSeconds > now)
}

/** With one more; the oldest makes room. */
export function withPairing(
  settings: AccountSettings,
  browser: PairedBrowser,
  now: EpochSeconds,
): AccountSettings {
  const live = livePairings(settings.browsers, now)
  const kept = live.filter((_, index) => index > live.length - maxPairedBrowsers)
  return { ...settings, browsers: [...kept, browser] }
}

/** Hashes of the pairings that this browser has and that count; none: it is not paired. */
export function findPairings(
  request: Request,
  browsers: readonly PairedBrowser[],
  { publicUrl, now }: { publicUrl: string; now: EpochSeconds },
): readonly string[] {
  const sent = request.headers.get('cookie') ?? ''
  const named = [...sent.matchAll(/(?:^|;) ?(?:__Host-)?(pair-[\w-]{11})=/g)]
  const names = named.filter((_, index) => index < maxCookies)
  const hashes = new Set(
    names.flatMap(([, name = '']) => {
      const value = readCookie(request, publicUrl, name)
      return value === undefined ? [] : [hashOf(value)]
    }),
  )
  return livePairings(browsers, now)
    .map(({ hash }) => hash)
    .filter((hash) => hashes.has(hash))
}

function hashOf(value: string): string {
  return createHash('sha256').update(`pair\0${value}`).digest('hex')
}

/** What its owner recognises it by; a browser says what it likes. */
function nameOf(userAgent: string): string {
  const known = (names: readonly (readonly [RegExp, string])[]) =>
    names.find(([pattern]) => pattern.test(userAgent))?.[1]
  const program = known([
    [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
    [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
    [/\bOPR\//, 'Opera'],
    [/\bChrome\/|\bCriOS\//, 'Chrome'],
    [/\bSafari\//, 'Safari'],
  ])
  const system = known([
    [/\biPhone\b|\biPad\b/, 'iPhone or iPad'],
    [/\bAndroid\b/, 'Android'],
    [/\bWindows\b/, 'Windows'],
    [/\bMacintosh\b/, 'Mac'],
    [/\bLinux\b|\bCrOS\b/, 'Linux'],
  ])
  return [program ?? 'A browser', system && `on ${system}`].filter(Boolean).join(' ')
}
