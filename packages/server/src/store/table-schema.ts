/**
 * The four tables as plain constants: what the stacks create, what the tests create, and what the store relies on.
 * Separate tables because rights, backups and lifetimes differ; prefixes because `dynamodb:LeadingKeys` can name them.
 */

export interface TableSchema {
  /** The end of the table's name; what stands before it is the stage's. */
  readonly suffix: string
  readonly partitionKey: 'pk'
  readonly sortKey?: 'sk'
  /** Epoch seconds. DynamoDB is late by days, so every reader checks it too. */
  readonly ttl: 'expiresAt'
  /** Off for tokens: a backup of the wraps would outlive revocation. */
  readonly pointInTimeRecovery: boolean
  /** What a partition key may start with. */
  readonly prefixes: readonly string[]
}

export const tableSchemas = {
  grants: {
    suffix: 'grants',
    partitionKey: 'pk',
    sortKey: 'sk',
    ttl: 'expiresAt',
    pointInTimeRecovery: true,
    prefixes: ['grant#', 'owner#', 'audit#'],
  },
  tokens: {
    suffix: 'tokens',
    partitionKey: 'pk',
    ttl: 'expiresAt',
    pointInTimeRecovery: false,
    prefixes: ['code#', 'access#', 'refresh#', 'link#', 'leash#', 'file#', 'review#'],
  },
  sessions: {
    suffix: 'sessions',
    partitionKey: 'pk',
    ttl: 'expiresAt',
    pointInTimeRecovery: false,
    prefixes: ['session#'],
  },
  once: {
    suffix: 'once',
    partitionKey: 'pk',
    ttl: 'expiresAt',
    pointInTimeRecovery: false,
    prefixes: ['txn#', 'count#', 'send#', 'used#', 'undo#'],
  },
} as const satisfies Record<string, TableSchema>

export type TableId = keyof typeof tableSchemas
/** The deployed names. */
export type TableNames = Readonly<Record<TableId, string>>
