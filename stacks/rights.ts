/**
 * What each function may do, on one page: which item actions, on which table, for which keys. Nothing is granted by a
 * library's helper; what is not here is refused. The store's code decides what is needed, and a test compares.
 */
import { ArnFormat, type Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { FunctionName } from '../packages/server/src/deployment-names.ts'
import type { TableId } from '../packages/server/src/store/table-schema.ts'
import type { DataParts } from './data/data-stack.ts'
import { credentialsContext, useThroughService } from './key-policies.ts'

type ItemAction = 'GetItem' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'Query'

/** Actions on the rows of a table whose partition key starts with one of the prefixes. */
export interface TableRight {
  readonly table: TableId
  readonly prefixes: readonly string[]
  readonly actions: readonly ItemAction[]
}

const oauth: readonly TableRight[] = [
  {
    table: 'grants',
    prefixes: ['grant#'],
    actions: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'],
  },
  { table: 'grants', prefixes: ['owner#'], actions: ['PutItem', 'UpdateItem', 'DeleteItem', 'Query'] },
  { table: 'grants', prefixes: ['audit#'], actions: ['DeleteItem', 'Query'] },
  {
    table: 'tokens',
    prefixes: ['code#', 'access#', 'refresh#'],
    actions: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'],
  },
  { table: 'tokens', prefixes: ['link#'], actions: ['GetItem', 'UpdateItem', 'DeleteItem'] },
  { table: 'once', prefixes: ['txn#'], actions: ['GetItem', 'PutItem', 'UpdateItem'] },
  { table: 'once', prefixes: ['count#'], actions: ['UpdateItem'] },
]

const mcp: readonly TableRight[] = [
  { table: 'grants', prefixes: ['grant#'], actions: ['UpdateItem', 'Query'] },
  { table: 'grants', prefixes: ['audit#'], actions: ['PutItem', 'UpdateItem'] },
  { table: 'tokens', prefixes: ['link#'], actions: ['PutItem'] },
  { table: 'sessions', prefixes: ['session#'], actions: ['GetItem', 'PutItem', 'UpdateItem'] },
  { table: 'once', prefixes: ['count#'], actions: ['UpdateItem'] },
  { table: 'once', prefixes: ['send#'], actions: ['GetItem', 'PutItem', 'UpdateItem'] },
  { table: 'once', prefixes: ['used#'], actions: ['PutItem'] },
]

const accessTokens: TableRight = { table: 'tokens', prefixes: ['access#'], actions: ['GetItem'] }

/** Behind an HTTP API there is no authorizer: mcp looks the token up itself. */
export function tableRights(options: {
  hasAuthorizer: boolean
}): Record<FunctionName, readonly TableRight[]> {
  return {
    oauth,
    mcp: options.hasAuthorizer ? mcp : [...mcp, accessTokens],
    authorizer: [accessTokens],
    health: [],
  }
}

export function createRights(options: {
  stack: Stack
  stage: string
  data: DataParts
  hasAuthorizer: boolean
}): (name: FunctionName, logGroup: LogGroup) => PolicyStatement[] {
  const { stack, stage, data } = options
  const tables = tableRights(options)
  const through = (service: string) => ({
    StringEquals: { 'kms:ViaService': `${service}.${stack.region}.${stack.urlSuffix}` },
  })

  const onTables = (rights: readonly TableRight[]) =>
    rights.map(
      ({ table, prefixes, actions }) =>
        new PolicyStatement({
          actions: actions.map((action) => `dynamodb:${action}`),
          resources: [data.tables[table].tableArn],
          conditions: {
            'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': prefixes.map((prefix) => `${prefix}*`) },
          },
        }),
    )

  const throughTables = (rights: readonly TableRight[]) => {
    if (rights.length === 0) return []
    const readsOnly = rights.every(({ actions }) => actions.every((action) => action === 'GetItem'))
    return [
      new PolicyStatement({
        actions: readsOnly ? ['kms:Decrypt', 'kms:DescribeKey'] : useThroughService,
        resources: [data.storageKey.keyArn],
        conditions: through('dynamodb'),
      }),
    ]
  }

  const onCredentialsKey = (action: 'kms:GenerateDataKey' | 'kms:Decrypt') =>
    new PolicyStatement({
      actions: [action],
      resources: [data.credentialsKey.keyArn],
      conditions: credentialsContext(stage),
    })

  const special: Record<FunctionName, () => PolicyStatement[]> = {
    oauth: () => [
      onCredentialsKey('kms:GenerateDataKey'),
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: [data.instanceSecretArn, ...(data.clientsSecretArn ? [data.clientsSecretArn] : [])],
      }),
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [data.storageKey.keyArn],
        conditions: through('secretsmanager'),
      }),
    ],
    mcp: () => [onCredentialsKey('kms:Decrypt')],
    authorizer: () => [],
    health: () => [],
  }

  return (name, logGroup) => [
    ...onTables(tables[name]),
    ...throughTables(tables[name]),
    ...special[name](),
    new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      // Lambda names the streams of a group: AWS forces the wildcard.
      resources: [
        stack.formatArn({
          service: 'logs',
          resource: 'log-group',
          resourceName: `${logGroup.logGroupName}:log-stream:*`,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
    }),
  ]
}
