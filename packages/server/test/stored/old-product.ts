/** The product over a store that an older release has filled, on the day it was filled; asked over HTTP requests. */
import { join } from 'node:path'
import { createConnector, createHostPolicy } from '@email-connector/mail'
import { createTempFolder, findDynamoDb, startDynamoDb } from '@email-connector/testing'
import { vi } from 'vitest'
import { createProduct } from '../../src/composition/product.ts'
import { createFileKeyWrapper } from '../../src/keys/file-key-wrapper.ts'
import { parseInstanceSecrets } from '../../src/keys/instance-secrets.ts'
import { readOrCreateSecretFile } from '../../src/keys/secret-file.ts'
import { startDemoMailbox } from '../../src/local/demo/demo-mailbox.ts'
import { parseSettings, serverVariables, toServerSettings } from '../../src/settings.ts'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import { createLevelStores } from '../../src/store/level/stores.ts'
import type { Stores } from '../../src/store/stores.ts'
import { createTables } from '../store/dynamodb-tables.ts'
import { fillDynamoDb, fillLevel, release010 } from './release-0.1.0.ts'

const publicUrl = 'http://localhost:8993'

interface OpenStores {
  readonly stores: Stores
  close(): Promise<void>
}

/** Stores with the rows of 0.1.0 in them. */
export const filledStores = [
  { name: 'LevelDB', isHere: true, open: openLevel },
  { name: 'DynamoDB (needs @dynoxide/linux-x64)', isHere: findDynamoDb() !== undefined, open: openDynamoDb },
]

async function openLevel(): Promise<OpenStores> {
  const folder = createTempFolder('stored')
  await fillLevel(folder.path)
  const stores = await createLevelStores({ dir: folder.path, now: () => release010.writtenAt })
  const close = async () => {
    await stores.close()
    await folder.remove()
  }
  return { stores, close }
}

async function openDynamoDb(): Promise<OpenStores> {
  const dynamoDb = await startDynamoDb()
  const tables = await createTables(dynamoDb, 'stored')
  await fillDynamoDb(dynamoDb.clientOptions, tables)
  return { stores: createDynamoStores({ ...dynamoDb.clientOptions, tables }), close: () => dynamoDb.stop() }
}

export interface OldProduct {
  readonly mailbox: { readonly provider: string; readonly address: string; readonly password: string }
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** The text of a tool's answer; throws what is no answer. */
  call(accessToken: string, tool: string, given?: Record<string, unknown>): Promise<string>
  /** The answer of the token endpoint. */
  refresh(refreshToken: string): Promise<{ status: number; tokens: typeof release010.used }>
  close(): Promise<void>
}

/** `seed`: the deployment's secrets after a rotation. Time stands still, for nothing but the date. */
export async function startOldProduct(stores: Stores, secrets = release010.secrets): Promise<OldProduct> {
  vi.useFakeTimers({ toFake: ['Date'], now: release010.writtenAt * 1000 })
  const folder = createTempFolder('stored-key')
  const keyFile = join(folder.path, 'key')
  await readOrCreateSecretFile(keyFile, () => release010.key)
  const demo = await startDemoMailbox({ now: () => new Date() })
  const app = createProduct({
    settings: toServerSettings(parseSettings(serverVariables, { PUBLIC_URL: publicUrl }), { demo: true }),
    stage: 'local',
    stores,
    keyWrapper: createFileKeyWrapper({ path: keyFile }),
    secrets: parseInstanceSecrets(JSON.stringify(secrets)),
    connector: demo.withDemoMailbox(createConnector({ policy: createHostPolicy() })),
    privateHosts: false,
    demo,
    log: () => undefined,
    version: '0.0.0-test',
  })
  const fetch = (path: string, init: RequestInit = {}) =>
    app.fetch(new Request(new URL(path, publicUrl), init), { ip: '198.51.100.1' })
  return {
    mailbox: { provider: 'demo', address: demo.address, password: demo.password },
    fetch,
    async call(accessToken, name, given = {}) {
      const answer = await fetch('/mcp', {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${accessToken}`,
          'Content-Type': 'application/json',
          Accept: 'application/json, text/event-stream',
          'MCP-Protocol-Version': '2026-07-28',
          'Mcp-Method': 'tools/call',
          'Mcp-Name': name,
        },
        body: JSON.stringify({
          ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
          params: {
            ...{ name, arguments: given },
            _meta: {
              'io.modelcontextprotocol/protocolVersion': '2026-07-28',
              'io.modelcontextprotocol/clientInfo': { name: 'stored', version: '1' },
              'io.modelcontextprotocol/clientCapabilities': {},
            },
          },
        }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${answer.status} ${text}`)
      return text
    },
    async refresh(refresh_token) {
      const body = new URLSearchParams({
        ...{ grant_type: 'refresh_token', client_id: release010.clientId, refresh_token },
      })
      const answer = await fetch('/oauth/token', { method: 'POST', body })
      return { status: answer.status, tokens: (await answer.json()) as typeof release010.used }
    },
    async close() {
      vi.useRealTimers()
      await demo.close()
      await folder.remove()
    },
  }
}
