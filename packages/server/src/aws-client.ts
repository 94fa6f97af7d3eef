/**
 * How every client of AWS is made: bounded waits, three attempts, and a loopback stand-in in tests. Loads nothing of the
 * SDK; which errors mean that a service is down is for each client to say.
 */
export interface AwsClientOptions {
  readonly region: string
  /** Tests only: a loopback service, and the credentials it ignores. */
  readonly endpoint?: string
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** One attempt, milliseconds. */
  readonly attemptTimeoutMs?: number
  /** All attempts and the pauses between them; for `withDeadline`. */
  readonly deadlineMs?: number
}

export const awsDeadlineMs = 4000

export function toClientConfig(options: AwsClientOptions) {
  const { region, endpoint, credentials, attemptTimeoutMs = 1500 } = options
  return {
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: attemptTimeoutMs,
      requestTimeout: attemptTimeoutMs,
      throwOnRequestTimeout: true,
    },
  }
}
