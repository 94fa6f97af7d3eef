/** The four tables on a loopback DynamoDB, made from the schema that the stacks use. */
import { CreateTableCommand, DynamoDBClient, type ScalarAttributeType } from '@aws-sdk/client-dynamodb'
import type { LocalDynamoDb } from '@email-connector/testing'
import { type TableNames, type TableSchema, tableSchemas } from '../../src/store/table-schema.ts'

/** `first`: so many of them only, as a creation that fails leaves them. */
export async function createTables(
  dynamoDb: LocalDynamoDb,
  stage: string,
  { first, isProtected = false }: { first?: number; isProtected?: boolean } = {},
): Promise<TableNames> {
  const client = new DynamoDBClient(dynamoDb.clientOptions)
  const schemas: readonly TableSchema[] = Object.values(tableSchemas)
  for (const { suffix, partitionKey, sortKey } of schemas.slice(0, first)) {
    const keys = [partitionKey, ...(sortKey ? [sortKey] : [])]
    await client.send(
      new CreateTableCommand({
        TableName: `${stage}-${suffix}`,
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: isProtected,
        AttributeDefinitions: keys.map((AttributeName) => ({
          AttributeName,
          AttributeType: 'S' satisfies ScalarAttributeType,
        })),
        KeySchema: keys.map((AttributeName, index) => ({
          AttributeName,
          KeyType: index === 0 ? 'HASH' : 'RANGE',
        })),
      }),
    )
  }
  client.destroy()
  return {
    grants: `${stage}-grants`,
    tokens: `${stage}-tokens`,
    sessions: `${stage}-sessions`,
    once: `${stage}-once`,
  }
}
