/** What the templates say beyond rights: data, gateway, functions, logs, alarms, network. */
import { beforeAll, describe, expect, test } from 'vitest'
import { mcpVariables, oauthVariables } from '../../packages/server/src/lambda/environment.ts'
import { parseSettings } from '../../packages/server/src/settings.ts'
import { tableSchemas } from '../../packages/server/src/store/table-schema.ts'
import { gatewayResponses, gatewayRoutes } from '../api/gateway-table.ts'
import { managedGroups } from '../api/web-acl.ts'
import { personal, production, type Resource, type Synthesized, synthesize } from './synthesize.ts'

const kinds = [
  ['production', production],
  ['personal', personal],
] as const
const made: Record<string, Synthesized> = {}
const get = (kind: string): Synthesized => {
  const found = made[kind]
  if (found === undefined) throw new Error(`${kind} was not synthesized`)
  return found
}
beforeAll(() => {
  for (const [kind, options] of kinds) made[kind] = synthesize(options)
})

const stateful = [
  'AWS::DynamoDB::Table',
  'AWS::KMS::Key',
  'AWS::SecretsManager::Secret',
  'AWS::Logs::LogGroup',
  'AWS::EC2::EIP',
]

describe('data', () => {
  test.each(Object.entries(tableSchemas))('R67: table %s is what the store relies on', (id, schema) => {
    const prefix = `${id[0]?.toUpperCase()}${id.slice(1)}`
    const { Properties, DeletionPolicy, UpdateReplacePolicy } = get('production').one(
      'AWS::DynamoDB::Table',
      prefix,
    )
    expect(Properties).toMatchObject({
      TableName: `prod-email-connector-${schema.suffix}`,
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: schema.ttl, Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: schema.pointInTimeRecovery },
      DeletionProtectionEnabled: true,
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        ...('sortKey' in schema ? [{ AttributeName: 'sk', KeyType: 'RANGE' }] : []),
      ],
    })
    expect(JSON.stringify(Properties.SSESpecification)).toContain('StorageKey')
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain'])
  })

  test('R67: the tokens table has a backup only where the owner asks for one', () => {
    const recovery = ({ Properties }: Resource) => JSON.stringify(Properties.PointInTimeRecoverySpecification)
    expect(recovery(get('production').one('AWS::DynamoDB::Table', 'Tokens'))).toContain('false')
    const backed = synthesize({ ...personal, tokensBackup: true })
    expect(recovery(backed.one('AWS::DynamoDB::Table', 'Tokens'))).toContain('true')
  })

  test('R67: both keys rotate', () => {
    const keys = Object.values(get('production').all('AWS::KMS::Key'))
    expect(keys.map(({ Properties }) => Properties.EnableKeyRotation)).toEqual([true, true])
  })

  test('R67: what holds state survives its stack in production, and goes with a personal stage', () => {
    for (const type of stateful)
      for (const resource of Object.values(get('production').all(type)))
        expect([type, resource.DeletionPolicy]).toEqual([type, 'Retain'])
    for (const type of stateful)
      for (const resource of Object.values(get('personal').all(type)))
        expect([type, resource.DeletionPolicy]).toEqual([type, 'Delete'])
  })

  test('logical ids of what holds state are fixed: another id would be a new, empty table', () => {
    const ids = stateful.slice(0, 3).flatMap((type) => Object.keys(get('production').all(type)))
    expect(ids.sort()).toEqual([
      'ClientsSecret',
      'CredentialsKeyA24B74BF',
      'Grants5D26E11C',
      'InstanceSecret',
      'Once15654B9D',
      'Sessions8896A56D',
      'StorageKeyB6649B55',
      'Tokens1180AAEA',
    ])
  })

  test('how the deployment secret is generated never changes: a change would make a new one', () => {
    const { Properties } = get('production').one('AWS::SecretsManager::Secret', 'InstanceSecret')
    expect(Properties.GenerateSecretString).toEqual({
      ExcludePunctuation: true,
      GenerateStringKey: 'seed',
      PasswordLength: 64,
      SecretStringTemplate: '{"kid":"1","older":[]}',
    })
    expect(JSON.stringify(Properties.KmsKeyId)).toContain('StorageKey')
  })
})

