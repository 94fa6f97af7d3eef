/**
 * What each function may do, on one page: which item actions, on which table, for which keys. Nothing is granted by a
 * library's helper; what is not here is refused. The store's code decides what is needed, and a test compares.
 */

import type { FunctionName } from '@email-connector/server/deployment-names'
import type { TableId } from '@email-connector/server/table-schema'
import { ArnFormat, type Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { DataParts } from './data/data-stack.ts'
import { credentialsContext, useThroughService } from './key-policies.ts'
import { functionName } from './names.ts'

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
  { table: 'tokens', prefixes: ['leash#'], actions: ['GetItem', 'PutItem', 'DeleteItem'] },
  { table: 'once', prefixes: ['txn#'], actions: ['GetItem', 'PutItem', 'UpdateItem'] },
  { table: 'once', prefixes: ['count#'], actions: ['UpdateItem'] },
]

const mcp: readonly TableRight[] = [
  { table: 'grants', prefixes: ['grant#'], actions: ['UpdateItem', 'Query'] },
  { table: 'grants', prefixes: ['audit#'], actions: ['PutItem', 'UpdateItem'] },
  { table: 'tokens', prefixes: ['link#', 'file#', 'review#'], actions: ['PutItem'] },
  { table: 'tokens', prefixes: ['leash#'], actions: ['GetItem'] },
  { table: 'sessions', prefixes: ['session#'], actions: ['GetItem', 'PutItem', 'UpdateItem'] },
  { table: 'once', prefixes: ['count#'], actions: ['UpdateItem'] },
  { table: 'once', prefixes: ['send#'], actions: ['GetItem', 'PutItem', 'UpdateItem'] },
  { table: 'once', prefixes: ['used#'], actions: ['PutItem'] },
  { table: 'once', prefixes: ['undo#'], actions: ['GetItem', 'PutItem'] },
]

const owner: readonly TableRight[] = [
  { table: 'grants', prefixes: ['grant#'], actions: ['UpdateItem', 'Query'] },
  { table: 'grants', prefixes: ['audit#'], actions: ['PutItem', 'UpdateItem'] },
  { table: 'tokens', prefixes: ['leash#'], actions: ['GetItem'] },
  { table: 'tokens', prefixes: ['file#', 'review#'], actions: ['GetItem', 'UpdateItem'] },
  { table: 'once', prefixes: ['count#'], actions: ['UpdateItem'] },
  { table: 'once', prefixes: ['send#'], actions: ['GetItem', 'PutItem', 'UpdateItem'] },
]

const accessTokens: TableRight = { table: 'tokens', prefixes: ['access#'], actions: ['GetItem'] }

/** Behind an HTTP API there is no authorizer: mcp looks the token up itself. */
export function tableRights(options: {
  hasAuthorizer: boolean
}): Record<FunctionName, readonly TableRight[]> {
  return {
    oauth,
    mcp: options.hasAuthorizer ? mcp : [...mcp, accessTokens],
    owner,
    authorizer: [accessTokens],
    health: [],
  }
}

/**
 * Credentials of a role carry the function that they were made for: somebody who passes the role to a function of their own
 * gets nothing with it. AWS knows this key in policies of roles only, not in those of keys or tables, and not for what
 * one service asks of another in the caller's name.
 */
export function sentFrom(stack: Stack, stage: string, name: FunctionName) {
  return {
    ArnEquals: {
      'lambda:SourceFunctionArn': stack.formatArn({
        service: 'lambda',
        resource: 'function',
        resourceName: functionName(stage, name),
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    },
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
  const from = (name: FunctionName) => sentFrom(stack, stage, name)
  const through = (service: string) => ({
    StringEquals: { 'kms:ViaService': `${service}.${stack.region}.${stack.urlSuffix}` },
  })

  const onTables = (name: FunctionName) =>
    tables[name].map(
      ({ table, prefixes, actions }) =>
        new PolicyStatement({
          actions: actions.map((action) => `dynamodb:${action}`),
          resources: [data.tables[table].tableArn],
          conditions: {
            ...from(name),
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

  const onCredentialsKey = (name: FunctionName, action: 'kms:GenerateDataKey' | 'kms:Decrypt') =>
    new PolicyStatement({
      actions: [action],
      resources: [data.credentialsKey.keyArn],
      conditions: { ...from(name), ...credentialsContext(stage) },
    })

  const readsSecrets = (name: FunctionName, secrets: readonly (string | undefined)[]) => {
    const resources = secrets.filter((secret) => secret !== undefined)
    if (resources.length === 0) return []
    return [
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources,
        conditions: from(name),
      }),
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [data.storageKey.keyArn],
        conditions: through('secretsmanager'),
      }),
    ]
  }

  const special: Record<FunctionName, () => PolicyStatement[]> = {
    oauth: () => [
      onCredentialsKey('oauth', 'kms:GenerateDataKey'),
      ...readsSecrets('oauth', [data.instanceSecretArn, data.clientsSecretArn, data.providersSecretArn]),
    ],
    mcp: () => [onCredentialsKey('mcp', 'kms:Decrypt'), ...readsSecrets('mcp', [data.providersSecretArn])],
    owner: () => [
      onCredentialsKey('owner', 'kms:Decrypt'),
      ...readsSecrets('owner', [data.providersSecretArn]),
    ],
    authorizer: () => [],
    health: () => [],
  }

  return (name, logGroup) => [
    ...onTables(name),
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
