/**
 * The product's tools behind a real MCP client of the 2025 era (it checks every structured content, an error's too,
 * against the output schema), over real stores, keys and a real grant in a folder of its own.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Connector, createConnector, createHostPolicy, type MailAccount } from '@email-connector/mail'
import { makeLeash } from '@email-connector/oauth'
import { createTempFolder, type Dovecot, type TestUser } from '@email-connector/testing'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import type { Transport } from '@modelcontextprotocol/server'
import { expect } from 'vitest'
import { addAccount, prepareGrant } from '../../src/accounts/connect-account.ts'
import { createFileLinkMaker } from '../../src/accounts/file-link.ts'
import { createGrantAccounts } from '../../src/accounts/grant-accounts.ts'
import { createLinkMaker } from '../../src/accounts/one-time-link.ts'
import { createReviewLinkMaker } from '../../src/accounts/review-link.ts'
import {
  type AccountSettings,
  defaultAccountSettings,
  defaultGrantSettings,
  type GrantSettings,
} from '../../src/accounts/settings.ts'
import type { Admission } from '../../src/admission.ts'
import { type Caller, type Permission, scopeOfPermission } from '../../src/caller.ts'
import { createFileKeyWrapper } from '../../src/keys/file-key-wrapper.ts'
import {
  createInstanceSecrets,
  type InstanceSecrets,
  parseInstanceSecrets,
} from '../../src/keys/instance-secrets.ts'
import type { KeyWrapper } from '../../src/keys/key-wrapper.ts'
import type { LogLine } from '../../src/log.ts'
import type { McpApplication } from '../../src/mcp/application.ts'
import { createLevelStores } from '../../src/store/level/stores.ts'
import type { SessionStore } from '../../src/store/session-store.ts'
import type { Stores } from '../../src/store/stores.ts'
import { createToolApplication, type ToolApplicationOptions } from '../../src/tool-call/tool-application.ts'
import { tools as allTools, catalog } from '../../src/tools/catalog.ts'
import { buildGrant } from '../store/builders.ts'

export interface ToolAnswer {
  readonly isError: boolean
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire; each test knows its own shape
  readonly structured: Record<string, any>
}

export interface OpenTools {
  readonly client: Client
  readonly application: McpApplication
  readonly sessions: SessionStore
  readonly once: ToolApplicationOptions['once']
  readonly caller: Caller
  readonly logged: readonly LogLine[]
  call(tool: string, args?: Record<string, unknown>): Promise<ToolAnswer>
  /** What the endpoint does when the client is gone: ends the call and zeroes the secret. */
  leave(): void
  close(): Promise<void>
}

const publicUrl = 'http://localhost:8993'
const day = 86_400

