/** R27, R68: which events of CloudTrail are told to the operator, tried on events as CloudTrail writes them. */
import { describe, expect, test } from 'vitest'
import { get, kinds } from './synthesize.ts'

type Json = { readonly [key: string]: unknown }

const account = '123456789012'
const person = {
  type: 'AssumedRole',
  arn: 'arn:aws:sts::1:assumed-role/Admin/ann',
  sessionContext: { sessionIssuer: { userName: 'Admin' } },
}
const user = { type: 'IAMUser', arn: 'arn:aws:iam::1:user/ann', userName: 'ann' }
const roleOf = (name: string) => ({
  type: 'AssumedRole',
  sessionContext: { sessionIssuer: { userName: `prod-email-connector-eu-central-1-${name}` } },
})
const event = (source: string, eventName: string, rest: Json): Json => ({
  source: `aws.${source}`,
  'detail-type': 'AWS API Call via CloudTrail',
  detail: { eventName, sourceIPAddress: '203.0.113.9', userIdentity: person, ...rest },
})
const onKey = (eventName: string, key: string) => event('kms', eventName, { resources: [{ ARN: key }] })
const onFunction = (eventName: string, functionName: string, rest: Json = {}) =>
  event('lambda', eventName, { requestParameters: { functionName }, ...rest })
const onRole = (eventName: string, roleName: string) =>
  event('iam', eventName, { requestParameters: { roleName } })
const onSecret = (eventName: string, secretId: string, rest: Json = {}) =>
  event('secretsmanager', eventName, { requestParameters: { secretId }, ...rest })
const onStack = (eventName: string, stackName: string) =>
  event('cloudformation', eventName, { requestParameters: { stackName } })
const arn = `arn:aws:lambda:eu-central-1:${account}:function:prod-email-connector-mcp`
const byCloudFormation = { sourceIPAddress: 'cloudformation.amazonaws.com' }

const events: readonly [Json, string | undefined][] = [
  [onKey('PutKeyPolicy', 'CredentialsKey'), 'KeyChanged'],
  [onKey('ScheduleKeyDeletion', 'StorageKey'), 'KeyChanged'],
  [onKey('DisableKey', 'CredentialsKey'), 'KeyChanged'],
  [onKey('PutKeyPolicy', 'another'), undefined],
  [onKey('Decrypt', 'CredentialsKey'), undefined],
  [onFunction('UpdateFunctionCode20150331v2', 'prod-email-connector-mcp'), 'CodeChanged'],
  [onFunction('UpdateFunctionCode20150331v2', arn), 'CodeChanged'],
  [onFunction('UpdateFunctionConfiguration20150331v2', 'prod-email-connector-oauth'), 'CodeChanged'],
  [onFunction('DeleteFunctionConcurrency20171031', 'prod-email-connector-mcp'), 'CodeChanged'],
  [onFunction('UpdateFunctionCode20150331v2', 'prod-email-connector-mcp', byCloudFormation), undefined],
  [onFunction('UpdateFunctionCode20150331v2', 'staging-email-connector-mcp'), undefined],
  [onFunction('Invoke', 'prod-email-connector-mcp'), undefined],
  [onRole('UpdateAssumeRolePolicy', 'prod-email-connector-eu-central-1-mcp'), 'RoleChanged'],
  [onRole('PutRolePolicy', 'prod-email-connector-eu-central-1-oauth'), 'RoleChanged'],
  [onRole('PutRolePolicy', 'somebody-elses'), undefined],
  [onSecret('GetSecretValue', 'InstanceSecret', { userIdentity: user }), 'SecretTouched'],
  [onSecret('GetSecretValue', 'InstanceSecret'), 'SecretTouched'],
  [onSecret('GetSecretValue', 'InstanceSecret', { userIdentity: roleOf('mcp') }), 'SecretTouched'],
  [onSecret('GetSecretValue', 'InstanceSecret', { userIdentity: roleOf('oauth') }), undefined],
  [onSecret('PutSecretValue', 'InstanceSecret'), 'SecretTouched'],
  [onSecret('GetSecretValue', 'another'), undefined],
  [onStack('UpdateStack', 'prod-email-connector-api'), 'StackChanged'],
  [
    onStack(
      'ExecuteChangeSet',
      `arn:aws:cloudformation:eu-central-1:${account}:stack/prod-email-connector-data/1`,
    ),
    'StackChanged',
  ],
  [onStack('DeleteStack', 'staging-email-connector-api'), undefined],
]

/** Where a stage has that secret. */
const providers = '{{resolve:ssm:/email-connector/prod/providers-secret}}'
const ofProviders: readonly (readonly [Json, string | undefined])[] = [
  [onSecret('PutSecretValue', providers), 'ProvidersTouched'],
  [onSecret('GetSecretValue', providers, { userIdentity: roleOf('health') }), 'ProvidersTouched'],
  ...['oauth', 'mcp', 'owner'].map(
    (name) => [onSecret('GetSecretValue', providers, { userIdentity: roleOf(name) }), undefined] as const,
  ),
]

