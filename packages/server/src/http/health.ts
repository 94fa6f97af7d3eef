/**
 * `/health`: says that the program runs and which version, nothing of what it depends on. The answer is plain values:
 * the first use of Node's Request or Response costs its function thirty milliseconds, the answer itself one.
 */
import { securityHeaders } from './headers.ts'

export interface HealthAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function answerHealth(method: string, version: string): HealthAnswer {
  const headers = { ...securityHeaders, 'Content-Type': 'application/json' }
  if (method !== 'GET' && method !== 'HEAD') {
    return {
      status: 405,
      headers: { ...headers, Allow: 'GET, HEAD' },
      body: JSON.stringify({ error: 'method_not_allowed' }),
    }
  }
  return { status: 200, headers, body: method === 'HEAD' ? '' : JSON.stringify({ status: 'ok', version }) }
}

export function health(request: Request, version: string): Response {
  const { status, headers, body } = answerHealth(request.method, version)
  return new Response(body === '' ? null : body, { status, headers })
}
