/** The authorizer alone, over the wire to a local DynamoDB: which headers it takes for a token. */
import { tokenId, wrapSecret } from '@email-connector/oauth'
import { findDynamoDb, type LocalDynamoDb, startDynamoDb } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAuthorizerContext, toAuthorizerContext } from '../../src/lambda/authorizer-context.ts'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import { createTables } from '../store/dynamodb-tables.ts'

const methodArn = 'arn:aws:execute-api:eu-central-1:000000000000:api/stage/POST/mcp'
const token = 'ab'.repeat(32)
const publicUrl = 'https://mail.example.org'

describe.skipIf(findDynamoDb() === undefined)('the authorizer (needs the local DynamoDB)', () => {
  let dynamoDb: LocalDynamoDb
  let before: NodeJS.ProcessEnv
  let handler: typeof import('../../src/lambda/authorizer.ts').handler
  beforeAll(async () => {
    dynamoDb = await startDynamoDb()
    const tables = await createTables(dynamoDb, 'authorizer')
    const now = Math.floor(Date.now() / 1000)
    const row = {
      ...({ v: 1, type: 'access' } as const),
      ...{ id: tokenId(token), grantId: 'grant', generation: 1, clientId: 'client' },
      ...({ scope: 'email:read', permission: 'read', resource: `${publicUrl}/mcp` } as const),
      ...{ issuedAt: now, expiresAt: now + 600 },
    }
    const stores = createDynamoStores({ ...dynamoDb.clientOptions, tables })
    await stores.authorization.createToken({
      ...row,
      wrap: wrapSecret(token, row, new Uint8Array(32).fill(7)),
    })
    before = { ...process.env }
    Object.assign(process.env, {
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
      TOKENS_TABLE: tables.tokens,
      PUBLIC_URL: publicUrl,
    })
    ;({ handler } = await import('../../src/lambda/authorizer.ts'))
  })
  afterAll(async () => {
    process.env = before
    await dynamoDb?.stop()
  })

  const good = `Bearer ${token}`
  const bad = `Bearer ${'cd'.repeat(32)}`

  test.each([
    ['one header', { Authorization: [good] }, 'Allow'],
    ['the name in lower case', { authorization: [good] }, 'Allow'],
    ['none', {}, 'Deny'],
    ['an unknown token', { Authorization: [bad] }, 'Deny'],
    ['a good one, then another', { Authorization: [good, bad] }, 'Deny'],
    ['another, then a good one', { Authorization: [bad, good] }, 'Deny'],
    ['the same twice', { Authorization: [good, good] }, 'Deny'],
    ['two spellings of the name', { Authorization: [good], authorization: [bad] }, 'Deny'],
  ])('R12: %s', async (_, multiValueHeaders, effect) => {
    const { policyDocument } = await handler({ methodArn, multiValueHeaders })
    expect(policyDocument.Statement).toEqual([
      { Action: 'execute-api:Invoke', Effect: effect, Resource: methodArn },
    ])
  })
})

test('what the authorizer hands on is a row as a whole, or none', () => {
  const row = {
    ...({ v: 1, type: 'access' } as const),
    ...{ id: tokenId(token), grantId: 'grant', generation: 1, clientId: 'client', wrap: 'wrap' },
    ...({ scope: 'email:read', permission: 'read', resource: `${publicUrl}/mcp` } as const),
    ...{ issuedAt: 1_800_000_000, expiresAt: 1_800_000_600 },
  }
  // The gateway makes every value a string.
  const context = Object.entries(toAuthorizerContext(row)).map(
    ([name, value]) => [name, String(value)] as const,
  )
  expect(parseAuthorizerContext(Object.fromEntries(context))).toEqual(row)
  for (const [missing] of context) {
    const others = context.filter(([name]) => name !== missing)
    expect(parseAuthorizerContext(Object.fromEntries(others)), missing).toBeUndefined()
    expect(parseAuthorizerContext(Object.fromEntries([...others, [missing, '']])), missing).toBeUndefined()
  }
})
