/**
 * The secrets of the oauth function, from Secrets Manager by name. Waits are bounded; what cannot be read right now is
 * unavailable like any other store (503), and asked for again by the next request.
 */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { type PreRegisteredClient, StoreUnavailableError } from '@email-connector/oauth'
import * as z from 'zod'
import { awsDeadlineMs, toClientConfig } from '../aws-client.ts'
import { withDeadline } from '../deadline.ts'
import { type InstanceSecrets, parseInstanceSecrets } from '../keys/instance-secrets.ts'

export interface FunctionSecrets {
  readonly instance: InstanceSecrets
  readonly clients: readonly PreRegisteredClient[]
}

export async function readSecrets(options: {
  region: string
  instanceSecret: string
  clientsSecret?: string
}): Promise<FunctionSecrets> {
  const client = new SecretsManagerClient(toClientConfig({ region: options.region }))
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
    const [instance, clients] = await Promise.all([
      read(options.instanceSecret),
      options.clientsSecret === undefined ? '[]' : read(options.clientsSecret),
    ])
    return { instance: parseInstanceSecrets(instance), clients: parseClients(clients) }
  } finally {
    client.destroy()
  }
}

const clientList = z.array(
  z.strictObject({ clientId: z.string().min(1), secret: z.string().min(16), name: z.string().min(1) }),
)

function parseClients(text: string): readonly PreRegisteredClient[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('The clients secret is not JSON') // Without the parser's message: it quotes the secret.
  }
  const parsed = clientList.safeParse(value)
  if (!parsed.success) throw new Error('The clients secret is not a list of {clientId, secret, name}')
  return parsed.data
}
