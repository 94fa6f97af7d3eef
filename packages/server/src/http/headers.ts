/**
 * The headers of every response (R44), and the policy of a page. A response that brings
 * its own value for one of them keeps it only where it may be stricter: `Content-Security-Policy`, `Cache-Control`.
 */

/** Every answer has these, those of API Gateway too (stacks/api/gateway-table.ts). */
export const fixedHeaders: Readonly<Record<string, string>> = {
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
}

const unlessSet: Readonly<Record<string, string>> = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'Cache-Control': 'no-store',
}

/** What a program is answered with, as plain values. */
export const securityHeaders: Readonly<Record<string, string>> = { ...fixedHeaders, ...unlessSet }

/** A copy with a mutable header list: responses of `fetch` and `Response.redirect` have an immutable one. */
export function withSecurityHeaders(response: Response): Response {
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(fixedHeaders)) headers.set(name, value)
  for (const [name, value] of Object.entries(unlessSet)) if (!headers.has(name)) headers.set(name, value)
  headers.delete('X-Powered-By')
  return new Response(response.body, { status: response.status, headers })
}

/**
 * `formAction`: sources beyond 'self' that a form's redirect chain may reach. `framesMail`: a sandboxed frame shows an
 * email, whose document takes this policy over and needs its own styles; a nonce would switch them off.
 */
export function pageSecurityPolicy(
  nonce: string,
  { formAction = [], framesMail = false }: { formAction?: readonly string[]; framesMail?: boolean } = {},
): string {
  return [
    "default-src 'none'",
    `style-src ${framesMail ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
    `script-src 'nonce-${nonce}'`,
    // The page's own icon, a data: URL, as are the pictures of an email.
    'img-src data:',
    `form-action ${["'self'", ...formAction].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
}

/** Where a known client's callback sends the browser on to: Chromium checks every hop of the chain. */
const onwardHops: Readonly<Record<string, readonly string[]>> = {
  'https://claude.ai': ['https://claude.com', 'claude:'],
  'https://claude.com': ['https://claude.ai', 'claude:'],
  'https://vscode.dev': ['http://127.0.0.1:*', 'http://localhost:*', 'vscode:', 'vscode-insiders:'],
  'https://www.cursor.com': ['https://cursor.com', 'cursor:'],
}

/**
 * The sources that let the 303 after the form reach the client: Chromium applies `form-action` to redirects (R19).
 * CSP has no way to write an IPv6 host, so `[::1]` needs the whole scheme `http:`.
 */
export function formActionOf(redirectUri: string): readonly string[] {
  const url = new URL(redirectUri)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return [url.protocol]
  if (url.hostname.startsWith('[')) return [url.protocol]
  return [url.origin, ...(onwardHops[url.origin] ?? [])]
}
