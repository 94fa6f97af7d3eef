/**
 * What an owner decides about a stage, typed, with every fault reported at once and before anything is deployed. What
 * the functions are told in environment variables is checked by the very parser they use.
 */
import { parseSettings, SettingsError, serverVariables } from '../packages/server/src/settings.ts'

export interface StageOptions {
  readonly region: string
  /**
   * The host name clients are given. Without it the stage is a personal one behind an HTTP API: no streaming, no firewall,
   * and a 401 whose challenge header is renamed.
   */
  readonly domain?: {
    readonly name: string
    /** In the stage's region. Without it one is made, which needs the hosted zone. */
    readonly certificateArn?: string
    /** Route 53 zone for the name and the certificate's proof. Without it the owner points the name himself. */
    readonly hostedZone?: { readonly id: string; readonly name: string }
  }
  /** Addresses and domains that may connect; none: everybody. */
  readonly allowedAccounts?: readonly string[]
  /** Known clients that are switched off: claude, claude-code, chatgpt, codex, copilot, vscode, cursor. */
  readonly disabledClients?: readonly string[]
  /** Mail providers that are switched off: gmail, icloud, outlook, yahoo, fastmail, protonmail, generic. */
  readonly disabledProviders?: readonly string[]
  readonly extraRedirectUris?: readonly string[]
  readonly corsOrigins?: readonly string[]
  /** Makes a secret in which clients with an id and a secret are entered by hand. */
  readonly preRegisteredClients?: boolean
  readonly tokenDays?: { readonly access?: number; readonly refreshIdle?: number; readonly grant?: number }

  /** Tables and keys outlive the stack and cannot be deleted by accident. */
  readonly keepData?: boolean
  /**
   * Point-in-time recovery of the tokens table. It saves every owner a new sign-in after a disaster, and costs that a revoked
   * token's wrap can be restored for 35 days.
   */
  readonly tokensBackup?: boolean
  readonly logRetentionDays?: number

  /** Gets alarms and budget warnings; AWS asks it to confirm. */
  readonly alarmAddress?: string
  /** Warns at 80 % and 100 % of what the whole account costs in a month. */
  readonly monthlyBudgetUsd?: number

  readonly throttle?: { readonly requestsPerSecond?: number; readonly burst?: number }
  /** Concurrent executions set aside and at the same time the upper bound. */
  readonly reservedConcurrency?: {
    readonly mcp?: number
    readonly oauth?: number
    readonly authorizer?: number
  }
  /** AWS WAF with managed rules before the gateway. */
  readonly firewall?: boolean
  /** Functions that reach mail servers run in a VPC: one fixed address, and only mail ports and 443 go out. */
  readonly vpc?: boolean
  /** API Gateway logs through one role per account and region: made here, or there already. */
  readonly gatewayLogRole?: 'create' | 'present'
  readonly permissionsBoundaryArn?: string
  readonly tags?: Readonly<Record<string, string>>
}

/** Complete and checked. */
export interface Stage extends StageOptions {
  readonly name: string
  readonly keepData: boolean
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

/** What CloudWatch Logs accepts. */
const retentions = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653]

