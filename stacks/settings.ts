/**
 * A stage, complete and checked: every fault is reported at once and before anything is deployed. What the functions are
 * told in environment variables is checked by the very parser they use.
 */
import { gateVariables } from '@email-connector/server/gate-settings'
import {
  internalMailVariables,
  parseSettings,
  SettingsError,
  serverVariables,
} from '@email-connector/server/settings'
import { domainShape, parseEach, type StageOptions, stageShape } from './stage-options.ts'

export type { StageOptions } from './stage-options.ts'

/** Complete and checked. */
export interface Stage extends StageOptions {
  readonly name: string
  readonly kind: 'permanent' | 'personal'
  readonly keepData: boolean
  readonly streaming: boolean
  readonly tokensBackup: boolean
  readonly logRetentionDays: number
  readonly throttle: { readonly requestsPerSecond: number; readonly burst: number }
  readonly reservedConcurrency: NonNullable<StageOptions['reservedConcurrency']>
  readonly firewall: boolean
  readonly vpc: boolean
  readonly gatewayLogRole: 'create' | 'present'
  /** The owner's settings as the functions read them. */
  readonly variables: Readonly<Record<string, string>>
}

export class StageError extends Error {
  override readonly name = 'StageError'
  readonly faults: readonly string[]
  constructor(stage: string, faults: readonly string[]) {
    super(`Stage ${stage} cannot be deployed:\n- ${faults.join('\n- ')}`)
    this.faults = faults
  }
}

/** Throws StageError with every fault. */
export function parseStage(name: string, options: unknown): Stage {
  const { values, faults } = parseEach(stageShape, options)
  // What is not right by itself is told once, but its parts and its neighbours are still looked at.
  const domain = (options as Partial<StageOptions> | null)?.domain
  if (domain !== undefined && values.domain === undefined) {
    const ofDomain = parseEach(domainShape, domain, 'domain.')
    faults.push(...ofDomain.faults.filter((fault) => !faults.includes(fault)))
  }
  const { kind = 'permanent', throttle = {}, reservedConcurrency = {}, region = '' } = values
  const keepData = values.keepData ?? kind === 'permanent'
  const variables = toVariables(values)
  const check = (isRight: boolean, fault: string) => {
    if (!isRight) faults.push(fault)
  }

  // 20 characters leave room in a role's name (64) for the longest region and function.
  check(/^[A-Za-z](?:[A-Za-z0-9-]{0,18}[A-Za-z0-9])?$/.test(name), 'name: 1-20 letters, digits, hyphens')
  check(
    keepData || kind === 'personal',
    'keepData: only a stage of kind personal may lose its data with its stack',
  )
  if (typeof domain === 'object' && domain !== null) checkDomain(domain, region, check)
  check(
    domain !== undefined || values.firewall !== true,
    'firewall: needs a domain (an HTTP API has no firewall)',
  )
  check(
    values.internalMail === undefined || values.vpc === true,
    'internalMail: needs vpc (other functions are in no network that could be joined to yours)',
  )
  check(
    values.gate === undefined || values.signInProviders === true,
    'gate: needs signInProviders (the secret of its client lies in that secret)',
  )
  check(
    values.monthlyBudgetUsd === undefined || values.alarmAddress !== undefined,
    'monthlyBudgetUsd: needs alarmAddress',
  )
  check(
    Buffer.byteLength(Object.values(variables).join('')) <= maxVariableBytes,
    `the lists of the stage are longer than the ${maxVariableBytes} bytes that a function can be told: write domains in place of addresses`,
  )
  faults.push(...variableFaults(variables))
  if (faults.length > 0) throw new StageError(name, faults)
  return {
    ...values,
    region,
    name,
    kind,
    keepData,
    variables,
    reservedConcurrency,
    streaming: values.streaming ?? true,
    tokensBackup: values.tokensBackup ?? false,
    logRetentionDays: values.logRetentionDays ?? (kind === 'personal' ? 7 : 30),
    throttle: { requestsPerSecond: throttle.requestsPerSecond ?? 50, burst: throttle.burst ?? 100 },
    firewall: values.firewall ?? false,
    vpc: values.vpc ?? false,
    gatewayLogRole: values.gatewayLogRole ?? 'present',
  }
}