export async function openTools(options: {
  accounts: readonly MailAccount[]
  connector: Connector
  permission?: Permission
  /** A local store of its own unless given. */
  stores?: Stores
  /** Of the token; what the permission answers unless given. */
  scopes?: readonly string[]
  deadlineMs?: number
  /** Until the grant ends. */
  lifeDays?: number
  now?: () => number
  makeMark?: () => string
  once?: (once: ToolApplicationOptions['once']) => ToolApplicationOptions['once']
  createLink?: ToolApplicationOptions['createLink']
  /** Around the key service. */
  keyWrapper?: (keyWrapper: KeyWrapper) => KeyWrapper
  sessionQuestions?: ToolApplicationOptions['sessionQuestions']
  /** Unless given, mail goes out unasked: most tests are about something else. */
  grantSettings?: Partial<GrantSettings>
  /** Of the deployment; its own unless given. */
  secrets?: InstanceSecrets
  /** Whose mailboxes may be used; everyone's unless given. */
  admission?: Admission
  /** Of the first account. */
  accountSettings?: Partial<AccountSettings>
}): Promise<OpenTools> {
  const { permission = 'send', lifeDays = 300, now = () => Math.floor(Date.now() / 1000) } = options
  const folder = createTempFolder('tools')
  const ownStores = options.stores
    ? undefined
    : await createLevelStores({ dir: join(folder.path, 'store'), now })
  const stores = options.stores ?? ownStores
  if (stores === undefined) throw new Error('There is a store')
  const fileKeyWrapper = createFileKeyWrapper({ path: join(folder.path, 'key') })
  const keys = {
    keyWrapper: options.keyWrapper?.(fileKeyWrapper) ?? fileKeyWrapper,
    app: 'email-connector',
    stage: 'test',
    issuer: publicUrl,
  }
  const secrets = options.secrets ?? parseInstanceSecrets(createInstanceSecrets())
  // A Buffer, whose own `slice` is no copy.
  const secret = Buffer.from(randomBytes(32))
  const [first, ...others] = options.accounts
  if (!first) throw new Error('A grant has at least one account')
  const scope = scopeOfPermission(permission)
  const expiresAt = now() + lifeDays * day
  const draft = buildGrant({
    permission,
    scope,
    resource: `${publicUrl}/mcp`,
    expiresAt,
    absoluteExpiresAt: expiresAt,
  })
  const connecting = { ...keys, secrets, secret, now }
  const prepared = await prepareGrant({
    ...draft,
    ...connecting,
    grantSettings: { ...defaultGrantSettings, ask: 'never', ...options.grantSettings },
    accountSettings: { ...defaultAccountSettings, ...options.accountSettings },
    account: first,
    pendingExpiresAt: expiresAt,
  })
  await prepared.write(stores.accounts)
  await stores.authorization.createGrant({ ...draft, ...prepared })
  await stores.authorization.createLeash(makeLeash(draft))
  for (const account of others) {
    const grant = await stores.authorization.getGrant(draft.grantId)
    if (!grant) throw new Error('The grant was written')
    await addAccount({ ...connecting, grant, store: stores.accounts, account })
  }

  const logged: LogLine[] = []
  const ownerLinks = { leashes: stores.authorization, store: stores.derivedTokens, publicUrl, now }
  const application = createToolApplication({
    catalog,
    grantAccounts: createGrantAccounts({
      ...{ ...keys, now, store: stores.accounts },
      ...(options.admission && { admission: options.admission }),
    }),
    once: options.once?.(stores.once) ?? stores.once,
    audit: stores.audit,
    createFileLink: createFileLinkMaker(ownerLinks),
    createReviewLink: createReviewLinkMaker(ownerLinks),
    createLink: options.createLink ?? createLinkMaker({ store: stores.authorization, publicUrl, now }),
    mail: {
      connector: options.connector,
      now,
      ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
    },
    now,
    providersOffered: ['gmail', 'icloud', 'generic'],
    publicUrl,
    version: '0.0.0',
    log: (line) => logged.push(line),
    ...(options.sessionQuestions && { sessionQuestions: options.sessionQuestions }),
    ...(options.makeMark === undefined ? {} : { makeMark: options.makeMark }),
  })
  const caller: Caller = {
    grantId: draft.grantId,
    clientId: draft.clientId,
    scopes: options.scopes ?? scope.split(' '),
    permission,
    resource: draft.resource,
    expiresAt: Math.min(expiresAt, now() + 30 * day),
    secret,
  }
  const over = new AbortController()
  const server = application.buildServer(caller, { signal: over.signal })
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair()
  await server.connect(serverSide as unknown as Transport)
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(clientSide)
  // The client keeps the output schemas of what it listed, and checks against them from now on.
  await client.listTools()

  return {
    client,
    application,
    sessions: stores.sessions,
    once: stores.once,
    caller,
    logged,
    async call(tool, args = {}) {
      const result = await client.callTool({ name: tool, arguments: args })
      const isError = result.isError === true
      const structured = (result.structuredContent ?? {}) as ToolAnswer['structured']
      if (!isError) allTools.find((one) => one.name === tool)?.output?.parse(structured)
      const [content] = result.content as { type: string; text: string }[]
      const text = content?.text ?? ''
      if (!isError) return { isError, text, structured }
      // True of every error of every test: some clients show a model the structured part alone.
      const { message, ...rest } = structured
      expect(message).toBe(text)
      return { isError, text, structured: rest }
    },
    leave() {
      over.abort()
      secret.fill(0)
    },
    async close() {
      over.abort()
      await client.close()
      await ownStores?.close()
      await folder.remove()
    },
  }
}

export function toAccount(
  user: TestUser,
  dovecot: Pick<Dovecot, 'imapsPort'>,
  smtpPort: number,
): MailAccount {
  return {
    provider: 'generic',
    address: user.address,
    aliases: [],
    login: user.login,
    imap: { host: 'localhost', port: dovecot.imapsPort, tls: 'implicit' },
    smtp: { host: 'localhost', port: smtpPort, tls: 'implicit' },
    credential: { type: 'password', password: user.password },
  }
}

export function loopbackConnector(ca: string | readonly string[]): Connector {
  return createConnector({ policy: createHostPolicy({ allowPrivate: true }), ca: [ca].flat() })
}
