/**
 * What each function asks of AWS, call by call, as the store, the key wrapper and the secrets reader do. A function that is
 * added gets its row here, or this does not compile.
 */
import type { FunctionName } from '@email-connector/server/deployment-names'
import { tableRights } from '../rights.ts'
import { arns, type Call } from './policy-evaluator.ts'

const encryption = (stage = 'prod', app = 'email-connector') => ({
  'kms:EncryptionContext:app': app,
  'kms:EncryptionContext:stage': stage,
  'kms:EncryptionContext:grantId': 'g',
  'kms:EncryptionContext:accountId': 'a',
  'kms:EncryptionContextKeys': ['app', 'stage', 'grantId', 'accountId'],
})

export const onCredentialsKey = (action: string, stage?: string, app?: string): Call => ({
  action: `kms:${action}`,
  resource: arns.key('CredentialsKey'),
  context: encryption(stage, app),
})

/** What a service asks in the caller's name; it does not say for which function. */
export const throughService = (action: string, service: string): Call => ({
  action: `kms:${action}`,
  resource: arns.key('StorageKey'),
  context: { 'kms:ViaService': `${service}.eu-central-1.amazonaws.com` },
})

export const onSecret = (id: string): Call => ({
  action: 'secretsmanager:GetSecretValue',
  resource: arns.secret(id),
})

const onLog = (group: string, action: string): Call => ({
  action: `logs:${action}`,
  resource: arns.logStream(group),
})

const onRow = (action: string, table: string, prefix: string): Call => ({
  action: `dynamodb:${action}`,
  resource: arns.table(table),
  context: { 'dynamodb:LeadingKeys': [`${prefix}1`] },
})

const rowsOf = (name: FunctionName, hasAuthorizer: boolean): Call[] =>
  tableRights({ hasAuthorizer })[name].flatMap(({ table, prefixes, actions }) =>
    prefixes.flatMap((prefix) => actions.map((action) => onRow(action, table, prefix))),
  )

const logs = (name: FunctionName) => ['CreateLogStream', 'PutLogEvents'].map((action) => onLog(name, action))

export function neededCalls(options: {
  hasAuthorizer: boolean
  /** Of the secrets that a stage has only if it wants them. */
  hasSecrets: boolean
}): Record<FunctionName, readonly Call[]> {
  const { hasAuthorizer, hasSecrets } = options
  const usual = (name: FunctionName) => [...rowsOf(name, hasAuthorizer), ...logs(name)]
  const ofProviders = hasSecrets
    ? [onSecret('ProvidersSecret'), throughService('Decrypt', 'secretsmanager')]
    : []
  return {
    oauth: [
      ...usual('oauth'),
      onCredentialsKey('GenerateDataKey'),
      onSecret('InstanceSecret'),
      ...(hasSecrets ? [onSecret('ClientsSecret'), onSecret('ProvidersSecret')] : []),
      throughService('Decrypt', 'secretsmanager'),
      throughService('Decrypt', 'dynamodb'),
      throughService('GenerateDataKey', 'dynamodb'),
    ],
    mcp: [
      ...usual('mcp'),
      ...ofProviders,
      onCredentialsKey('Decrypt'),
      throughService('Decrypt', 'dynamodb'),
      throughService('GenerateDataKey', 'dynamodb'),
    ],
    owner: [
      ...usual('owner'),
      ...ofProviders,
      onCredentialsKey('Decrypt'),
      throughService('Decrypt', 'dynamodb'),
      throughService('GenerateDataKey', 'dynamodb'),
    ],
    authorizer: [...usual('authorizer'), throughService('Decrypt', 'dynamodb')],
    health: logs('health'),
  }
}

/** Refused to every function, whatever it is for. */
export const foreignCalls: readonly Call[] = [
  ...[
    'Scan',
    'BatchGetItem',
    'BatchWriteItem',
    'PartiQLSelect',
    'DeleteTable',
    'UpdateTable',
    'ExportTableToPointInTime',
    'DescribeTable',
  ].flatMap((action) => ['grants', 'tokens'].map((table) => onRow(action, table, 'grant#'))),
  // Rows of kinds that nobody has, and a table of another stage.
  ...['GetItem', 'Query', 'PutItem'].map((action) => onRow(action, 'grants', 'other#')),
  {
    ...onRow('GetItem', 'x', 'access#'),
    resource: 'arn:aws:dynamodb:eu-central-1:123456789012:table/staging',
  },
  ...[
    'Encrypt',
    'ReEncryptFrom',
    'CreateGrant',
    'PutKeyPolicy',
    'ScheduleKeyDeletion',
    'DisableKey',
    'GenerateDataKeyPair',
  ].map((action) => onCredentialsKey(action)),
  ...['Decrypt', 'GenerateDataKey'].flatMap((action) => [
    onCredentialsKey(action, 'staging'),
    onCredentialsKey(action, 'prod', 'another-app'),
    { action: `kms:${action}`, resource: arns.key('CredentialsKey') },
    { action: `kms:${action}`, resource: arns.key('StorageKey') },
    throughService(action, 's3'),
    { ...onCredentialsKey(action), resource: arns.key('another') },
  ]),
  throughService('CreateGrant', 'dynamodb'),
  { action: 'secretsmanager:PutSecretValue', resource: arns.secret('InstanceSecret') },
  { action: 'secretsmanager:PutSecretValue', resource: arns.secret('ProvidersSecret') },
  { action: 'secretsmanager:DeleteSecret', resource: arns.secret('InstanceSecret') },
  onSecret('another'),
  onLog('mcp', 'GetLogEvents'),
  onLog('oauth', 'DeleteLogStream'),
  onLog('gateway', 'PutLogEvents'),
  { action: 'iam:PassRole', resource: arns.role('mcp') },
  { action: 'iam:PutRolePolicy', resource: arns.role('mcp') },
  { action: 'sts:AssumeRole', resource: arns.role('oauth') },
  { action: 'lambda:InvokeFunction', resource: arns.function('oauth') },
  { action: 'lambda:UpdateFunctionCode', resource: arns.function('mcp') },
  { action: 'lambda:GetFunction', resource: arns.function('mcp') },
  { action: 's3:GetObject', resource: 'arn:aws:s3:::assets/x' },
  { action: 'ssm:GetParameter', resource: 'arn:aws:ssm:eu-central-1:123456789012:parameter/x' },
  { action: 'sns:Publish', resource: 'arn:aws:sns:eu-central-1:123456789012:x' },
  { action: 'cloudformation:UpdateStack', resource: '*' },
  // Lambda itself may; the code of the function may not.
  { action: 'ec2:CreateNetworkInterface', resource: '*' },
  { action: 'ec2:DeleteNetworkInterface', resource: '*' },
  { action: 'ec2:RunInstances', resource: '*' },
]
