/**
 * What the owner's own provider found out about a mail's sender (RFC 8601), as three words. Anyone may write such a
 * header into a mail; only the topmost ones count, and only as long as they carry the provider's name, which it
 * removes from what it receives (§5). Where we do not know that name, there is no verdict.
 */

import type { ProviderId } from '../account.ts'
import type { AuthenticationResult, AuthenticationVerdict } from '../message.ts'

/** authserv-ids, as suffixes on a label boundary. `''`: Microsoft leaves the name out. */
const names: Readonly<Partial<Record<ProviderId, readonly string[]>>> = {
  gmail: ['mx.google.com'],
  icloud: ['icloud.com'],
  outlook: ['', 'protection.outlook.com'],
  yahoo: ['yahoo.com'],
  fastmail: ['messagingengine.com'],
  protonmail: ['protonmail.ch', 'proton.ch'],
}

/** Undefined where the provider said nothing that can be trusted. */
export function readAuthentication(
  headers: readonly string[],
  fromDomain: string | undefined,
  receiver: { readonly provider: ProviderId; readonly imapHost: string },
): AuthenticationVerdict | undefined {
  const found: { spf?: AuthenticationResult; dkim?: AuthenticationResult; dmarc?: AuthenticationResult } = {}
  for (const header of headers) {
    const { authservId, results } = parseAuthenticationResults(header)
    if (!isOwn(authservId, receiver)) break
    for (const { method, result, headerFrom } of results) {
      if (method === 'spf') found.spf ??= result
      // one valid signature of several is enough
      if (method === 'dkim' && found.dkim !== 'pass') found.dkim = result
      // §2.7.4 of RFC 7489: the verdict is about the domain it names, which a second From may not be
      const aboutThis = headerFrom === undefined || headerFrom === fromDomain?.toLowerCase()
      if (method === 'dmarc' && aboutThis) found.dmarc ??= result
    }
  }
  return Object.keys(found).length === 0 ? undefined : found
}

function isOwn(
  authservId: string,
  { provider, imapHost }: { provider: ProviderId; imapHost: string },
): boolean {
  const own = names[provider] ?? [ownDomain(imapHost)]
  return own.some((name) => authservId === name || (name.includes('.') && authservId.endsWith(`.${name}`)))
}

/** The last two labels, three under a two-letter country with a short second level: a name too long is no verdict. */
function ownDomain(host: string): string {
  const labels = host.replace(/:\d+$/, '').toLowerCase().split('.')
  const short = (labels.at(-1)?.length ?? 0) === 2 && (labels.at(-2)?.length ?? 9) <= 3
  return labels.slice(short ? -3 : -2).join('.')
}

interface MethodResult {
  readonly method: string
  readonly result: AuthenticationResult
  readonly headerFrom?: string
}

const knownResults: readonly AuthenticationResult[] = [
  ...(['pass', 'fail', 'softfail', 'neutral', 'none', 'policy', 'temperror', 'permerror'] as const),
]

export function parseAuthenticationResults(header: string): { authservId: string; results: MethodResult[] } {
  const [first = '', ...rest] = splitResults(header.slice(0, 8192))
  const named = !first.includes('=')
  const authservId = named ? (first.trim().split(/\s+/)[0] ?? '').toLowerCase() : ''
  const results = (named ? rest : [first, ...rest]).flatMap((part): MethodResult[] => {
    const [, method, said] = /^\s*([\w-]+)\s*(?:\/\s*\d+\s*)?=\s*([\w-]+)/.exec(part) ?? []
    const result = knownResults.find((one) => one === said?.toLowerCase())
    if (method === undefined || result === undefined) return []
    const headerFrom = /\bheader\.from\s*=\s*"?(?:[^\s@"]*@)?([^\s";]+)/i.exec(part)?.[1]?.toLowerCase()
    return [{ method: method.toLowerCase(), result, ...(headerFrom === undefined ? {} : { headerFrom }) }]
  })
  return { authservId, results }
}

/**
 * At the semicolons, without comments: they nest (RFC 5322 §3.2.2), and hold whatever the sender's server said. A
 * quotation that is not closed hides what stands behind it.
 */
function splitResults(value: string): string[] {
  const parts: string[] = []
  let depth = 0
  let quoted = false
  let kept = ''
  for (let at = 0; at < value.length; at++) {
    const char = value.charAt(at)
    if (char === '\\' && (quoted || depth > 0)) {
      if (depth === 0) kept += char + value.charAt(at + 1)
      at++
    } else if (char === '"' && depth === 0) {
      quoted = !quoted
      kept += char
    } else if (!quoted && char === '(') depth++
    else if (!quoted && char === ')' && depth > 0) depth--
    else if (!quoted && char === ';' && depth === 0) {
      parts.push(kept)
      kept = ''
    } else if (depth === 0) kept += char
  }
  return [...parts, kept]
}
