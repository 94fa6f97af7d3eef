/**
 * What leaves when something fails: JSON for a program, for a person the page that the caller hands in, a sentence of
 * ours in both. An outage is 503 with Retry-After and never 401 (R63): clients throw their tokens away on a 401.
 */
import { describeBug, type Log } from '../log.ts'
import { BodyTooLargeError } from './body.ts'
import { findOutage } from './outages.ts'

interface Failure {
  readonly status: number
  readonly error: string
  readonly title: string
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** How a person is told; a function that serves programs only has none. */
export type FailurePage = (failure: Failure) => Response

export function failureResponse(failure: Failure, page?: FailurePage): Response {
  if (page !== undefined) return page(failure)
  return Response.json(
    { error: failure.error, error_description: failure.text },
    { status: failure.status, headers: failure.headers ?? {} },
  )
}

const outageRetrySeconds = 5

/** Never rethrows, never shows the error: its text may come from a mail server, AWS or a person. */
export function errorResponse(
  error: unknown,
  context: { page?: FailurePage | undefined; requestId: string; log: Log },
): Response {
  const { page, requestId, log } = context
  if (error instanceof BodyTooLargeError) return failureResponse(tooLarge, page)
  const outage = findOutage(error)
  if (outage !== undefined) {
    log({ ...outage, requestId })
    return failureResponse(unavailable, page)
  }
  log({ event: 'bug', requestId, ...describeBug(error) })
  return failureResponse(
    {
      status: 500,
      error: 'server_error',
      title: 'Something went wrong here',
      text: `This is a fault of the server, not yours. Its log names it as ${requestId}.`,
    },
    page,
  )
}

const tooLarge: Failure = {
  status: 413,
  error: 'invalid_request',
  title: 'Too large',
  text: 'The request is larger than this server accepts.',
}

const unavailable: Failure = {
  status: 503,
  error: 'temporarily_unavailable',
  title: 'Please try again in a moment',
  text: 'A part of this server does not answer right now. Nothing was changed; try again in a few seconds.',
  headers: { 'Retry-After': String(outageRetrySeconds) },
}

/** What the frame around all routes refuses. */
export const refusals = {
  notFound: {
    status: 404,
    error: 'not_found',
    title: 'There is nothing here',
    text: 'This server has no such page.',
  },
  wrongMethod: {
    status: 405,
    error: 'method_not_allowed',
    title: 'That is not how this page works',
    text: 'This address does not answer that method.',
  },
  foreignHost: {
    status: 403,
    error: 'access_denied',
    title: 'Wrong address',
    text: 'This server does not answer under this host name. Use the address it was set up with (PUBLIC_URL).',
  },
  foreignOrigin: {
    status: 403,
    error: 'access_denied',
    title: 'Not allowed',
    text: 'Pages of this origin may not call this server.',
  },
} as const satisfies Record<string, Failure>
