/**
 * `/health`: says that the program runs and which version, nothing of what it depends on. A pure function without a
 * router or a client, so that its Lambda loads in a few milliseconds.
 */
import { withSecurityHeaders } from './http/headers.ts'

export function health(request: Request, version: string): Response {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return withSecurityHeaders(
      Response.json({ error: 'method_not_allowed' }, { status: 405, headers: { Allow: 'GET, HEAD' } }),
    )
  }
  const response = Response.json({ status: 'ok', version })
  return withSecurityHeaders(request.method === 'HEAD' ? new Response(null, response) : response)
}