/** Throws StageError with every fault. */
export function parseStage(name: string, options: StageOptions): Stage {
  const { domain, throttle = {}, reservedConcurrency = {} } = options
  const stage: Stage = {
    ...options,
    name,
    keepData: options.keepData ?? true,
    tokensBackup: options.tokensBackup ?? false,
    logRetentionDays: options.logRetentionDays ?? 30,
    throttle: {
      requestsPerSecond: throttle.requestsPerSecond ?? 50,
      burst: throttle.burst ?? 100,
    },
    reservedConcurrency,
    firewall: options.firewall ?? false,
    vpc: options.vpc ?? false,
    gatewayLogRole: options.gatewayLogRole ?? 'create',
    variables: toVariables(options),
  }
  const faults: string[] = []
  const check = (isRight: boolean, fault: string) => {
    if (!isRight) faults.push(fault)
  }

  // 20 characters leave room in a role's name (64) for the longest region and function.
  check(/^[A-Za-z](?:[A-Za-z0-9-]{0,18}[A-Za-z0-9])?$/.test(name), 'name: 1-20 letters, digits, hyphens')
  check(/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(options.region), 'region: such as eu-central-1')
  if (domain !== undefined) {
    check(isHostName(domain.name), 'domain.name: a host name in lower case')
    check(
      domain.certificateArn !== undefined || domain.hostedZone !== undefined,
      'domain: needs certificateArn or hostedZone',
    )
    check(
      domain.certificateArn === undefined ||
        (isArn('acm', domain.certificateArn) && domain.certificateArn.split(':')[3] === options.region),
      "domain.certificateArn: an ACM certificate in the stage's region",
    )
    check(
      domain.hostedZone === undefined ||
        domain.name === domain.hostedZone.name ||
        domain.name.endsWith(`.${domain.hostedZone.name}`),
      'domain.hostedZone.name: must be the domain or a parent of it',
    )
    check(
      domain.hostedZone === undefined || /^Z[A-Z0-9]{1,31}$/.test(domain.hostedZone.id),
      'domain.hostedZone.id: such as Z0123456789ABCDEFGHIJ',
    )
  }
  check(domain !== undefined || !stage.firewall, 'firewall: needs a domain (an HTTP API has no firewall)')
  check(retentions.includes(stage.logRetentionDays), `logRetentionDays: one of ${retentions.join(', ')}`)
  check(
    options.alarmAddress === undefined || /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(options.alarmAddress),
    'alarmAddress: an email address',
  )
  check(
    options.monthlyBudgetUsd === undefined || options.monthlyBudgetUsd > 0,
    'monthlyBudgetUsd: more than 0',
  )
  check(
    options.monthlyBudgetUsd === undefined || options.alarmAddress !== undefined,
    'monthlyBudgetUsd: needs alarmAddress',
  )
  check(isWhole(stage.throttle.requestsPerSecond, 1, 10_000), 'throttle.requestsPerSecond: 1 to 10000')
  check(isWhole(stage.throttle.burst, 1, 5_000), 'throttle.burst: 1 to 5000')
  for (const [key, count] of Object.entries(reservedConcurrency))
    check(isWhole(count, 1, 10_000), `reservedConcurrency.${key}: 1 to 10000`)
  check(
    options.permissionsBoundaryArn === undefined || isArn('iam', options.permissionsBoundaryArn),
    'permissionsBoundaryArn: the ARN of a policy',
  )
  for (const key of Object.keys(options.tags ?? {}))
    check(/^(?!aws:)[\w.:/=+@ -]{1,128}$/.test(key), `tags: "${key}" cannot be a tag`)
  faults.push(...variableFaults(stage.variables))
  if (faults.length > 0) throw new StageError(name, faults)
  return stage
}

/** Which setting a variable of the functions comes from. */
const origins = {
  ALLOWED_ACCOUNTS: 'allowedAccounts',
  DISABLED_CLIENTS: 'disabledClients',
  DISABLED_PROVIDERS: 'disabledProviders',
  EXTRA_REDIRECT_URIS: 'extraRedirectUris',
  CORS_ORIGINS: 'corsOrigins',
  ACCESS_TOKEN_DAYS: 'tokenDays.access',
  REFRESH_IDLE_DAYS: 'tokenDays.refreshIdle',
  GRANT_DAYS: 'tokenDays.grant',
} as const

function toVariables(options: StageOptions): Record<string, string> {
  const { tokenDays = {} } = options
  const values: Record<keyof typeof origins, string> = {
    ALLOWED_ACCOUNTS: list(options.allowedAccounts),
    DISABLED_CLIENTS: list(options.disabledClients),
    DISABLED_PROVIDERS: list(options.disabledProviders),
    EXTRA_REDIRECT_URIS: list(options.extraRedirectUris),
    CORS_ORIGINS: list(options.corsOrigins),
    ACCESS_TOKEN_DAYS: number(tokenDays.access),
    REFRESH_IDLE_DAYS: number(tokenDays.refreshIdle),
    GRANT_DAYS: number(tokenDays.grant),
  }
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))
}

const list = (entries: readonly string[] = []) => entries.join(' ')
const number = (value: number | undefined) => (value === undefined ? '' : String(value))

function variableFaults(variables: Readonly<Record<string, string>>): string[] {
  try {
    // The address is known only to CloudFormation; any will do here.
    parseSettings(serverVariables, { ...variables, PUBLIC_URL: 'https://example.com' })
    return []
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    return error.faults.map((fault) => {
      const [variable = '', ...words] = fault.split(' ')
      return `${origins[variable as keyof typeof origins] ?? variable}: ${words.join(' ')}`
    })
  }
}

function isHostName(name: string): boolean {
  return name.length <= 253 && /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/.test(name)
}

function isArn(service: string, arn: string): boolean {
  return new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]*:(?:\\d{12}|aws):.+$`).test(arn)
}

function isWhole(value: number, minimum: number, maximum: number): boolean {
  return Number.isInteger(value) && value >= minimum && value <= maximum
}
