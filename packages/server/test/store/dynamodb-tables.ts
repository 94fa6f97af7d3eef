/** The four tables on a loopback DynamoDB, made from the schema that the stacks use. */
import { CreateTableCommand, DynamoDBClient, type ScalarAttributeType } from '@aws-sdk/client-dynamodb'
import type { LocalDynamoDb } from '@email-connector/testing'
import { type TableNames, type TableSchema, tableSchemas } from '../../src/store/table-schema.ts'

export async function createTables(dynamoDb: LocalDynamoDb, stage: string): Promise<TableNames> {
  const client = new DynamoDBClient(dynamoDb.clientOptions)
  const schemas: readonly TableSchema[] = Object.values(tableSchemas)
  for (const { suffix, partitionKey, sortKey } of schemas) {
    const keys = [partitionKey, ...(sortKey ? [sortKey] : [])]
    await client.send(
      new CreateTableCommand({
        TableName: `${stage}-${suffix}`,
        BillingMode: 'PAY_PER_REQUEST',
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
