/**
 * Whether AWS would allow a call: explicit deny, then an allow in the role's policies, and for a key also one in the key's own
 * policy; a secret's policy denies. As far as the policies here go: an operator, a principal or a function of CloudFormation that is not known
 * here is an error, never a guess.
 */
import type { Synthesized } from './synthesize.ts'

const account = '123456789012'
const region = 'eu-central-1'

export interface Call {
  readonly action: string
  readonly resource: string
  /** Condition keys of the request; of several values a list. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>
}

interface Statement {
  readonly effect: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly condition: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly principal: unknown
}

export interface Policies {
  /** By the end of the role's name. */
  readonly roles: ReadonlyMap<string, readonly Statement[]>
  readonly keys: ReadonlyMap<string, readonly Statement[]>
  /** Of secrets: denials only. */
  readonly secrets: ReadonlyMap<string, readonly Statement[]>
}

/** What a stage's things are called once they exist. */
export const arns = {
  table: (id: string) => `arn:aws:dynamodb:${region}:${account}:table/${id}`,
  key: (id: string) => `arn:aws:kms:${region}:${account}:key/${id}`,
  secret: (id: string) => `arn:aws:secretsmanager:${region}:${account}:secret:${id}`,
  role: (name: string) => `arn:aws:iam::${account}:role/prod-email-connector-${region}-${name}`,
  function: (name: string) => `arn:aws:lambda:${region}:${account}:function:prod-email-connector-${name}`,
  logStream: (group: string) =>
    `arn:aws:logs:${region}:${account}:log-group:/email-connector/prod/${group}:log-stream:2026/1`,
}

export function policiesOf(synthesized: Synthesized): Policies {
  const roles = new Map<string, readonly Statement[]>()
  for (const { Properties } of Object.values(synthesized.all('AWS::IAM::Role'))) {
    const name = String(Properties.RoleName ?? '').replace(`prod-email-connector-${region}-`, '')
    if (Properties.RoleName === undefined) continue
    const documents = (Properties.Policies ?? []) as { PolicyDocument: unknown }[]
    roles.set(
      name,
      documents.flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument, synthesized)),
    )
  }
  const keys = new Map<string, readonly Statement[]>()
  for (const [id, { Properties }] of Object.entries(synthesized.all('AWS::KMS::Key')))
    keys.set(arns.key(shortName(id)), statementsOf(Properties.KeyPolicy, synthesized))
  const secrets = new Map<string, readonly Statement[]>()
  for (const { Properties } of Object.values(synthesized.all('AWS::SecretsManager::ResourcePolicy')))
    secrets.set(
      toArn(JSON.stringify(Properties.SecretId)),
      statementsOf(Properties.ResourcePolicy, synthesized).filter(({ principal }) => isAnybody(principal)),
    )
  return { roles, keys, secrets }
}

/** A call by a function's role, or by somebody who may do everything that keys do not refuse. */
export function isAllowed(policies: Policies, by: string | 'administrator', call: Call): boolean {
  const statements = by === 'administrator' ? [everything] : policies.roles.get(by)
  if (statements === undefined) throw new Error(`There is no role ${by}`)
  const asked = {
    ...call,
    context: { 'aws:PrincipalArn': arns.role(by), 'kms:CallerAccount': account, ...call.context },
  }
  if (!decides(statements, asked)) return false
  const denials = policies.secrets.get(call.resource) ?? []
  if (denials.some((one) => one.effect === 'Deny' && matches(one, asked))) return false
  const keyPolicy = policies.keys.get(call.resource)
  // A statement for the account hands the decision on to the policies of roles; without one nobody is allowed.
  return keyPolicy === undefined || decides(keyPolicy.filter(isForAccount), asked)
}

const everything: Statement = {
  effect: 'Allow',
  actions: ['*'],
  resources: ['*'],
  condition: {},
  principal: undefined,
}

function decides(statements: readonly Statement[], call: Required<Call>): boolean {
  const matching = statements.filter((statement) => matches(statement, call))
  return matching.length > 0 && matching.every(({ effect }) => effect === 'Allow')
}

function matches(
  { actions, resources, condition }: Statement,
  { action, resource, context }: Required<Call>,
): boolean {
  return (
    actions.some((pattern) => isLike(pattern.toLowerCase(), action.toLowerCase())) &&
    resources.some((pattern) => isLike(pattern, resource)) &&
    Object.entries(condition).every(([operator, wanted]) =>
      Object.entries(wanted).every(([key, values]) =>
        holds(operator, asList(values).map(String), context[key]),
      ),
    )
  )
}