describe('functions', () => {
  test.each(kinds)(
    'all of %s run on Node 24 and arm64, without traces, with a time-out below the gateway’s',
    (kind) => {
      const functions = Object.entries(get(kind).all('AWS::Lambda::Function'))
      for (const [id, { Properties }] of functions) {
        expect(Properties, id).toMatchObject({
          Runtime: 'nodejs24.x',
          Architectures: ['arm64'],
          Handler: 'index.handler',
        })
        expect(Properties.TracingConfig, id).toBeUndefined()
        const streams = kind === 'production' && id.startsWith('Mcp')
        expect(Properties.Timeout, id).toBeLessThan(streams ? 305 : 29)
        // R52: a person is waited for 240 s, and the email still has to go out after a late yes.
        if (streams) expect(Properties.Timeout).toBeGreaterThan(240 + 25)
      }
      expect(functions).toHaveLength(kind === 'production' ? 4 : 3)
    },
  )

  test.each(kinds)('R72: functions of %s are told exactly what they read, in a form they accept', (kind) => {
    const variablesOf = (prefix: string) => {
      const { Properties } = get(kind).one('AWS::Lambda::Function', prefix)
      const { Variables = {} } = (Properties.Environment ?? {}) as { Variables?: Record<string, unknown> }
      // What CloudFormation fills in.
      const filled = (name: string) =>
        name === 'PUBLIC_URL' ? 'https://example.execute-api.eu-central-1.amazonaws.com' : 'arn:aws:x'
      return Object.fromEntries(
        Object.entries(Variables).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : filled(name),
        ]),
      )
    }
    for (const [prefix, shape] of [
      ['Mcp', mcpVariables],
      ['Oauth', oauthVariables],
    ] as const) {
      const variables = variablesOf(prefix)
      expect(parseSettings(shape, { ...variables, AWS_REGION: 'eu-central-1' })).toBeDefined()
      for (const name of Object.keys(variables)) expect(Object.keys(shape)).toContain(name)
    }
    if (kind === 'production')
      expect(Object.keys(variablesOf('Authorizer')).sort()).toEqual(['PUBLIC_URL', 'TOKENS_TABLE'])
    expect(variablesOf('Health')).toEqual({})
    expect(variablesOf('Mcp').GATEWAY).toBe(kind === 'production' ? 'rest' : 'http')
    const text = JSON.stringify(get(kind).all('AWS::Lambda::Function'))
    expect(text).not.toMatch(/PRIVATE_MAIL|DEMO|OAUTH_CLIENT_SECRET/)
  })

  test('what the owner sets aside is the limit of each function, and nothing is set aside unasked', () => {
    const reserved = (kind: string, prefix: string) =>
      get(kind).one('AWS::Lambda::Function', prefix).Properties.ReservedConcurrentExecutions
    expect(['Mcp', 'Oauth', 'Authorizer', 'Health'].map((name) => reserved('production', name))).toEqual([
      100,
      20,
      30,
      undefined,
    ])
    expect(['Mcp', 'Oauth', 'Health'].map((name) => reserved('personal', name))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test('the owner’s settings reach the oauth function', () => {
    const { Properties } = get('production').one('AWS::Lambda::Function', 'Oauth')
    expect((Properties.Environment as { Variables: object }).Variables).toMatchObject({
      PUBLIC_URL: 'https://mail.example.com',
      ALLOWED_ACCOUNTS: 'example.com ann@example.org',
      DISABLED_CLIENTS: 'cursor',
      ACCESS_TOKEN_DAYS: '7',
      REFRESH_IDLE_DAYS: '30',
      GRANT_DAYS: '180',
    })
  })
})

describe('gateway', () => {
  const methods = () => {
    const { all } = get('production')
    const parts = all('AWS::ApiGateway::Resource')
    const pathOf = (reference: unknown): string => {
      const id = (reference as { Ref?: string }).Ref
      const part = id === undefined ? undefined : parts[id]
      return part === undefined ? '' : `${pathOf(part.Properties.ParentId)}/${part.Properties.PathPart}`
    }
    return Object.values(all('AWS::ApiGateway::Method')).map(({ Properties }) => ({
      path: pathOf(Properties.ResourceId) || '/',
      method: Properties.HttpMethod,
      authorization: Properties.AuthorizationType,
      transfer:
        (Properties.Integration as { ResponseTransferMode?: string }).ResponseTransferMode ?? 'BUFFERED',
      timeoutMs: (Properties.Integration as { TimeoutInMillis: number }).TimeoutInMillis,
      uri: JSON.stringify((Properties.Integration as { Uri: unknown }).Uri),
    }))
  }

  test('R70: routes are the rows of the gateway table, with the authorizer before everything but the preflight', () => {
    const expected = gatewayRoutes.flatMap(({ path, authorized, transfer }) => {
      // Above 29 s needs streaming, which ends at 15 minutes; the function's own time-out comes before either.
      const timeoutMs = transfer === 'STREAM' ? 305_000 : 29_000
      return [
        { path, method: 'ANY', authorization: authorized ? 'CUSTOM' : 'NONE', transfer, timeoutMs },
        ...(authorized ? [{ path, method: 'OPTIONS', authorization: 'NONE', transfer, timeoutMs }] : []),
      ]
    })
    const sorted = (rows: { path: string; method: unknown }[]) =>
      rows.map((row) => JSON.stringify(row)).sort()
    expect(sorted(methods().map(({ uri: _, ...row }) => row))).toEqual(sorted(expected))
  })

  test('R70: all methods of /mcp, and only they, go to the mcp function and stream', () => {
    for (const { path, transfer, uri } of methods()) {
      const isMcp = path === '/mcp'
      expect([path, transfer]).toEqual([path, isMcp ? 'STREAM' : 'BUFFERED'])
      expect(uri.includes('Mcp')).toBe(isMcp)
      expect(uri).toContain(isMcp ? '/response-streaming-invocations' : '/invocations')
    }
  })

  test('R70: without streaming (sst dev) nothing streams and the mcp function knows', () => {
    const { all, one } = synthesize(production, { streams: false })
    expect(JSON.stringify(all('AWS::ApiGateway::Method'))).not.toContain('STREAM')
    expect(JSON.stringify(one('AWS::Lambda::Function', 'Mcp').Properties.Environment)).toContain(
      '"GATEWAY":"http"',
    )
  })

  test('R70: responses of the gateway are the rows of the table, the challenge header included', () => {
    const inTemplate = Object.values(get('production').all('AWS::ApiGateway::GatewayResponse')).map(
      ({ Properties }) => ({
        type: Properties.ResponseType,
        status: Properties.StatusCode,
        headers: Object.fromEntries(
          Object.entries(Properties.ResponseParameters as Record<string, string>).map(([name, value]) => [
            name.replace('gatewayresponse.header.', ''),
            value.replace(/^'|'$/g, ''),
          ]),
        ),
        body: (Properties.ResponseTemplates as Record<string, string>)['application/json'],
      }),
    )
    const expected = gatewayResponses({
      publicUrl: 'https://mail.example.com',
      scope: 'email:read email:write',
    }).map(({ status, ...rest }) => ({ ...rest, status: status === undefined ? undefined : String(status) }))
    const byType = (rows: { type: unknown }[]) =>
      [...rows].sort((a, b) => String(a.type).localeCompare(String(b.type)))
    expect(byType(inTemplate)).toEqual(byType(expected))
    expect(inTemplate.find(({ type }) => type === 'ACCESS_DENIED')?.headers['WWW-Authenticate']).toContain(
      'resource_metadata="https://mail.example.com/.well-known/oauth-protected-resource/mcp"',
    )
  })

  test('R44, R70: every response of the gateway carries the security headers and lets browsers read the challenge', () => {
    const resources = Object.values(get('production').all('AWS::ApiGateway::GatewayResponse'))
    expect(resources).toHaveLength(14)
    for (const { Properties } of resources)
      expect(Properties.ResponseParameters, String(Properties.ResponseType)).toMatchObject({
        'gatewayresponse.header.Strict-Transport-Security': "'max-age=63072000; includeSubDomains'",
        'gatewayresponse.header.X-Frame-Options': "'DENY'",
        'gatewayresponse.header.X-Content-Type-Options': "'nosniff'",
        'gatewayresponse.header.Referrer-Policy': "'no-referrer'",
        'gatewayresponse.header.Cache-Control': "'no-store'",
        'gatewayresponse.header.Access-Control-Allow-Origin': "'*'",
        'gatewayresponse.header.Access-Control-Expose-Headers': "'Mcp-Session-Id, WWW-Authenticate'",
      })
  })

  test('R15: what the authorizer said is not kept', () => {
    const { Properties } = get('production').one('AWS::ApiGateway::Authorizer')
    expect(Properties).toMatchObject({
      Type: 'REQUEST',
      AuthorizerResultTtlInSeconds: 0,
      IdentitySource: 'method.request.header.Authorization',
    })
  })

  test('the domain is the only name, at the root, with TLS 1.2 or newer', () => {
    const { one } = get('production')
    expect(one('AWS::ApiGateway::RestApi').Properties).toMatchObject({
      DisableExecuteApiEndpoint: true,
      EndpointConfiguration: { Types: ['REGIONAL'] },
    })
    expect(one('AWS::ApiGateway::DomainName').Properties).toMatchObject({
      DomainName: 'mail.example.com',
      SecurityPolicy: 'TLS_1_2',
    })
    expect(one('AWS::ApiGateway::BasePathMapping').Properties.BasePath).toBeUndefined()
  })

  test('R43: the firewall counts by no address and takes no samples', () => {
    const text = JSON.stringify(get('production').one('AWS::WAFv2::WebACL').Properties)
    expect(text).not.toContain('RateBasedStatement')
    expect(text).not.toContain('"SampledRequestsEnabled":true')
  })

  test('R43: the firewall blocks with three managed groups, and only counts what would stop mail or OAuth', () => {
    const counts = (...rules: string[]) => rules.map((Name) => ({ Name, ActionToUse: { Count: {} } }))
    const { DefaultAction, Rules } = get('production').one('AWS::WAFv2::WebACL').Properties
    expect(DefaultAction).toEqual({ Allow: {} })
    expect(
      (Rules as { OverrideAction: unknown; Statement: { ManagedRuleGroupStatement: unknown } }[]).map(
        ({ OverrideAction, Statement }) => [OverrideAction, Statement.ManagedRuleGroupStatement],
      ),
    ).toEqual([
      [
        { None: {} },
        { VendorName: 'AWS', Name: 'AWSManagedRulesAmazonIpReputationList', RuleActionOverrides: [] },
      ],
      [
        { None: {} },
        {
          VendorName: 'AWS',
          Name: 'AWSManagedRulesCommonRuleSet',
          RuleActionOverrides: counts(
            'SizeRestrictions_BODY',
            'SizeRestrictions_QUERYSTRING',
            'EC2MetaDataSSRF_QUERYARGUMENTS',
            'EC2MetaDataSSRF_BODY',
            'GenericRFI_QUERYARGUMENTS',
            'GenericRFI_BODY',
            'GenericLFI_BODY',
            'CrossSiteScripting_BODY',
            'CrossSiteScripting_QUERYARGUMENTS',
          ),
        },
      ],
      [
        { None: {} },
        {
          VendorName: 'AWS',
          Name: 'AWSManagedRulesKnownBadInputsRuleSet',
          RuleActionOverrides: counts('Log4JRCE_BODY'),
        },
      ],
    ])
    for (const { counted } of managedGroups)
      for (const reason of Object.values(counted)) expect(reason.length).toBeGreaterThan(20)
  })

  test('a personal stage serves every route of the table through an HTTP API, and the rest as a 404 of ours', () => {
    const routes = Object.values(get('personal').all('AWS::ApiGatewayV2::Route')).map(
      ({ Properties }) => Properties.RouteKey,
    )
    expect(routes.sort()).toEqual([...gatewayRoutes.map(({ path }) => `ANY ${path}`), 'ANY /{proxy+}'].sort())
    expect(get('personal').all('AWS::ApiGateway::RestApi')).toEqual({})
    for (const { Properties } of Object.values(get('personal').all('AWS::ApiGatewayV2::Integration')))
      expect(Properties.PayloadFormatVersion).toBe('2.0')
  })
})

describe('logs', () => {
  test.each(kinds)(
    'R68: the access log of %s names a route, a status and times, and nothing a secret could be in',
    (kind) => {
      const format =
        kind === 'production'
          ? (get(kind).one('AWS::ApiGateway::Stage').Properties.AccessLogSetting as { Format: string }).Format
          : (get(kind).one('AWS::ApiGatewayV2::Stage').Properties.AccessLogSettings as { Format: string })
              .Format
      const variables = [...format.matchAll(/\$context\.([\w.]+)/g)].map(([, name]) => name)
      expect(variables.sort()).toEqual(
        [
          'error.responseType',
          'httpMethod',
          'integration.status',
          'requestId',
          'requestTime',
          'responseLatency',
          'responseLength',
          kind === 'production' ? 'resourcePath' : 'routeKey',
          'status',
        ].sort(),
      )
    },
  )

  test('R68: execution logs and data traces are off', () => {
    const [settings] = get('production').one('AWS::ApiGateway::Stage').Properties.MethodSettings as object[]
    expect(settings).toMatchObject({
      LoggingLevel: 'OFF',
      DataTraceEnabled: false,
      ThrottlingRateLimit: 50,
      ThrottlingBurstLimit: 100,
    })
  })

  test.each(kinds)(
    'R68: every log group of %s has a retention and the storage key, one for each function',
    (kind) => {
      const groups = Object.values(get(kind).all('AWS::Logs::LogGroup'))
      for (const { Properties } of groups) {
        expect(Properties.RetentionInDays).toBe(kind === 'production' ? 90 : 7)
        expect(JSON.stringify(Properties.KmsKeyId)).toContain('StorageKey')
      }
      const used = Object.values(get(kind).all('AWS::Lambda::Function')).map(({ Properties }) =>
        JSON.stringify(Properties.LoggingConfig),
      )
      expect(new Set(used).size).toBe(used.length)
    },
  )
})

describe('network and account rules', () => {
  test('egress is mail ports and HTTPS, from one fixed address', () => {
    const { Properties } = get('production').one('AWS::EC2::SecurityGroup', 'FunctionsGroup')
    const ports = (Properties.SecurityGroupEgress as { FromPort: number; ToPort: number }[]).map(
      ({ FromPort, ToPort }) => [FromPort, ToPort],
    )
    expect(ports.sort()).toEqual([143, 443, 465, 587, 993].map((port) => [port, port]).sort())
    expect(Object.keys(get('production').all('AWS::EC2::EIP'))).toHaveLength(1)
    expect(Object.keys(get('production').all('AWS::EC2::NatGateway'))).toHaveLength(1)
    const inVpc = Object.entries(get('production').all('AWS::Lambda::Function'))
      .filter(([, resource]) => resource.Properties.VpcConfig !== undefined)
      .map(([id]) => id.replace(/[0-9A-F]{8}$/, ''))
    expect(inVpc.sort()).toEqual(['Mcp', 'Oauth'])
  })

  test('synthesis asks the account for nothing, even when it knows which one it is', () => {
    expect(() => synthesize(production, { account: '123456789012' })).not.toThrow()
  })

  test('every role carries the boundary, and everything that can its tags', () => {
    for (const [id, { Properties }] of Object.entries(get('production').all('AWS::IAM::Role')))
      expect(Properties.PermissionsBoundary, id).toBe(production.permissionsBoundaryArn)
    const { Properties } = get('production').one('AWS::DynamoDB::Table', 'Grants')
    expect(Properties.Tags).toEqual([
      { Key: 'app', Value: 'email-connector' },
      { Key: 'cost-centre', Value: '42' },
      { Key: 'stage', Value: 'prod' },
    ])
  })
})
