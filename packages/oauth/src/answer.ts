/** The responses that more than one endpoint gives: nothing cached, redirects by 303, a plain page of our own words. */
import type { RefusedAddress } from './shown-address.ts'

/** RFC 6749 §5.1. */
export const noStore = { 'Cache-Control': 'no-store', Pragma: 'no-cache' } as const

/**
 * 303, so that a form's POST becomes a GET and the password in its body goes nowhere else (RFC 9700 §4.12).
 * `parameters` are appended: an accepted redirect URI never holds any of their names.
 */
export function redirect(
  uri: string,
  parameters: Record<string, string>,
  headers: Record<string, string> = {},
): Response {
  const location = `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams(parameters)}`
  return new Response(null, { status: 303, headers: { ...noStore, ...headers, Location: location } })
}

/**
 * A page for a person whose request cannot go back to a client. `sentence` is a constant of this code, `headers` must be on
 * the page, `address` is what was refused.
 */
export type ErrorPage = (
  status: number,
  sentence: string,
  headers: Record<string, string>,
  address?: RefusedAddress,
) => Response

/** Shows nothing of the request. */
export const plainPage: ErrorPage = (status, sentence, headers) => {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign-in stopped</title><h1>Sign-in stopped</h1><p>${sentence}</p></html>\n`
  return new Response(html, {
    status,
    headers: {
      ...noStore,
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy':
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      ...headers,
    },
  })
}
