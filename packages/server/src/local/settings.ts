/**
 * The local runner's environment variables (contract: README, "Settings"). `ALLOW_PRIVATE_MAIL_HOSTS` is read here and
 * nowhere else: the Lambda entry points cannot be told to reach private addresses.
 */
import { resolve } from 'node:path'
import * as z from 'zod'
import { gateSecretVariable, gateVariables, toGate } from '../gate-settings.ts'
import { providerVariables, toSignInProviders } from '../provider-settings.ts'
import {
  onOff,
  parseSettings,
  type ServerSettings,
  serverVariables,
  toServerSettings,
  wholeNumber,
} from '../settings.ts'

export interface LocalSettings {
  readonly server: ServerSettings
  readonly host: string
  readonly port: number
  /** Absolute; made when missing. */
  readonly dataDir: string
  readonly allowPrivateMailHosts: boolean
}

/** Throws SettingsError with every fault. `startedIn` is what a relative DATA_DIR is relative to. */
export function parseLocalSettings(
  environment: Readonly<Record<string, string | undefined>>,
  startedIn: string,
): LocalSettings {
  const port = environment.PORT === undefined || environment.PORT === '' ? '8993' : environment.PORT
  const variables = parseSettings(
    {
      ...serverVariables,
      ...providerVariables,
      ...gateVariables,
      ...gateSecretVariable,
      PORT: wholeNumber(8993, 1, 65_535),
      HOST: z
        .string()
        .default('127.0.0.1')
        .refine((host) => /^[A-Za-z0-9.:-]+$/.test(host), 'must be an address or host name to listen on'),
      DATA_DIR: z.string().default('.local'),
      DEMO_MAILBOX: onOff(true),
      ALLOW_PRIVATE_MAIL_HOSTS: z.enum(['0', '1'], 'must be 1 or 0').default('0'),
    },
    {
      ...environment,
      PUBLIC_URL: environment.PUBLIC_URL || `http://localhost:${/^\d+$/.test(port) ? port : '8993'}`,
    },
  )
  return {
    server: toServerSettings(variables, {
      demo: variables.DEMO_MAILBOX,
      signInProviders: toSignInProviders(variables),
      gate: toGate(variables),
    }),
    host: variables.HOST,
    port: variables.PORT,
    dataDir: resolve(startedIn, variables.DATA_DIR),
    allowPrivateMailHosts: variables.ALLOW_PRIVATE_MAIL_HOSTS === '1',
  }
}
