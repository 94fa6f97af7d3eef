/**
 * What a first deployment leaves behind when it fails between two tables: the ones it made are protected against deletion,
 * the rollback's too, and their names are in the way of the next attempt. Deletes them only if they cannot be a stage's:
 * the last table was never made, and none of the others holds a row. `pnpm clear-failed` runs it, nothing deployed does.
 */
import {
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
  ScanCommand,
  UpdateTableCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb'
import type { AwsClientOptions } from '../../aws-client.ts'
import { createDynamoClient } from './table.ts'

export type Clearing =
  | { readonly outcome: 'cleared'; readonly deleted: readonly string[] }
  /** Nothing was touched. */
  | { readonly outcome: 'refused'; readonly reason: 'complete' | 'in use'; readonly table: string }

/** @param tables in the order in which they are made */
export async function clearFailedCreation({
  tables,
  ...options
}: AwsClientOptions & { readonly tables: readonly string[] }): Promise<Clearing> {
  const client = createDynamoClient(options)
  const there: string[] = []
  for (const table of tables) if (await exists(client, table)) there.push(table)
  const last = tables.at(-1) ?? ''
  if (there.includes(last)) return { outcome: 'refused', reason: 'complete', table: last }
  for (const table of there) {
    await waitUntilTableExists(toWait(client), { TableName: table })
    const { Items = [] } = await client.send(
      new ScanCommand({ TableName: table, Limit: 1, ConsistentRead: true }),
    )
    if (Items.length > 0) return { outcome: 'refused', reason: 'in use', table }
  }
  for (const table of there) await deleteTable(client, table)
  return { outcome: 'cleared', deleted: there }
}

async function exists(client: DynamoDBClient, TableName: string): Promise<boolean> {
  try {
    await client.send(new DescribeTableCommand({ TableName }))
    return true
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false
    throw error
  }
}

async function deleteTable(client: DynamoDBClient, TableName: string): Promise<void> {
  const wait = toWait(client)
  await client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }))
  await waitUntilTableExists(wait, { TableName })
  await client.send(new DeleteTableCommand({ TableName }))
  await waitUntilTableNotExists(wait, { TableName })
}

/** Seconds, of each step; the SDK's own first pause is twenty. */
const toWait = (client: DynamoDBClient) => ({ client, maxWaitTime: 300, minDelay: 1, maxDelay: 5 })