function checkDomain(
  { name, certificateArn, hostedZone }: NonNullable<StageOptions['domain']>,
  region: string,
  check: (isRight: boolean, fault: string) => void,
): void {
  check(
    certificateArn !== undefined || hostedZone !== undefined,
    'domain: needs certificateArn or hostedZone',
  )
  check(
    typeof certificateArn !== 'string' || certificateArn.split(':')[3] === region,
    'domain.certificateArn: must be in the region of the stage',
  )
  check(
    typeof hostedZone?.name !== 'string' ||
      name === hostedZone.name ||
      String(name).endsWith(`.${hostedZone.name}`),
    'domain.hostedZone.name: must be the domain or a parent of it',
  )
}

/** Lambda takes 4 KB, names and our own variables included. */
const maxVariableBytes = 2_500

/** Which setting a variable of the functions comes from. */
const origins = {
  ALLOWED_ACCOUNTS: 'allowedAccounts',
  DENIED_ACCOUNTS: 'deniedAccounts',
  DISABLED_CLIENTS: 'disabledClients',
  DISABLED_PROVIDERS: 'disabledProviders',
  EXTRA_REDIRECT_URIS: 'extraRedirectUris',
  CORS_ORIGINS: 'corsOrigins',
  ACCESS_TOKEN_DAYS: 'tokenDays.access',
  REFRESH_IDLE_DAYS: 'tokenDays.refreshIdle',
  GRANT_DAYS: 'tokenDays.grant',
  OIDC_GATE_NAME: 'gate.name',
  OIDC_GATE_ISSUER: 'gate.issuer',
  OIDC_GATE_CLIENT_ID: 'gate.clientId',
  OIDC_GATE_ALLOW: 'gate.allow',
  OIDC_GATE_SCOPES: 'gate.scopes',
  OIDC_GATE_DAYS: 'gate.days',
  INTERNAL_MAIL_HOSTS: 'internalMail.hosts',
  INTERNAL_MAIL_CA: 'internalMail.ca',
} as const

function toVariables(options: Partial<StageOptions>): Record<string, string> {
  const { tokenDays = {}, gate } = options
  const values: Record<keyof typeof origins, string> = {
    ALLOWED_ACCOUNTS: list(options.allowedAccounts),
    DENIED_ACCOUNTS: list(options.deniedAccounts),
    DISABLED_CLIENTS: list(options.disabledClients),
    DISABLED_PROVIDERS: list(options.disabledProviders),
    EXTRA_REDIRECT_URIS: list(options.extraRedirectUris),
    CORS_ORIGINS: list(options.corsOrigins),
    ACCESS_TOKEN_DAYS: number(tokenDays.access),
    REFRESH_IDLE_DAYS: number(tokenDays.refreshIdle),
    GRANT_DAYS: number(tokenDays.grant),
    OIDC_GATE_NAME: gate?.name ?? '',
    OIDC_GATE_ISSUER: gate?.issuer ?? '',
    OIDC_GATE_CLIENT_ID: gate?.clientId ?? '',
    OIDC_GATE_ALLOW: list(gate?.allow),
    OIDC_GATE_SCOPES: list(gate?.scopes),
    OIDC_GATE_DAYS: number(gate?.days),
    INTERNAL_MAIL_HOSTS: list(options.internalMail?.hosts),
    INTERNAL_MAIL_CA: list(options.internalMail?.ca),
  }
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))
}

const list = (entries: readonly string[] = []) => entries.join(' ')
const number = (value: number | undefined) => (value === undefined ? '' : String(value))

function variableFaults(variables: Readonly<Record<string, string>>): string[] {
  try {
    // The address is known only to CloudFormation; any will do here.
    parseSettings(
      { ...serverVariables, ...internalMailVariables, ...gateVariables },
      { ...variables, PUBLIC_URL: 'https://example.com' },
    )
    return []
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    return error.faults.map((fault) => {
      const [variable = '', ...words] = fault.split(' ')
      return `${origins[variable as keyof typeof origins] ?? variable}: ${words.join(' ')}`
    })
  }
}
