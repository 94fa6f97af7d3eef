/** The most AWS calls each request may make (docs/storage-schema.md). */
export const awsBudgets: Readonly<Record<string, { readonly dynamoDb: number; readonly kms: number }>> = {
  authorizer: { dynamoDb: 1, kms: 0 },
  'tools/list, 2026 era': { dynamoDb: 0, kms: 0 },
  // One query, one counter; once an hour the grant's last use.
  'tool call, 2026 era, first': { dynamoDb: 3, kms: 1 },
  'tool call, 2026 era, key kept': { dynamoDb: 2, kms: 0 },
  // The token of its undo holds the way back, or names a row of it.
  'a change of emails': { dynamoDb: 2, kms: 0 },
  'undo of a change of emails': { dynamoDb: 2, kms: 0 },
  'a change of many emails': { dynamoDb: 3, kms: 0 },
  // It can be undone as well.
  'undo of a change of many emails': { dynamoDb: 4, kms: 0 },
  'tool call, 2025 era': { dynamoDb: 3, kms: 0 },
  'send_email, 2026 era': { dynamoDb: 5, kms: 0 },
  'token: code': { dynamoDb: 6, kms: 0 },
  'token: refresh': { dynamoDb: 7, kms: 0 },
  connect: { dynamoDb: 6, kms: 1 },
  // Four and the tokens: after a refresh two pairs and the code's tombstone.
  revoke: { dynamoDb: 9, kms: 0 },
}
