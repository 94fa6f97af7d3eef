/**
 * The key wrapper in AWS: KMS GenerateDataKey and Decrypt with the context as encryption context, so that CloudTrail
 * and the key policy see which grant and account a call was for. Every wait is bounded: the caller has seconds, and an
 * outage must come out as "try again", never as "your credentials are gone".
 */
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { type AwsClientOptions, awsDeadlineMs, toClientConfig } from '../aws-client.ts'
import { withDeadline } from '../deadline.ts'
import type { KeyContext, KeyWrapper } from './key-wrapper.ts'
import { KeyRefusedError, KeyUnavailableError } from './key-wrapper.ts'
import { keyBytes } from './seal.ts'

/** What KMS says when it will never open this ciphertext with this key; everything else may pass. */
const refusals = new Set([
  'AccessDeniedException',
  'DisabledException',
  'IncorrectKeyException',
  'InvalidCiphertextException',
  'InvalidKeyUsageException',
  'KMSInvalidStateException',
  'NotFoundException',
])

export function createKmsKeyWrapper(options: AwsClientOptions & { readonly keyId: string }): KeyWrapper {
  const { deadlineMs = awsDeadlineMs } = options
  const client = new KMSClient(toClientConfig(options))

  async function bounded<T>(call: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await withDeadline(
        deadlineMs,
        () => new KeyUnavailableError('The key service did not answer in time'),
        call,
      )
    } catch (cause) {
      if (cause instanceof KeyUnavailableError) throw cause
      if (cause instanceof Error && refusals.has(cause.name)) {
        throw new KeyRefusedError('The key service refuses this key', { cause })
      }
      throw new KeyUnavailableError('The key service is unavailable', { cause })
    }
  }

  return {
    async generateDataKey(context) {
      const answer = await bounded((abortSignal) =>
        client.send(
          new GenerateDataKeyCommand({
            KeyId: options.keyId,
            KeySpec: 'AES_256',
            EncryptionContext: encryptionContext(context),
          }),
          { abortSignal },
        ),
      )
      if (answer.Plaintext?.length !== keyBytes || answer.CiphertextBlob === undefined) {
        throw new KeyUnavailableError('The key service answered without a key')
      }
      return { plain: answer.Plaintext, wrapped: answer.CiphertextBlob }
    },

    async unwrapDataKey(wrapped, context) {
      const answer = await bounded((abortSignal) =>
        client.send(
          new DecryptCommand({
            // Named, so that a ciphertext made under somebody else's key is refused.
            KeyId: options.keyId,
            CiphertextBlob: wrapped,
            EncryptionContext: encryptionContext(context),
          }),
          { abortSignal },
        ),
      )
      if (answer.Plaintext?.length !== keyBytes) {
        throw new KeyRefusedError('The key service opened something that is not a data key')
      }
      return answer.Plaintext
    },
  }
}

function encryptionContext(context: KeyContext): Record<string, string> {
  return { app: context.app, stage: context.stage, grantId: context.grantId, accountId: context.accountId }
}
