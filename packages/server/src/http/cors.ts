/**
 * Who may read our answers from a browser. Three classes: documents and endpoints that hold nothing of a signed-in
 * person (`public`), the rest of the protocol (`listed`: the configured origins), and pages (`none`: R21).
 * Credentials are never allowed; the token travels in a header that a page must set itself.
 */

export type CorsClass = 'public' | 'listed' | 'none'

const allowedHeaders =
  'authorization, content-type, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id'
const exposedHeaders = 'Mcp-Session-Id, WWW-Authenticate'
/** Browsers cap this themselves (Chromium at 2 h). */
const preflightMaxAgeSeconds = 7200

/** True when the request comes from a page of an origin that is not listed. `Origin: null` is such a page. */
export function isForeignOrigin(request: Request, origins: ReadonlySet<string>): boolean {
  const origin = request.headers.get('Origin')
  return origin !== null && !origins.has(origin)
}

export function applyCors(
  headers: Headers,
  request: Request,
  corsClass: CorsClass,
  origins: ReadonlySet<string>,
): void {
  if (corsClass === 'none') return
  if (corsClass === 'public') {
    headers.set('Access-Control-Allow-Origin', '*')
    headers.set('Access-Control-Expose-Headers', exposedHeaders)
    return
  }
  headers.append('Vary', 'Origin')
  const origin = request.headers.get('Origin')
  if (origin === null || !origins.has(origin)) return
  headers.set('Access-Control-Allow-Origin', origin)
  headers.set('Access-Control-Expose-Headers', exposedHeaders)
}

/** The answer to OPTIONS; `applyCors` adds the origin. */
export function preflight(methods: readonly string[], corsClass: CorsClass): Response {
  const headers = new Headers({ Allow: methods.join(', ') })
  if (corsClass !== 'none') {
    headers.set('Access-Control-Allow-Methods', methods.join(', '))
    headers.set('Access-Control-Allow-Headers', allowedHeaders)
    headers.set('Access-Control-Max-Age', String(preflightMaxAgeSeconds))
  }
  return new Response(null, { status: 204, headers })
}