function holds(
  operator: string,
  wanted: readonly string[],
  given: string | readonly string[] | undefined,
): boolean {
  const [, forAll, comparison] =
    /^(ForAllValues:)?(StringEquals|StringLike|ArnEquals|ArnNotEquals|ArnLike|Bool)$/.exec(operator) ?? []
  if (comparison === undefined) throw new Error(`Not an operator that is known here: ${operator}`)
  const fits = (value: string) =>
    wanted.some((pattern) =>
      /StringEquals|Bool/.test(comparison) ? pattern === value : isLike(pattern, value),
    )
  // A negation holds where the request does not say it; that is AWS's rule.
  if (comparison === 'ArnNotEquals') return typeof given !== 'string' || !fits(given)
  // For all values of none is true; that is AWS's rule.
  if (forAll !== undefined) return asList(given).map(String).every(fits)
  return typeof given === 'string' && fits(given)
}

function isLike(pattern: string, value: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(value)
}

const isAnybody = (principal: unknown) => JSON.stringify(principal) === JSON.stringify({ AWS: '*' })

const isForAccount = ({ principal }: Statement) =>
  JSON.stringify(principal) === JSON.stringify({ AWS: `arn:aws:iam::${account}:root` })

function statementsOf(document: unknown, { templates }: Synthesized): Statement[] {
  const { Statement: list } = document as { Statement: unknown }
  return asList(list).map((entry) => {
    const raw = filledIn(entry, templates) as Record<string, unknown>
    for (const turned of ['NotAction', 'NotResource', 'NotPrincipal'])
      if (turned in raw) throw new Error(`${turned} is not known here`)
    return {
      effect: String(raw.Effect),
      actions: asList(raw.Action).map(String),
      resources: asList(raw.Resource).map(String),
      condition: (raw.Condition ?? {}) as Statement['condition'],
      principal: raw.Principal,
    }
  })
}

/** What CloudFormation would put in. */
function filledIn(value: unknown, templates: Synthesized['templates']): unknown {
  if (typeof value === 'string') {
    const [, name] = /^\{\{resolve:ssm:.*\/(clients|providers)-secret\}\}$/.exec(value) ?? []
    if (name === undefined) return value
    return arns.secret(name === 'clients' ? 'ClientsSecret' : 'ProvidersSecret')
  }
  if (Array.isArray(value)) return value.map((one) => filledIn(one, templates))
  if (typeof value !== 'object' || value === null) return value
  const [[key = '', inner] = []] = Object.entries(value)
  if (key === 'Fn::Join') {
    const [separator, parts] = inner as [string, unknown[]]
    return parts.map((part) => String(filledIn(part, templates))).join(separator)
  }
  if (key === 'Ref' && String(inner).startsWith('AWS::')) {
    const known: Record<string, string> = {
      'AWS::Partition': 'aws',
      'AWS::AccountId': account,
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::Region': region,
    }
    const found = known[String(inner)]
    if (found === undefined) throw new Error(`${String(inner)} is not known here`)
    return found
  }
  if (key === 'Ref' || key === 'Fn::GetAtt' || key === 'Fn::ImportValue') return toArn(JSON.stringify(inner))
  if (key.startsWith('Fn::')) throw new Error(`${key} is not known here`)
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filledIn(one, templates)]))
}

function toArn(reference: string): string {
  const [, table] = /(Grants|Tokens|Sessions|Once)[0-9A-F]{8}/.exec(reference) ?? []
  const [, key] = /((?:Credentials|Storage)Key)/.exec(reference) ?? []
  const [, secret] = /((?:Instance|Clients|Providers)Secret)/.exec(reference) ?? []
  const [, logs] = /(\w+?)Logs[0-9A-F]{8}/.exec(reference) ?? []
  if (table !== undefined) return arns.table(table.toLowerCase())
  if (key !== undefined) return arns.key(key)
  if (secret !== undefined) return arns.secret(secret)
  if (logs !== undefined) return `/email-connector/prod/${logs.replace(/^"/, '').toLowerCase()}`
  return reference
}

const shortName = (id: string) => id.replace(/[0-9A-F]{8}$/, '')

function asList(value: unknown): unknown[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}
