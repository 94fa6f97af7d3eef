/**
 * What a deployed function is told: names of tables, key and secrets, and the owner's settings; never a secret's value.
 * Each function has only the variables it needs and reports all faults at once. One variable widens which mail hosts may be
 * reached: names that may be in an organisation's own network. None leads to loopback, link-local or another port (R72).
 */
import * as z from 'zod'
import { gateVariables, toGate } from '../gate-settings.ts'
import {
  admissionVariables,
  internalMailVariables,
  parseSettings,
  publicUrlVariable,
  serverVariables,
  toAdmission,
  toDisabledProviders,
  toInternalMail,
  toServerSettings,
} from '../settings.ts'
import type { TableNames } from '../store/table-schema.ts'

const name = z.string('is missing').regex(/^[\w./:+=@-]{1,2048}$/, 'must be a resource name or ARN')

const shared = {
  AWS_REGION: name,
  STAGE: name,
  GRANTS_TABLE: name,
  TOKENS_TABLE: name,
  SESSIONS_TABLE: name,
  ONCE_TABLE: name,
  CREDENTIALS_KEY: name,
  /** Secret with the providers to sign in with: JSON of the variables in provider-settings.ts. */
  PROVIDERS_SECRET: name.optional(),
  ...internalMailVariables,
}

export const mcpVariables = {
  ...shared,
  PUBLIC_URL: publicUrlVariable,
  CORS_ORIGINS: serverVariables.CORS_ORIGINS,
  DISABLED_PROVIDERS: serverVariables.DISABLED_PROVIDERS,
  ...admissionVariables,
  /** `http`: an HTTP API, which cannot stream. */
  GATEWAY: z.enum(['rest', 'http'], 'must be rest or http').default('rest'),
}

export const ownerVariables = {
  ...shared,
  PUBLIC_URL: publicUrlVariable,
  CORS_ORIGINS: serverVariables.CORS_ORIGINS,
  ...admissionVariables,
  GATEWAY: mcpVariables.GATEWAY,
}

const { OAUTH_CLIENT_ID: _id, OAUTH_CLIENT_SECRET: _secret, ...ownersVariables } = serverVariables

export const oauthVariables = {
  ...ownersVariables,
  ...shared,
  ...gateVariables,
  INSTANCE_SECRET: name,
  /** Secret with the pre-registered clients: JSON list of {clientId, secret, name}. */
  CLIENTS_SECRET: name.optional(),
}

/** Throws SettingsError with every fault. */
export function readMcpEnvironment() {
  const variables = parseSettings(mcpVariables, process.env)
  return {
    ...toResources(variables),
    settings: { publicUrl: variables.PUBLIC_URL, corsOrigins: variables.CORS_ORIGINS },
    resource: `${variables.PUBLIC_URL}/mcp`,
    disabledProviders: toDisabledProviders(variables.DISABLED_PROVIDERS),
    admission: toAdmission(variables),
    streams: variables.GATEWAY === 'rest',
  }
}

/** Throws SettingsError with every fault. */
export function readOwnerEnvironment() {
  const variables = parseSettings(ownerVariables, process.env)
  return {
    ...toResources(variables),
    settings: { publicUrl: variables.PUBLIC_URL, corsOrigins: variables.CORS_ORIGINS },
    admission: toAdmission(variables),
    streams: variables.GATEWAY === 'rest',
  }
}

/** Throws SettingsError with every fault. The clients, and what the gate's own client needs, come from their secrets. */
export function readOAuthEnvironment() {
  const variables = parseSettings(oauthVariables, process.env)
  return {
    ...toResources(variables),
    settings: toServerSettings(variables, { demo: false, gate: toGate(variables) }),
    instanceSecret: variables.INSTANCE_SECRET,
    ...(variables.CLIENTS_SECRET === undefined ? {} : { clientsSecret: variables.CLIENTS_SECRET }),
  }
}

function toResources(variables: z.output<z.ZodObject<typeof shared>>) {
  const tables: TableNames = {
    grants: variables.GRANTS_TABLE,
    tokens: variables.TOKENS_TABLE,
    sessions: variables.SESSIONS_TABLE,
    once: variables.ONCE_TABLE,
  }
  return {
    tables,
    region: variables.AWS_REGION,
    stage: variables.STAGE,
    credentialsKey: variables.CREDENTIALS_KEY,
    internalMail: toInternalMail(variables),
    ...(variables.PROVIDERS_SECRET !== undefined && { providersSecret: variables.PROVIDERS_SECRET }),
  }
}
