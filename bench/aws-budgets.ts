/** The most AWS calls each request may make (docs/storage-schema.md). */
export const awsBudgets: Readonly<Record<string, { readonly dynamoDb: number; readonly kms: number }>> = {
  authorizer: { dynamoDb: 1, kms: 0 },
  'tools/list, 2026 era': { dynamoDb: 0, kms: 0 },
  // One query, one counter, one row of the audit; once an hour the grant's last use.
  'tool call, 2026 era, first': { dynamoDb: 4, kms: 1 },
  'tool call, 2026 era, key kept': { dynamoDb: 3, kms: 0 },
  // The token of its undo holds the way back, or names a row of it. Its audit has a beginning and an end.
  'a change of emails': { dynamoDb: 4, kms: 0 },
  'undo of a change of emails': { dynamoDb: 4, kms: 0 },
  'a change of many emails': { dynamoDb: 5, kms: 0 },
  // It can be undone as well.
  'undo of a change of many emails': { dynamoDb: 6, kms: 0 },
  'tool call, 2025 era': { dynamoDb: 4, kms: 0 },
  // Its audit has a beginning and an end, and the mailbox counts what left in the hour.
  'send_email, 2026 era': { dynamoDb: 8, kms: 0 },
  'token: code': { dynamoDb: 6, kms: 0 },
  'token: refresh': { dynamoDb: 7, kms: 0 },
  // Settings of the mailbox and of the grant among them.
  connect: { dynamoDb: 8, kms: 1 },
  // Six and the tokens: after a refresh two pairs and the code's tombstone.
  revoke: { dynamoDb: 11, kms: 0 },
}
