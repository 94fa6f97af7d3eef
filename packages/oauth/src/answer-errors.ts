/** The one place where errors of the JSON endpoints become responses; what is not ours goes on to the caller. */
import { isStoreUnavailable, OAuthError, storeUnavailable, toErrorResponse } from './errors.ts'
import type { Endpoint, Settings } from './settings.ts'

export async function answerErrors(
  { log }: Settings,
  endpoint: Endpoint,
  request: Request,
  answer: () => Promise<Response>,
): Promise<Response> {
  try {
    return await answer()
  } catch (thrown) {
    const error = isStoreUnavailable(thrown) ? storeUnavailable() : thrown
    if (!(error instanceof OAuthError)) throw error
    log({ kind: 'refused', endpoint, error: error.code, reason: error.reason })
    return toErrorResponse(error, headersFor(error, request))
  }
}

function headersFor(error: OAuthError, request: Request): Record<string, string> {
  if (error.status === 405) return { Allow: 'POST' }
  // RFC 6749 §5.2: a client that tried Authorization is answered in kind.
  const triedBasic = error.status === 401 && request.headers.has('authorization')
  return triedBasic ? { 'WWW-Authenticate': 'Basic realm="oauth", charset="UTF-8"' } : {}
}
