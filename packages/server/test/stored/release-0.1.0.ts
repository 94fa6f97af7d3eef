/**
 * What 0.1.0 kept after two sign-ins to the demo mailbox: one used (read, sent, refreshed, a link made), one with its
 * tokens untouched. Written once by that release itself; put into either store, with the clock of that day.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { ClassicLevel } from 'classic-level'
import * as z from 'zod'
import { type Plain, toItem } from '../../src/store/dynamodb/attributes.ts'
import type { TableId, TableNames } from '../../src/store/table-schema.ts'

const tokens = z.object({ access_token: z.string(), refresh_token: z.string() })
type StoredRow = Record<string, Plain>

export const release010 = z
  .object({
    writtenAt: z.number(),
    clientId: z.string(),
    address: z.string(),
    used: tokens,
    unused: tokens,
    link: z.string(),
    key: z.string(),
    secrets: z.object({ kid: z.string(), seed: z.string(), older: z.array(z.never()) }),
    rows: z.record(
      z.string(),
      z.custom<StoredRow>((row) => typeof row === 'object'),
    ),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'release-0.1.0.json'), 'utf8')))

/** Into the folder of a local store that nobody has open. */
export async function fillLevel(dir: string): Promise<void> {
  const level = new ClassicLevel<string, StoredRow>(dir, { valueEncoding: 'json' })
  for (const [key, row] of Object.entries(release010.rows)) await level.put(key, row)
  await level.close()
}

const tableOf: Record<string, TableId> = {
  ...{ grant: 'grants', account: 'grants', owner: 'grants' },
  ...{ code: 'tokens', access: 'tokens', refresh: 'tokens', link: 'tokens' },
  send: 'once',
}

/** As the same release wrote them to DynamoDB: the same attributes, and the mark of the last write. */
export async function fillDynamoDb(
  clientOptions: ConstructorParameters<typeof DynamoDBClient>[0],
  tables: TableNames,
): Promise<void> {
  const client = new DynamoDBClient(clientOptions ?? {})
  for (const [key, row] of Object.entries(release010.rows)) {
    const [kind = '', id = '', more] = key.split('!')
    const table = tableOf[kind]
    if (table === undefined) continue
    const at = {
      grant: { pk: `grant#${id}`, sk: 'grant' },
      account: { pk: `grant#${id}`, sk: `account#${more}` },
      owner: { pk: `owner#${id}`, sk: `${more}` },
    }[kind] ?? { pk: `${kind}#${id}` }
    await client.send(
      new PutItemCommand({ TableName: tables[table], Item: toItem({ ...row, ...at, mark: 'of-0.1.0' }) }),
    )
  }
  client.destroy()
}
