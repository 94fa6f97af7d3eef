/** All stores over the four tables of a stage. Opens no connection until the first request. */

import type { AwsClientOptions } from '../../aws-client.ts'
import type { Stores } from '../stores.ts'
import type { TableNames } from '../table-schema.ts'
import { createAuditTable } from './audit.ts'
import { createDerivedTokenTable } from './derived-tokens.ts'
import { createGrantTable } from './grants.ts'
import { createOnceTable, createTransactionTable } from './once.ts'
import { createSessionTable } from './sessions.ts'
import { createDynamoClient, createTable } from './table.ts'
import { createTokenTable } from './tokens.ts'

export function createDynamoStores(options: AwsClientOptions & { tables: TableNames }): Stores {
  const client = createDynamoClient(options)
  const open = (name: string) => createTable(client, name, options.deadlineMs)
  const grantsTable = open(options.tables.grants)
  const grants = createGrantTable(grantsTable)
  const tokensTable = open(options.tables.tokens)
  const tokens = createTokenTable(tokensTable)
  const { createLeash, findLeash, deleteLeash } = tokens
  const once = open(options.tables.once)
  return {
    authorization: {
      ...grants,
      ...tokens,
      ...createTransactionTable(once),
    },
    accounts: { ...grants, createLeash, findLeash, deleteLeash },
    audit: createAuditTable(grantsTable),
    derivedTokens: createDerivedTokenTable(tokensTable),
    sessions: createSessionTable(open(options.tables.sessions)),
    once: createOnceTable(once),
  }
}
