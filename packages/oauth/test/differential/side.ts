/** One authorization server under comparison: what it makes of a request, in words that fit both. */

export const publicId = 'https://claude.ai/oauth/mcp-oauth-client-metadata'
export const confidentialId = 'claude-team'
export const secret = 'a-secret-of-the-team'
export const callback = 'https://claude.ai/api/mcp/auth_callback'
export const resource = 'https://mail.example/mcp'
export const scopes = ['email:read', 'email:write']

/** In the order of strictness: a page or tokens, an error sent to the client, an error that stays. */
export const outcomes = ['accepted', 'told to the client', 'refused'] as const

export interface Verdict {
  readonly outcome: (typeof outcomes)[number]
  /** The error’s code or the status. */
  readonly detail: string
}

export interface WireRequest {
  readonly method?: string
  readonly headers?: Record<string, string>
  /** Without the question mark. */
  readonly query?: string
  readonly body?: string | Uint8Array<ArrayBuffer>
}

/** A code that was just issued, and what redeems it. */
export interface Fresh {
  readonly code: string
  readonly verifier: string
}

export interface Side {
  authorize(request: WireRequest): Promise<Verdict>
  token(request: WireRequest): Promise<Verdict & { readonly answer: Record<string, unknown> }>
  issueCode(clientId: string): Promise<Fresh>
  letSecondsPass(seconds: number): void
}

/** The verdict on a response that is no page for the owner. */
export function toVerdict(response: Response, body: string): Verdict {
  const location = response.headers.get('location')
  if (location?.startsWith(callback)) {
    const url = new URL(location)
    const detail = url.searchParams.get('error') ?? new URLSearchParams(url.hash.slice(1)).get('error')
    return { outcome: 'told to the client', detail: detail ?? 'code' }
  }
  return {
    outcome: response.ok ? 'accepted' : 'refused',
    detail: `${response.status} ${errorOf(body)}`.trim(),
  }
}

function errorOf(body: string): string {
  try {
    return String(JSON.parse(body).error ?? '')
  } catch {
    return ''
  }
}

export function parseAnswer(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body)
  } catch {
    return {}
  }
}
