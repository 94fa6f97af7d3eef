/**
 * What a deployed function is told: names of tables, key and secrets, and the owner's settings; never a secret's value.
 * Each function reads only the variables it needs, all faults at once, before its first answer.
 */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import { type InstanceSecrets, parseInstanceSecrets } from '../keys/instance-secrets.ts'
import { parseSettings, type ServerSettings, serverVariables, toServerSettings } from '../settings.ts'
import type { TableNames } from '../store/table-schema.ts'

const name = z.string('is missing').regex(/^[\w./:+=@-]{1,2048}$/, 'must be a resource name or ARN')

export const tableVariables = {
  GRANTS_TABLE: name,
  TOKENS_TABLE: name,
  SESSIONS_TABLE: name,
  ONCE_TABLE: name,
}

export const functionVariables = {
  ...serverVariables,
  ...tableVariables,
  AWS_REGION: name,
  STAGE: name,
  CREDENTIALS_KEY: name,
  INSTANCE_SECRET: name,
  /** Secret with pre-registered clients: JSON list of {clientId, secret, name}. */
  CLIENTS_SECRET: name.optional(),
}

export function toTableNames(variables: z.output<z.ZodObject<typeof tableVariables>>): TableNames {
  return {
    grants: variables.GRANTS_TABLE,
    tokens: variables.TOKENS_TABLE,
    sessions: variables.SESSIONS_TABLE,
    once: variables.ONCE_TABLE,
  }
}

export interface FunctionSettings {
  readonly server: ServerSettings
  readonly tables: TableNames
  readonly region: string
  readonly stage: string
  readonly credentialsKey: string
  readonly instanceSecret: string
  readonly clientsSecret?: string
}

/** Throws SettingsError with every fault. */
export function readFunctionSettings(): FunctionSettings {
  const variables = parseSettings(functionVariables, process.env)
  return {
    server: toServerSettings(variables, { demo: false }),
    tables: toTableNames(variables),
    region: variables.AWS_REGION,
    stage: variables.STAGE,
    credentialsKey: variables.CREDENTIALS_KEY,
    instanceSecret: variables.INSTANCE_SECRET,
    ...(variables.CLIENTS_SECRET === undefined ? {} : { clientsSecret: variables.CLIENTS_SECRET }),
  }
}

/** What the oauth function reads at its start. The answer is kept for the life of the environment. */
export async function readSecrets(settings: FunctionSettings): Promise<{
  instance: InstanceSecrets
  clients: ServerSettings['clients']
}> {
  const client = new SecretsManagerClient({ region: settings.region, maxAttempts: 3 })
  const read = async (id: string) =>
    (await client.send(new GetSecretValueCommand({ SecretId: id }))).SecretString ?? ''
  const [instance, clients] = await Promise.all([
    read(settings.instanceSecret),
    settings.clientsSecret === undefined ? '[]' : read(settings.clientsSecret),
  ])
  return { instance: parseInstanceSecrets(instance), clients: parseClients(clients) }
}

const clientList = z.array(
  z.strictObject({ clientId: z.string().min(1), secret: z.string().min(16), name: z.string().min(1) }),
)

function parseClients(text: string): ServerSettings['clients'] {
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
