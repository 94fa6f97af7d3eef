/** The health function: the smallest bundle; no client, no right, no setting. */
import { answerHealth } from '../http/health.ts'
import { version } from '../version.ts'

/** REST and HTTP API say the method in different places. */
interface HealthEvent {
  readonly httpMethod?: string
  readonly requestContext?: { readonly http?: { readonly method: string } }
}

export async function handler(event: HealthEvent) {
  const { status, headers, body } = answerHealth(
    event.httpMethod ?? event.requestContext?.http?.method ?? 'GET',
    version,
  )
  return { statusCode: status, headers, body, isBase64Encoded: false }
}
