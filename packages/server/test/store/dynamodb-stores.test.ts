/** The DynamoDB store over the wire: every contract, and what only a network can get wrong. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describeAuthorizationStore } from '@email-connector/oauth/store-contract'
import { findDynamoDb, type LocalDynamoDb, startDynamoDb } from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { derivedTokenTypes } from '../../src/store/derived-token-store.ts'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import { createDynamoClient, createTable } from '../../src/store/dynamodb/table.ts'
import type { Stores } from '../../src/store/stores.ts'
import { type TableNames, tableSchemas } from '../../src/store/table-schema.ts'
import { describeAccountStore } from './account-store-contract.ts'
import { describeAuditStore } from './audit-store-contract.ts'
import { buildAccount, buildGrant, newId, now } from './builders.ts'
import { createTables } from './dynamodb-tables.ts'
import { describeOnceStore } from './once-store-contract.ts'
import { describeOwnerRoomStore } from './owner-room-store-contract.ts'
import { describeSessionStore } from './session-store-contract.ts'

/** Sees every request on its way to DynamoDB and may spoil the answer. */
interface Wire {
  readonly endpoint: string
  readonly operations: string[]
  readonly bodies: string[]
  /** What happens to the next requests, one each; afterwards they pass. */
  readonly faults: ('pass' | 'lose answer' | 'throttle' | 'silence' | 'reset')[]
  close(): Promise<void>
}

