/** What CloudFormation and the services behind it refuse, though it is a well-formed template. */
import { describe, expect, test } from 'vitest'
import { faultsIn } from './specification.ts'
import { get, kinds, production } from './synthesize.ts'

describe('R95: no template holds what an account refuses', () => {
  test.each(kinds)('%s: no list without entries: services want one or nothing (WAF: 1 to 100)', (kind) => {
    const empty = Object.entries(get(kind).templates).flatMap(([stack, { Resources }]) =>
      pathsTo(Resources, (value) => Array.isArray(value) && value.length === 0).map((path) => stack + path),
    )
    expect(empty).toEqual([])
  })

  test.each(kinds)(
    '%s: no map without entries but those by which WAF names an action or a part of a request',
    (kind) => {
      const empty = Object.values(get(kind).templates).flatMap(({ Resources }) =>
        pathsTo(
          Resources,
          (value) => typeof value === 'object' && value !== null && Object.keys(value).length === 0,
        ),
      )
      const actions = ['Allow', 'None', 'Count', 'UriPath']
      expect(empty.filter((path) => !actions.includes(path.split('/').at(-1) ?? ''))).toEqual([])
    },
  )
})

describe('R95: AWS’s own specification', () => {
  test.each(kinds)('%s: every property is known, present where it must be, and of the right type', (kind) => {
    expect(Object.values(get(kind).templates).flatMap(faultsIn)).toEqual([])
  })

  test('it finds a name with a fault, a missing property, a wrong type and a word that is none', () => {
    const table = { AttributeDefinitions: [], KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }] }
    const faults = faultsIn({
      Resources: {
        Table: {
          Type: 'AWS::DynamoDB::Table',
          Properties: { ...table, TableNam: 'x', DeletionProtectionEnabled: 1 },
        },
        Key: { Type: 'AWS::KMS::Alias', Properties: { AliasName: { Ref: 'Name' } } },
        Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupClass: 'CHEAP', RetentionInDays: 8 } },
      },
    })
    expect(faults).toEqual([
      expect.stringContaining('TableNam is not known'),
      expect.stringContaining('DeletionProtectionEnabled is 1, not true or false'),
      expect.stringContaining('TargetKeyId is missing'),
      expect.stringContaining('LogGroupClass is "CHEAP", not STANDARD or'),
      expect.stringContaining('RetentionInDays is 8, not 1 or 3'),
    ])
    expect(() => faultsIn({ Resources: { X: { Type: 'AWS::DynamoDB::Tabel' } } })).toThrow(
      'AWS knows no resource',
    )
  })
})

describe('a stage can be in every partition', () => {
  test.each(kinds)(
    '%s: no host of one partition is written down but the names of global services',
    (kind) => {
      const { permissionsBoundaryArn = '' } = production
      const strings = Object.values(get(kind).templates).flatMap(({ Resources }) => stringsIn(Resources))
      const global = ['lambda', 'apigateway', 'cloudformation', 'cloudwatch', 'events', 'vpc-flow-logs']
      // CDK knows the names of endpoint services (`com.amazonaws.…`) in each partition.
      const hosts = strings.filter((text) => /\.amazonaws\./.test(text) && !text.startsWith('com.'))
      expect(hosts.filter((text) => !global.some((service) => text === `${service}.amazonaws.com`))).toEqual(
        [],
      )
      expect(hosts.length).toBeGreaterThan(0)
      expect(strings.filter((text) => text.includes('arn:aws') && text !== permissionsBoundaryArn)).toEqual(
        [],
      )
    },
  )

  test('the access log of an HTTP API is where AWS may write in every account, and goes with its API', () => {
    const { Properties, DeletionPolicy } = get('personal').one('AWS::Logs::LogGroup', 'HttpAccessLogs')
    expect(Properties.LogGroupName).toBe('/aws/vendedlogs/email-connector/prod/gateway')
    expect(DeletionPolicy).toBe('Delete')
    const { AccessLogSettings } = get('personal').one('AWS::ApiGatewayV2::Stage').Properties
    expect(JSON.stringify(AccessLogSettings)).toContain('HttpAccessLogs')
    const policy = JSON.stringify(get('personal').one('AWS::KMS::Key', 'StorageKey').Properties.KeyPolicy)
    expect(policy).toContain(':log-group:/aws/vendedlogs/email-connector/prod/*')
    expect(policy).toContain(':log-group:/email-connector/prod/*')
  })
})

describe('a first deployment that fails can be repeated', () => {
  test.each(kinds)('%s: nothing survives the rollback of its own creation', (kind) => {
    const policies = Object.values(get(kind).templates).flatMap(({ Resources }) =>
      Object.entries(Resources).map(([id, { DeletionPolicy }]) => [id, DeletionPolicy]),
    )
    expect(policies.filter(([, policy]) => policy === 'Retain')).toEqual([])
    expect(policies.some(([, policy]) => policy === 'RetainExceptOnCreate')).toBe(kind === 'production')
  })

  test('a protected table, which no rollback could delete, is made after everything else of its stack', () => {
    const { Resources = {} } = get('production').templates.data ?? {}
    const others = Object.entries(Resources)
      .filter(([, { Type }]) => Type !== 'AWS::DynamoDB::Table' && Type !== 'AWS::CDK::Metadata')
      .map(([id]) => id)
    const tables = Object.entries(Resources).filter(([, { Type }]) => Type === 'AWS::DynamoDB::Table')
    expect(tables).toHaveLength(4)
    // And each after those before it.
    tables.forEach(([, { DependsOn }], index) => {
      const earlier = tables.slice(0, index).map(([id]) => id)
      expect([DependsOn].flat().sort()).toEqual([...others, ...earlier].sort())
    })
  })
})

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : []
}

/** Where in a template a value is, as a path. */
function pathsTo(value: unknown, is: (value: unknown) => boolean, path = ''): string[] {
  const here = is(value) ? [path] : []
  if (typeof value !== 'object' || value === null) return here
  return [...here, ...Object.entries(value).flatMap(([key, inner]) => pathsTo(inner, is, `${path}/${key}`))]
}
