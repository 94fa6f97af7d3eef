/** What holds state: tables, keys, secrets. It is never replaced by accident and goes only where the owner says so. */

import { tableSchemas } from '@email-connector/server/table-schema'
import { describe, expect, test } from 'vitest'
import { get, personal, type Resource, synthesize } from './synthesize.ts'

const stateful = [
  'AWS::DynamoDB::Table',
  'AWS::KMS::Key',
  'AWS::SecretsManager::Secret',
  'AWS::Logs::LogGroup',
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
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain'])
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
    // A group of owner that was kept would stop a stage that goes back to a release without it, and on again.
    const isOwnersLog = ({ Properties }: Resource) => String(Properties.LogGroupName).endsWith('/owner')
    for (const type of stateful)
      for (const resource of Object.values(get('production').all(type)).filter((one) => !isOwnersLog(one)))
        expect([type, resource.DeletionPolicy, resource.UpdateReplacePolicy]).toEqual([
          type,
          'RetainExceptOnCreate',
          'Retain',
        ])
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
      'ProvidersSecret',
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