describe.runIf(findDynamoDb() !== undefined)(
  'DynamoDB (needs the optional package @dynoxide/linux-x64)',
  () => {
    const name = 'DynamoDB'
    let dynamoDb: LocalDynamoDb
    let tables: TableNames
    let stores: Stores
    let wire: Wire

    beforeAll(async () => {
      dynamoDb = await startDynamoDb()
      tables = await createTables(dynamoDb, 'test')
      stores = createDynamoStores({ ...dynamoDb.clientOptions, tables })
      wire = await startWire(dynamoDb.endpoint)
    })

    afterAll(async () => {
      await wire?.close()
      await dynamoDb?.stop()
    })

    describeAuthorizationStore(name, () => stores.authorization)
    describeAccountStore(name, () => stores)
    describeOwnerRoomStore(name, () => stores)
    describeAuditStore(name, () => stores)
    describeSessionStore(name, () => stores)
    describeOnceStore(name, () => stores)

    describe(`${name}: on the wire`, () => {
      const overWire = (options: { attemptTimeoutMs?: number; deadlineMs?: number } = {}) =>
        createDynamoStores({ ...dynamoDb.clientOptions, endpoint: wire.endpoint, tables, ...options })

      afterEach(() => {
        wire.faults.length = 0
        wire.operations.length = 0
        wire.bodies.length = 0
      })

      test('R63: a write whose answer was lost is tried again and knows its own deed', async () => {
        const { authorization, accounts, once } = overWire()
        const grant = buildGrant({ state: 'pending' })
        const lost = async <T>(call: () => Promise<T>) => {
          wire.faults.push('lose answer')
          return call()
        }
        await lost(() => authorization.createGrant(grant))
        const redemption = {
          grantId: grant.grantId,
          codeId: grant.codeId,
          accessTokenId: 'a',
          refreshTokenId: 'r',
          now,
        }
        expect(await lost(() => authorization.commitRedemption(redemption))).toBe('committed')
        expect(await authorization.commitRedemption(redemption)).toBe('refused')
        expect((await lost(() => authorization.revokeGrant(grant.grantId)))?.accessTokenIds).toEqual(['a'])
        const row = buildAccount()
        await lost(() => accounts.createAccount(row))
        expect(await lost(() => accounts.replaceCredential({ ...row, credentialVersion: 2 }, 1))).toBe(
          'replaced',
        )
        const key = newId()
        const reservation = { attempt: 'first', deadline: now + 30, expiresAt: now + 60 }
        expect(await lost(() => once.reserveSend(key, reservation, now))).toEqual({ outcome: 'reserved' })
        expect(await lost(() => once.enterData(key, 'first', now + 60))).toBe('entered')
        expect(await lost(() => once.useOnce(key, now + 60))).toBe(true)
        expect(await once.useOnce(key, now + 60)).toBe(false)
        expect(wire.operations.filter((operation) => operation !== 'GetItem')).toHaveLength(18)
      })

      test('R30: a row that a later release put beside a grant disturbs nothing', async () => {
        const { authorization, accounts } = overWire()
        const grant = buildGrant()
        const account = buildAccount({ grantId: grant.grantId })
        await authorization.createGrant(grant)
        await accounts.createAccount(account)
        const client = createDynamoClient(dynamoDb.clientOptions)
        for (const sk of ['another#row', 'setting', 'zebra'])
          await createTable(client, tables.grants).create({ pk: `grant#${grant.grantId}`, sk }, { v: 9 })
        client.destroy()
        expect(await accounts.findGrantWithAccounts(grant.grantId)).toEqual({
          ...{ grant, accounts: [account] },
          settings: [],
        })
      })

      test('R63: a throttled request is tried again', async () => {
        const { authorization } = overWire()
        const grant = buildGrant()
        wire.faults.push('throttle')
        await authorization.createGrant(grant)
        expect(await authorization.getGrant(grant.grantId)).toEqual(grant)
      })

      test.each(['throttle', 'reset', 'silence'] as const)(
        'R63: when every attempt ends in %s the store is unavailable, and says so in bounded time',
        async (fault) => {
          const { authorization, once } = overWire({ attemptTimeoutMs: 60, deadlineMs: 400 })
          wire.faults.push(...Array<typeof fault>(20).fill(fault))
          await expect(authorization.getGrant('any')).rejects.toMatchObject({ name: 'StoreUnavailableError' })
          await expect(once.useOnce('any', now)).rejects.toMatchObject({ name: 'StoreUnavailableError' })
        },
      )

      test('R63: nothing that DynamoDB says is in the error’s own words', async () => {
        const missing = createDynamoStores({
          ...dynamoDb.clientOptions,
          tables: { ...tables, grants: 'no-such-table' },
        })
        const error = await missing.authorization.getGrant('any').catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ name: 'StoreUnavailableError', message: 'DynamoDB is unavailable' })
        expect(error).toHaveProperty('cause.name', 'ResourceNotFoundException')
      })

      test('a tool call’s rows come in one query, every read is strongly consistent', async () => {
        const { authorization, accounts, sessions, once } = overWire()
        const grant = buildGrant()
        await authorization.createGrant(grant)
        for (const accountId of ['first', 'second']) {
          await accounts.createAccount(buildAccount({ grantId: grant.grantId, accountId }))
        }
        wire.operations.length = 0
        wire.bodies.length = 0
        await accounts.findGrantWithAccounts(grant.grantId)
        expect(wire.operations).toEqual(['Query'])
        await authorization.getGrant('any')
        await authorization.findToken('access', 'any')
        await authorization.findTransaction('any')
        await accounts.listOwners('any')
        await sessions.findSession('any')
        await once.findUndo('any', now)
        expect(wire.operations).toHaveLength(7)
        for (const body of wire.bodies) expect(JSON.parse(body)).toMatchObject({ ConsistentRead: true })
      })

      test('R20, R63: an erasure that breaks off leaves the grant, and a repetition finds all that is left', async () => {
        const broken = overWire({ attemptTimeoutMs: 60, deadlineMs: 200 })
        // Three deletions may break off; the grant's own, the last, is not among them while another does.
        for (const spared of [0, 1, 2, 3]) {
          const grant = buildGrant({ accountIds: ['first', 'second'], ownerIndexes: [newId()] })
          await stores.authorization.createGrant(grant)
          for (const accountId of grant.accountIds)
            await stores.accounts.createAccount(buildAccount({ grantId: grant.grantId, accountId }))
          for (const owner of grant.ownerIndexes)
            await stores.accounts.createOwner({
              ownerIndex: owner,
              grantId: grant.grantId,
              expiresAt: now + 600,
            })
          wire.faults.push(...Array<'pass'>(spared).fill('pass'), ...Array<'reset'>(40).fill('reset'))
          await expect(broken.authorization.eraseGrant(grant)).rejects.toMatchObject({
            name: 'StoreUnavailableError',
          })
          wire.faults.length = 0
          const left = await stores.accounts.findGrantWithAccounts(grant.grantId)
          expect(left?.grant.grantId, `after ${spared} deletions`).toBe(grant.grantId)
          await stores.authorization.eraseGrant(grant)
          expect(await stores.accounts.findGrantWithAccounts(grant.grantId)).toBeUndefined()
          for (const owner of grant.ownerIndexes) expect(await stores.accounts.listOwners(owner)).toEqual([])
        }
      })

      test('a partition larger than one answer is read to its end', async () => {
        const { authorization, accounts } = stores
        const grant = buildGrant()
        await authorization.createGrant(grant)
        // 1 MB ends an answer (DynamoDB, "Query").
        for (let index = 0; index < 5; index += 1) {
          const sealedMemory = 'x'.repeat(300_000)
          await accounts.createAccount(
            buildAccount({ grantId: grant.grantId, accountId: `a${index}`, sealedMemory }),
          )
        }
        expect((await accounts.findGrantWithAccounts(grant.grantId))?.accounts).toHaveLength(5)
      })

      test('R66: every key starts with a prefix of the schema, which rights can name', async () => {
        const { sessions, authorization, accounts, audit, derivedTokens, once } = overWire()
        await authorization.getGrant('id')
        await accounts.listOwners('id')
        for (const type of ['code', 'access', 'refresh', 'link'] as const)
          await authorization.findToken(type, 'id')
        await authorization.findLeash('id')
        for (const type of derivedTokenTypes) await derivedTokens.findDerivedToken(type, 'id')
        await authorization.findTransaction('id')
        await sessions.findSession('id')
        await once.count('id', 60, now)
        await once.reserveSend(newId(), { attempt: 'a', deadline: now, expiresAt: now }, now)
        await once.useOnce(newId(), now)
        await audit.listAudit('id', 'a#', 1)
        await once.keepUndo(newId(), { sealedSteps: 'x', expiresAt: now })
        const prefixes = wire.bodies.map((body) => /"(\w+#)/.exec(body.replaceAll('"#', ''))?.[1])
        const named = Object.values(tableSchemas).flatMap((schema) => [...schema.prefixes])
        expect(prefixes.sort()).toEqual(named.sort())
      })
    })
  },
)

async function startWire(target: string): Promise<Wire> {
  const wire = { operations: [] as string[], bodies: [] as string[], faults: [] as Wire['faults'] }
  async function pass(incoming: IncomingMessage, outgoing: ServerResponse) {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? ''
    wire.operations.push(operation)
    wire.bodies.push(body)
    const fault = wire.faults.shift()
    if (fault === 'silence') return
    if (fault === 'reset') return void incoming.socket.destroy()
    if (fault === 'throttle') {
      outgoing.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
      outgoing.end(JSON.stringify({ __type: 'com.amazonaws.dynamodb.v20120810#ThrottlingException' }))
      return
    }
    const names = ['content-type', 'x-amz-target', 'x-amz-date', 'authorization']
    const headers = Object.fromEntries(names.map((name) => [name, String(incoming.headers[name])]))
    const answer = await fetch(target, { method: 'POST', headers, body })
    const text = await answer.text()
    if (fault === 'lose answer') return void incoming.socket.destroy()
    outgoing.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' })
    outgoing.end(text)
  }
  const server: Server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    ...wire,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
