/**
 * The one contract for the key that outlives a process: KMS in AWS, a key file on a laptop. A data key is bound to
 * where it is used by `KeyContext` (KMS encryption context; AAD of the file wrapper).
 */
export interface KeyContext {
  /** `appName` */
  readonly app: string
  readonly stage: string
  readonly grantId: string
  readonly accountId: string
}

export interface KeyWrapper {
  /** 32 random bytes, plain and wrapped. The caller zeroes `plain`. Throws KeyUnavailableError. */
  generateDataKey(context: KeyContext): Promise<{ plain: Uint8Array; wrapped: Uint8Array }>
  /** Throws KeyUnavailableError (try again: 503) or KeyRefusedError (never opens: a tool error and an alarm). */
  unwrapDataKey(wrapped: Uint8Array, context: KeyContext): Promise<Uint8Array>
}

/** The key service did not answer, throttled, or failed: nothing is known, nothing is lost. */
export class KeyUnavailableError extends Error {
  override readonly name = 'KeyUnavailableError'
}

/** The key service refuses this ciphertext or this key: changed row, other context, disabled key. */
export class KeyRefusedError extends Error {
  override readonly name = 'KeyRefusedError'
}