const ofSecrets = [
  ...['GetSecretValue', 'PutSecretValue', 'UpdateSecret', 'DeleteSecret'],
  ...['PutResourcePolicy', 'DeleteResourcePolicy'],
]
/** Every name that a rule listens to; one less would go by unseen. */
const reported: Readonly<Record<string, readonly string[]>> = {
  KeyChanged: ['DisableKey', 'ScheduleKeyDeletion', 'PutKeyPolicy', 'DisableKeyRotation'],
  CodeChanged: [
    ...['UpdateFunctionCode20150331v2', 'UpdateFunctionConfiguration20150331v2'],
    ...['AddPermission20150331v2', 'DeleteFunction20150331'],
    ...['PutFunctionConcurrency20171031', 'DeleteFunctionConcurrency20171031'],
  ],
  RoleChanged: [
    ...['PutRolePolicy', 'DeleteRolePolicy', 'AttachRolePolicy', 'DetachRolePolicy'],
    ...['UpdateAssumeRolePolicy', 'DeleteRolePermissionsBoundary', 'PutRolePermissionsBoundary'],
  ],
  SecretTouched: ofSecrets,
  ProvidersTouched: ofSecrets,
  StackChanged: ['CreateStack', 'UpdateStack', 'ExecuteChangeSet', 'DeleteStack'],
}

describe.each(kinds)('%s: what is reported', (kind) => {
  const rules = () =>
    Object.entries(get(kind).all('AWS::Events::Rule')).map(
      ([id, { Properties }]) => [id.replace(/[0-9A-F]{8}$/, ''), filledIn(Properties)] as const,
    )

  test('R27, R68: each change that would let somebody read credentials, and no other event', () => {
    for (const [json, expected] of [...events, ...(kind === 'production' ? ofProviders : [])]) {
      const found = rules().filter(([, { EventPattern }]) => matches(EventPattern, json))
      expect([json, found.map(([id]) => id)]).toEqual([json, expected === undefined ? [] : [expected]])
    }
  })

  test('R68: each rule listens to all of its names', () => {
    const names = (pattern: unknown) => [...(pattern as { detail: { eventName: string[] } }).detail.eventName]
    for (const [id, { EventPattern }] of rules())
      expect([id, names(EventPattern).sort()]).toEqual([id, [...(reported[id] ?? [])].sort()])
  })

  test('R68: every report goes to the topic and says who, what, from where and when', () => {
    expect(rules()).toHaveLength(kind === 'production' ? 6 : 5)
    for (const [id, { Targets }] of rules()) {
      const [target] = Targets as { Arn: unknown; InputTransformer: { InputPathsMap: Json } }[]
      expect(target?.Arn, id).toMatch(/^Alarms/)
      expect(Object.values(target?.InputTransformer.InputPathsMap ?? {}).sort(), id).toEqual(
        ['eventName', 'eventTime', 'sourceIPAddress', 'userIdentity.arn'].map((field) => `$.detail.${field}`),
      )
    }
  })

  test('only the rules about secrets are told of reads', () => {
    const states = Object.fromEntries(rules().map(([id, { State }]) => [id, State]))
    expect(states).toEqual({
      ...Object.fromEntries(rules().map(([id]) => [id, 'ENABLED'])),
      SecretTouched: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      ...(kind === 'production' && {
        ProvidersTouched: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      }),
    })
  })
})

/** A reference as the short name of what it is. */
function filledIn(value: unknown): Json {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) => {
    const text = JSON.stringify(inner)
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    const [key] = Object.keys(inner)
    if (key !== 'Ref' && !key?.startsWith('Fn::')) return inner
    return /(InstanceSecret|CredentialsKey|StorageKey|Alarms)/.exec(text)?.[1] ?? text
  }) as Json
}

/** As EventBridge matches: every field of the pattern, any of its values, of a list in the event any entry. */
function matches(pattern: unknown, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((one) => matches(pattern, one))
  if (Array.isArray(pattern)) return pattern.some((one) => matchesValue(one, value))
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(pattern as Json).every(([field, inner]) =>
    field === '$or'
      ? (inner as unknown[]).some((one) => matches(one, value))
      : matches(inner, (value as Json)[field]),
  )
}

function matchesValue(pattern: unknown, value: unknown): boolean {
  if (typeof pattern !== 'object' || pattern === null) return pattern === value
  if (typeof value !== 'string') return false
  const [[how, operand] = []] = Object.entries(pattern)
  if (how === 'anything-but') return ![operand].flat().includes(value)
  if (how === 'prefix') return value.startsWith(String(operand))
  if (how === 'wildcard') {
    const parts = String(operand)
      .split('*')
      .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${parts.join('.*')}$`).test(value)
  }
  throw new Error(`Not a comparison that is known here: ${how}`)
}
