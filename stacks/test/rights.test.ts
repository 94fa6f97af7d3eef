/** What functions and keys allow, read from the templates. */

import { functionNames } from '@email-connector/server/deployment-names'
import { tableSchemas } from '@email-connector/server/table-schema'
import { beforeAll, describe, expect, test } from 'vitest'
import { tableRights } from '../rights.ts'
import { resourceStatements, roleStatements, type Statement } from './policies.ts'
import { personal, production, type Synthesized, synthesize } from './synthesize.ts'

describe.each([
  ['a stage with a domain, firewall and VPC', production],
  ['a personal stage', personal],
])('rights of %s', (_title, options) => {
  let synthesized: Synthesized
  let statements: Statement[]
  const of = (name: string) => statements.filter((statement) => statement.of.startsWith(`${name}Role`))
  const actionsOf = (name: string, service: string) =>
    of(name)
      .flatMap(({ actions }) => actions)
      .filter((action) => action.startsWith(`${service}:`))
  const hasDomain = 'domain' in options

  beforeAll(() => {
    synthesized = synthesize(options)
    statements = roleStatements(synthesized)
  })

  test('R66: no action holds a wildcard, and no statement is a whitelist turned round', () => {
    const all = [...statements, ...resourceStatements(synthesized)]
    expect(all.flatMap(({ actions }) => actions).filter((action) => action.includes('*'))).toEqual([])
    expect(all.length).toBeGreaterThan(15)
  })

  test('R66: nobody may scan, and nobody manages keys through a role', () => {
    const actions = statements.flatMap((statement) => statement.actions)
    expect(actions.filter((action) => /Scan|Batch|PartiQL|Transact/i.test(action))).toEqual([])
    const kms = new Set(actions.filter((action) => action.startsWith('kms:')))
    expect([...kms].filter((action) => /Put|Create|Schedule|Disable/.test(action))).toEqual([])
  })

  test('R66: the wildcards in resources are those that AWS forces, and these are all', () => {
    const allowing = statements.filter(({ effect }) => effect === 'Allow')
    const wild = allowing.flatMap(({ of: owner, actions, resources }) =>
      resources
        .filter((resource) => resource.includes('*'))
        .map(
          (resource) => `${owner.replace(/[0-9A-F]{8}$/, '')}: ${actions.join(' ')} on ${kindOf(resource)}`,
        ),
    )
    const streams = 'logs:CreateLogStream logs:PutLogEvents on streams of one group'
    const interfaces =
      'ec2:AssignPrivateIpAddresses ec2:CreateNetworkInterface ec2:DeleteNetworkInterface ec2:DescribeNetworkInterfaces ec2:DescribeSubnets ec2:UnassignPrivateIpAddresses on *'
    expect(wild.sort()).toEqual(
      [
        // Lambda names the streams itself.
        `McpRole: ${streams}`,
        `OauthRole: ${streams}`,
        `OwnerRole: ${streams}`,
        `HealthRole: ${streams}`,
        // CDK's role for VPC flow logs names the group, whose ARN ends in a wildcard.
        ...(hasDomain
          ? [
              `AuthorizerRole: ${streams}`,
              // Interfaces do not exist before Lambda makes them.
              `McpRole: ${interfaces}`,
              `OauthRole: ${interfaces}`,
              `OwnerRole: ${interfaces}`,
            ]
          : []),
      ].sort(),
    )
  })

  test('R66: health may write its log and nothing else', () => {
    expect(of('Health').flatMap(({ actions }) => actions)).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ])
  })

  test('R66: each function has a role of its own', () => {
    const roles = Object.values(synthesized.all('AWS::Lambda::Function')).map(({ Properties }) =>
      JSON.stringify(Properties.Role),
    )
    expect(new Set(roles).size).toBe(roles.length)
    expect(roles).toHaveLength(hasDomain ? 5 : 4)
  })

  test('R66: item actions are exact per function, table and prefix', () => {
    const expected = tableRights({ hasAuthorizer: hasDomain })
    for (const name of functionNames) {
      if (name === 'authorizer' && !hasDomain) continue
      const logicalName = `${name[0]?.toUpperCase()}${name.slice(1)}`
      const granted = of(logicalName)
        .filter(({ actions }) => actions.some((action) => action.startsWith('dynamodb:')))
        .map(({ actions, condition, resources }) => ({
          actions,
          tables: resources.map(tableIn),
          prefixes: condition['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'],
        }))
      expect(granted).toEqual(
        expected[name].map(({ table, actions, prefixes }) => ({
          actions: actions.map((action) => `dynamodb:${action}`),
          tables: [table],
          prefixes: prefixes.map((prefix) => `${prefix}*`),
        })),
      )
    }
    expect(actionsOf('Authorizer', 'dynamodb')).toEqual(hasDomain ? ['dynamodb:GetItem'] : [])
  })

  test('R66: every prefix that rights name exists in the tables, and each of those prefixes is used by somebody', () => {
    const used = new Set(
      Object.values(tableRights({ hasAuthorizer: true }))
        .flat()
        .flatMap(({ prefixes }) => prefixes),
    )
    const known = Object.values(tableSchemas).flatMap(({ prefixes }) => prefixes as readonly string[])
    expect([...used].sort()).toEqual([...known].sort())
  })

  test('R27: on the credentials key oauth generates, mcp decrypts, nobody does both or anything else', () => {
    const onKey = (name: string) =>
      of(name)
        .filter(({ resources }) => resources.some((resource) => resource.includes('CredentialsKey')))
        .map(({ actions, condition }) => ({ actions, condition }))
    const used = (name: string) => ({
      ArnEquals: { 'lambda:SourceFunctionArn': arnOfFunction(name) },
      StringEquals: {
        'kms:EncryptionContext:app': 'email-connector',
        'kms:EncryptionContext:stage': 'prod',
      },
      'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['app', 'stage', 'grantId', 'accountId'] },
    })
    expect(onKey('Oauth')).toEqual([{ actions: ['kms:GenerateDataKey'], condition: used('oauth') }])
    expect(onKey('Mcp')).toEqual([{ actions: ['kms:Decrypt'], condition: used('mcp') }])
    for (const name of ['Authorizer', 'Health']) expect(onKey(name)).toEqual([])
  })

  test('R27: what a role may do on a table, a secret or the credentials key it may do from its own function only', () => {
    const direct = statements.filter(
      ({ actions, condition }) =>
        actions.some((action) => /^(?:dynamodb|secretsmanager|kms):/.test(action)) &&
        condition.StringEquals?.['kms:ViaService'] === undefined,
    )
    expect(direct.length).toBeGreaterThan(8)
    for (const { of: role, condition } of direct)
      expect(condition.ArnEquals?.['lambda:SourceFunctionArn'], role).toEqual(
        arnOfFunction(role.replace(/Role[0-9A-F]{8}$/, '').toLowerCase()),
      )
  })

  test('R66: the right that Lambda needs for a network is refused to the code of the function', () => {
    const refused = statements.filter(({ effect }) => effect === 'Deny')
    expect(refused.map(({ of: role }) => role.replace(/[0-9A-F]{8}$/, ''))).toEqual(
      hasDomain ? ['McpRole', 'OauthRole', 'OwnerRole'] : [],
    )
    for (const { of: role, actions, condition } of refused) {
      const [allowed] = statements.filter((one) => one.of === role && one.actions.join() === actions.join())
      expect(allowed?.effect).toBe('Allow')
      expect(Object.keys(condition.ArnEquals ?? {})).toEqual(['lambda:SourceFunctionArn'])
    }
  })

  test('R27: the storage key is used only through DynamoDB and Secrets Manager', () => {
    const onKey = statements.filter(({ resources }) =>
      resources.some((resource) => resource.includes('StorageKey')),
    )
    expect(onKey.length).toBeGreaterThanOrEqual(3)
    for (const { condition } of onKey)
      expect(JSON.stringify(condition.StringEquals?.['kms:ViaService'])).toMatch(
        /"(dynamodb|secretsmanager)\.eu-central-1\.",\{"Ref":"AWS::URLSuffix"\}/,
      )
  })

  test('R27: the policy of the credentials key lets three roles use it, each in one way, and administrators only manage it', () => {
    const policy = resourceStatements(synthesized).filter((statement) =>
      statement.of.startsWith('CredentialsKey'),
    )
    const use = /Decrypt|Encrypt|GenerateData|CreateGrant|Sign|Mac/
    const uses = policy.filter(({ actions }) => actions.some((action) => use.test(action)))
    expect(
      uses.map(({ actions, condition }) => [
        actions,
        JSON.stringify(condition.ArnEquals?.['aws:PrincipalArn']),
      ]),
    ).toEqual([
      [['kms:GenerateDataKey'], expect.stringMatching(/:role\/prod-email-connector-eu-central-1-oauth"/)],
      [['kms:Decrypt'], expect.stringMatching(/:role\/prod-email-connector-eu-central-1-mcp"/)],
      [['kms:Decrypt'], expect.stringMatching(/:role\/prod-email-connector-eu-central-1-owner"/)],
    ])
    for (const { condition } of uses)
      expect(condition.StringEquals).toEqual({
        'kms:EncryptionContext:app': 'email-connector',
        'kms:EncryptionContext:stage': 'prod',
      })
    expect(policy).toHaveLength(4)
  })

  test('R27: no statement of the storage key allows a use without a condition', () => {
    const policy = resourceStatements(synthesized).filter((statement) =>
      statement.of.startsWith('StorageKey'),
    )
    for (const { actions, condition } of policy.slice(1)) {
      expect(actions).not.toContain('kms:PutKeyPolicy')
      expect(Object.keys(condition).length).toBeGreaterThan(0)
    }
    expect(
      policy[0]?.actions.filter((action) => /Decrypt|Encrypt|GenerateData|CreateGrant/.test(action)),
    ).toEqual([])
  })

  test('R27, R66: grants on the storage key are made by AWS for its own resources, never by people', () => {
    const granting = resourceStatements(synthesized).filter(({ actions }) =>
      actions.includes('kms:CreateGrant'),
    )
    expect(granting.map(({ actions, condition }) => [actions, condition.Bool])).toEqual([
      [['kms:CreateGrant'], { 'kms:GrantIsForAWSResource': 'true' }],
    ])
    expect(JSON.stringify(granting[0]?.condition.StringEquals?.['kms:ViaService'])).toMatch(
      /"dynamodb\.eu-central-1\.",\{"Ref":"AWS::URLSuffix"\}/,
    )
    expect(granting[0]?.condition.StringEquals).toHaveProperty('kms:CallerAccount')
  })
})

/** The table that an imported ARN belongs to. */
function tableIn(resource: string): string {
  const [, id = resource] = /ExportsOutputFnGetAtt(\w+?)[0-9A-F]{8}Arn/.exec(resource) ?? []
  return id.toLowerCase()
}

function kindOf(resource: string): string {
  return resource.includes(':log-stream:*') ? 'streams of one group' : resource
}

function arnOfFunction(name: string) {
  const [partition, account] = ['AWS::Partition', 'AWS::AccountId'].map((Ref) => ({ Ref }))
  const parts = [
    'arn:',
    partition,
    ':lambda:eu-central-1:',
    account,
    `:function:prod-email-connector-${name}`,
  ]
  return { 'Fn::Join': ['', parts] }
}
