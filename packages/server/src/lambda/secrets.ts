/** The secrets that the oauth function alone reads: the deployment's seed, and clients that were entered by hand. */
import type { PreRegisteredClient } from '@email-connector/oauth'
import * as z from 'zod'
import { type InstanceSecrets, parseInstanceSecrets } from '../keys/instance-secrets.ts'
import { readSecretTexts } from './secrets-manager.ts'

export interface FunctionSecrets {
  readonly instance: InstanceSecrets
  readonly clients: readonly PreRegisteredClient[]
}

/** Throws StoreUnavailableError; the next request asks again. */
export async function readSecrets(options: {
  region: string
  instanceSecret: string
  clientsSecret?: string
}): Promise<FunctionSecrets> {
  const { region, instanceSecret, clientsSecret } = options
  const names = [instanceSecret, ...(clientsSecret === undefined ? [] : [clientsSecret])]
  const [instance = '', clients = '[]'] = await readSecretTexts(region, names)
  return { instance: parseInstanceSecrets(instance), clients: parseClients(clients) }
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
