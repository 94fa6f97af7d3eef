/**
 * Secrets by name, from Secrets Manager. Waits are bounded; what cannot be read right now is unavailable like any other
 * store (503). One client for each reading: secrets are read at a start, and seldom later.
 */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { StoreUnavailableError } from '@email-connector/oauth'
import { awsDeadlineMs, toClientConfig } from '../aws-client.ts'
import { withDeadline } from '../deadline.ts'

/** Throws StoreUnavailableError. */
export async function readSecretTexts(region: string, names: readonly string[]): Promise<readonly string[]> {
  const client = new SecretsManagerClient(toClientConfig({ region }))
  const read = (SecretId: string) =>
    withDeadline(
      awsDeadlineMs,
      () => new StoreUnavailableError('Secrets Manager did not answer in time'),
      async (abortSignal) =>
        (await client.send(new GetSecretValueCommand({ SecretId }), { abortSignal })).SecretString ?? '',
    ).catch((cause: unknown) => {
      if (cause instanceof StoreUnavailableError) throw cause
      throw new StoreUnavailableError('Secrets Manager is unavailable', { cause })
    })
  try {
    return await Promise.all(names.map(read))
  } finally {
    client.destroy()
  }
}
