import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { DecryptCommand, DescribeKeyCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findDynamoDb, type LocalDynamoDb, startDynamoDb } from '../src/dynamodb.ts'
import { startDynamoDbProxy } from '../src/gateway/dynamodb-proxy.ts'
import { type LocalKms, startKms } from '../src/kms.ts'

describe('The KMS stand-in', () => {
  let kms: LocalKms
  let client: KMSClient
  const EncryptionContext = { app: 'email', grantId: 'g1' }
  beforeAll(async () => {
    kms = await startKms()
    client = new KMSClient(kms.clientOptions)
  })
  afterAll(async () => {
    client.destroy()
    await kms.stop()
  })

  const generate = () =>
    client.send(new GenerateDataKeyCommand({ KeyId: kms.keyArn, KeySpec: 'AES_256', EncryptionContext }))

  test('opens a data key under its own context, in any order, and no other', async () => {
    const { CiphertextBlob, Plaintext } = await generate()
    expect(Plaintext).toHaveLength(32)
    const opened = await client.send(
      new DecryptCommand({ CiphertextBlob, EncryptionContext: { grantId: 'g1', app: 'email' } }),
    )
    expect(opened.Plaintext).toEqual(Plaintext)
    for (const other of [{ ...EncryptionContext, grantId: 'g2' }, { app: 'email' }, {}]) {
      await expect(
        client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: other })),
      ).rejects.toMatchObject({ name: 'InvalidCiphertextException' })
    }
    const changed = Uint8Array.from(CiphertextBlob ?? [])
    changed[20] = (changed[20] ?? 0) ^ 1
    await expect(
      client.send(new DecryptCommand({ CiphertextBlob: changed, EncryptionContext })),
    ).rejects.toMatchObject({ name: 'InvalidCiphertextException' })
  })

  test('fails as it is told to, under the names of AWS, and logs every call', async () => {
    kms.forgetCalls()
    for (const name of ['AccessDeniedException', 'ThrottlingException', 'KMSInternalException'] as const) {
      kms.failNext(name)
      await expect(generate()).rejects.toMatchObject({ name })
    }
    const { CiphertextBlob } = await generate()
    kms.keyState = 'Disabled'
    await expect(
      client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext })),
    ).rejects.toMatchObject({
      name: 'DisabledException',
    })
    kms.keyState = 'PendingDeletion'
    await expect(generate()).rejects.toMatchObject({ name: 'KMSInvalidStateException' })
    kms.keyState = 'Enabled'
    await expect(client.send(new DescribeKeyCommand({ KeyId: 'other' }))).rejects.toMatchObject({
      name: 'NotFoundException',
    })
    expect(kms.calls.map(({ operation, error }) => [operation, error])).toEqual([
      ['GenerateDataKey', 'AccessDeniedException'],
      ['GenerateDataKey', 'ThrottlingException'],
      ['GenerateDataKey', 'KMSInternalException'],
      ['GenerateDataKey', undefined],
      ['Decrypt', 'DisabledException'],
      ['GenerateDataKey', 'KMSInvalidStateException'],
      ['DescribeKey', 'NotFoundException'],
    ])
    expect(kms.calls[3]?.context).toEqual(EncryptionContext)
  })
})

describe.skipIf(!findDynamoDb())('The local DynamoDB', () => {
  let dynamoDb: LocalDynamoDb
  let client: DynamoDBClient
  beforeAll(async () => {
    dynamoDb = await startDynamoDb()
    client = new DynamoDBClient(dynamoDb.clientOptions)
  })
  afterAll(async () => {
    client.destroy()
    await dynamoDb.stop()
  })

  test('keeps an item, holds a condition, and undoes a transaction as a whole', async () => {
    await client.send(
      new CreateTableCommand({
        TableName: 'things',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    )
    const put = (id: string) => ({
      TableName: 'things',
      Item: { id: { S: id }, bytes: { B: Uint8Array.of(1, 2) } },
      ConditionExpression: 'attribute_not_exists(id)',
    })
    const get = (id: string) =>
      client.send(new GetItemCommand({ TableName: 'things', Key: { id: { S: id } }, ConsistentRead: true }))
    await client.send(new PutItemCommand(put('a')))
    expect((await get('a')).Item?.bytes?.B).toEqual(Uint8Array.of(1, 2))
    await expect(client.send(new PutItemCommand(put('a')))).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    })
    await expect(
      client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: put('b') }, { Put: put('a') }] })),
    ).rejects.toMatchObject({ name: 'TransactionCanceledException' })
    expect((await get('b')).Item).toBeUndefined()
  })

  test.each(['is lost before it comes to the proxy', 'fails there'])(
    'a call is counted once when its first attempt %s',
    async (how) => {
      const proxy = await startDynamoDbProxy(dynamoDb.endpoint)
      const through = new DynamoDBClient({ ...dynamoDb.clientOptions, endpoint: proxy.endpoint })
      const { requestHandler } = through.config
      const handle = requestHandler.handle.bind(requestHandler)
      let attempts = 0
      requestHandler.handle = async (...sent) => {
        attempts += 1
        if (attempts === 1 && how !== 'fails there')
          throw Object.assign(new Error('lost'), { code: 'ECONNRESET' })
        return await handle(...sent)
      }
      proxy.fault = () => (attempts === 1 ? 'error' : undefined)
      try {
        const Key = { id: { S: 'a' } }
        await through.send(new GetItemCommand({ TableName: 'things', Key }))
        await through.send(new GetItemCommand({ TableName: 'things', Key }))
        expect(attempts).toBe(3)
        expect(proxy.calls.map(({ operation }) => operation)).toEqual(['GetItem', 'GetItem'])
      } finally {
        through.destroy()
        await proxy.stop()
      }
    },
  )
})
