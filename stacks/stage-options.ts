/**
 * What an owner may write about a stage: every setting with its form and its meaning. Types, checks and the JSON Schema
 * that editors read (stages.schema.json) come from here; what depends on two settings is in settings.ts.
 */
import * as z from 'zod'

/** What CloudWatch Logs accepts. */
const retentions = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653]

const text = (what: string) => z.string(`must be text: ${what}`)
const onOff = (meaning: string) => z.boolean('must be true or false').describe(meaning).exactOptional()
const list = (what: string) => z.array(text(what), `must be a list: ${what}`)
const whole = (minimum: number, maximum: number) => {
  const message = `must be a whole number from ${minimum} to ${maximum}`
  return z
    .number(message)
    .refine((value) => Number.isInteger(value) && value >= minimum && value <= maximum, message)
}
const days = z.number('must be a number of days').exactOptional()
const arn = (service: string, what: string) =>
  text(what).regex(new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]*:(?:\\d{12}|aws):.+$`), `must be ${what}`)

export const domainShape = {
  name: text('a host name')
    .max(253, 'must be a host name')
    .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, 'must be a host name in lower case'),
  certificateArn: arn('acm', 'the ARN of an ACM certificate')
    .describe('In the region of the stage. Without it one is made, which needs the hosted zone.')
    .exactOptional(),
  hostedZone: z
    .strictObject(
      {
        id: text('a zone id').regex(/^Z[A-Z0-9]{1,31}$/, 'must be such as Z0123456789ABCDEFGHIJ'),
        name: text('the domain or a parent of it'),
      },
      'must be {"id": …, "name": …}',
    )
    .describe(
      'Route 53 zone for the name and the proof of the certificate. Without it the owner points the name at the output DomainTarget.',
    )
    .exactOptional(),
}

/** The client's secret is `OIDC_GATE_CLIENT_SECRET` in the secret of the providers. */
const gateShape = {
  issuer: text('the issuer of an OpenID provider').regex(
    /^https:\/\/[^:/?#@\s]+(?:\/[^?#\s]*)?$/,
    'must be https://… on port 443, as the provider writes it',
  ),
  clientId: text('the id of a client at the provider'),
  allow: list('tid:…, hd:…, group:… or sub:…').describe(
    'What an ID token must hold: one of these is enough.',
  ),
  name: text('a name').describe('What people read; the host of the issuer unless given.').exactOptional(),
  scopes: list('scopes').describe('Beyond openid.').exactOptional(),
  days: whole(1, 30).describe('How long the login counts; 1 unless given.').exactOptional(),
}

export const stageShape = {
  kind: z
    .enum(['permanent', 'personal'], 'must be permanent or personal')
    .describe(
      'permanent (default): data is kept and cannot be deleted by accident. personal: small, gone without a trace when removed.',
    )
    .exactOptional(),
  region: text('a region')
    .regex(/^[a-z]{2,8}(?:-[a-z]+)+-\d{1,2}$/, 'must be such as eu-central-1')
    .describe('Where everything is.'),
  domain: z
    .strictObject(domainShape, 'must be {"name": …} with hostedZone or certificateArn')
    .describe(
      'The host name clients are given. Without it an HTTP API: no streaming, no firewall, and a 401 whose challenge header is renamed.',
    )
    .exactOptional(),
  streaming: onOff(
    'Default true. Answers of /mcp are streamed, where there is a domain; false where the region cannot.',
  ),
  allowedAccounts: list('addresses and domains')
    .describe('Addresses, domains and subdomains (*.example.com) that may connect. None: everybody.')
    .exactOptional(),
  deniedAccounts: list('addresses and domains')
    .describe(
      'Addresses and domains that may not connect, and whose connections end. Before allowedAccounts.',
    )
    .exactOptional(),
  disabledClients: list('ids of known clients')
    .describe('Known clients that are switched off: claude, claude-code, chatgpt, …')
    .exactOptional(),
  disabledProviders: list('ids of mail providers')
    .describe('Mail providers that are switched off; generic means any other host.')
    .exactOptional(),
  extraRedirectUris: list('redirect URIs').describe('Redirect URIs of further clients.').exactOptional(),
  corsOrigins: list('origins')
    .describe('Pages that may call, beside those of Claude and our own.')
    .exactOptional(),
  preRegisteredClients: onOff('Makes a secret in which clients with an id and a secret are entered by hand.'),
  signInProviders: onOff(
    'Makes a secret in which the owner enters what turns on “Sign in with Microsoft”, Google or an own provider.',
  ),
  gate: z
    .strictObject(gateShape, 'must be {"issuer": …, "clientId": …, "allow": […]}')
    .describe(
      'Only people of an organisation may connect: they sign in at its OpenID provider before a mailbox is offered. Needs signInProviders.',
    )
    .exactOptional(),
  tokenDays: z
    .strictObject(
      { access: days, refreshIdle: days, grant: days },
      'must be {"access": …, "refreshIdle": …, "grant": …}',
    )
    .exactOptional(),
  keepData: onOff('Tables and keys outlive the stack and cannot be deleted by accident.'),
  tokensBackup: onOff(
    'Point-in-time recovery of the tokens table. It saves every owner a new sign-in after a disaster, but the wrap of a revoked token can be restored for 35 days.',
  ),
  logRetentionDays: z
    .number('must be a number of days')
    .refine((value) => retentions.includes(value), `must be one of ${retentions.join(', ')}`)
    .exactOptional(),
  alarmAddress: text('an email address')
    .regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'must be an email address')
    .describe('Gets alarms and budget warnings; AWS asks it to confirm.')
    .exactOptional(),
  monthlyBudgetUsd: z
    .number('must be a number of dollars')
    .positive('must be more than 0')
    .describe('Warns at 80 % spent and when 100 % is forecast, of what the whole account costs in a month.')
    .exactOptional(),
  throttle: z
    .strictObject(
      { requestsPerSecond: whole(1, 10_000).exactOptional(), burst: whole(1, 5_000).exactOptional() },
      'must be {"requestsPerSecond": …, "burst": …}',
    )
    .exactOptional(),
  reservedConcurrency: z
    .strictObject(
      {
        mcp: whole(1, 10_000).exactOptional(),
        oauth: whole(1, 10_000).exactOptional(),
        owner: whole(1, 10_000).exactOptional(),
        authorizer: whole(1, 10_000).exactOptional(),
      },
      'must be {"mcp": …, "oauth": …, "owner": …, "authorizer": …}',
    )
    .describe('Concurrent executions set aside and at the same time the upper bound.')
    .exactOptional(),
  firewall: onOff('AWS WAF with managed rules before the gateway.'),
  vpc: onOff(
    'Functions that reach mail servers run in a VPC: one fixed address, only mail ports and 443 go out.',
  ),
  internalMail: z
    .strictObject(
      {
        hosts: list('host names'),
        ca: list('certificates, each the base64 inside its PEM file').exactOptional(),
      },
      'must be {"hosts": [...], "ca": [...]}',
    )
    .describe(
      'Mail servers in a network of the organisation, which the VPC must be joined to, and the certificates that vouch for them and for no other host.',
    )
    .exactOptional(),
  gatewayLogRole: z
    .enum(['create', 'present'], 'must be create or present')
    .describe(
      'API Gateway logs through one role per account and region. present (default): it is there. create: made here, in place of the one that is there.',
    )
    .exactOptional(),
  permissionsBoundaryArn: arn('iam', 'the ARN of a policy').describe('On every role.').exactOptional(),
  tags: z
    .record(
      z.string().regex(/^(?!aws:)[\w.:/=+@ -]{1,128}$/, 'cannot be a tag'),
      text('the value of a tag'),
      'must be {"name": "value"}',
    )
    .describe('On everything, beside app and stage.')
    .exactOptional(),
}

export const stageSchema = z.strictObject(stageShape)

export type StageOptions = z.infer<typeof stageSchema>

/** Each setting by itself, so that a fault in one hides none in another. */
export function parseEach<Shape extends Record<string, z.ZodType>>(
  shape: Shape,
  value: unknown,
  path = '',
): { values: { [Key in keyof Shape]?: z.infer<Shape[Key]> }; faults: string[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return {
      values: {},
      faults: [`${path === '' ? 'stage' : path.slice(0, -1)}: must be {"name": value, …}`],
    }
  const given = value as Record<string, unknown>
  const faults = Object.keys(given)
    .filter((key) => !Object.hasOwn(shape, key))
    .map((key) => `${path}${key}: there is no such setting`)
  const values: { [Key in keyof Shape]?: z.infer<Shape[Key]> } = {}
  for (const key of Object.keys(shape) as (keyof Shape & string)[]) {
    const isGiven = Object.hasOwn(given, key) && given[key] !== undefined
    const schema: z.ZodType | undefined = shape[key]
    if (schema === undefined || (!isGiven && schema instanceof z.ZodExactOptional)) continue
    const parsed = schema.safeParse(isGiven ? given[key] : undefined)
    if (parsed.success) values[key] = parsed.data as z.infer<Shape[typeof key]>
    else faults.push(...parsed.error.issues.flatMap((issue) => faultsOf(`${path}${key}`, issue)))
  }
  return { values, faults }
}

function faultsOf(path: string, issue: z.core.$ZodIssue): string[] {
  const at = [path, ...issue.path.map(String)].join('.')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${at}.${key}: there is no such setting`)
  if (issue.code === 'invalid_key') return [`${at}: ${issue.issues[0]?.message ?? 'cannot be a name'}`]
  return [`${at}: ${issue.message}`]
}
