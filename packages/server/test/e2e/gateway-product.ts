/**
 * The functions as they are deployed, behind the gateway simulator: built bundles on the Node of Lambda, DynamoDB, KMS
 * and Secrets Manager on loopback, real mail servers reached through a module that is preloaded beside the bundle.
 * Routes, Gateway Responses and what each function may do to which row are those of the template.
 */
import { join } from 'node:path'
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import {
  createFunctionPool,
  type DynamoDbProxy,
  type FunctionPool,
  findDynamoDb,
  findNode24,
  freePort,
  type LocalDynamoDb,
  type LocalKms,
  type LocalSecretsManager,
  startDynamoDb,
  startDynamoDbProxy,
  startGatewaySimulator,
  startHttpApiSimulator,
  startKms,
  startSecretsManager,
} from '@email-connector/testing'
import { accessLogFields } from '../../../../stacks/api/access-log.ts'
import {
  binaryTypes,
  gatewayResponses,
  gatewayRoutes,
  httpRoutes,
} from '../../../../stacks/api/gateway-table.ts'
import { tableRights } from '../../../../stacks/rights.ts'
import { createInstanceSecrets } from '../../src/keys/instance-secrets.ts'
import type { TableNames } from '../../src/store/table-schema.ts'
import { createTables } from '../store/dynamodb-tables.ts'
import { builtFunctions } from './built-functions.ts'
import type { MailPorts, Product } from './product.ts'

export type FunctionName = 'oauth' | 'mcp' | 'owner' | 'health' | 'authorizer'

export interface GatewayProduct extends Product {
  /** What each function asks of DynamoDB; health asks nothing. */
  readonly dynamoDb: Readonly<Record<'oauth' | 'mcp' | 'owner' | 'authorizer', DynamoDbProxy>>
  readonly kms: LocalKms
  readonly secretsManager: LocalSecretsManager
  readonly tables: TableNames
  /** For a client of the test's own, past the proxies. */
  readonly tableAccess: LocalDynamoDb['clientOptions']
  readonly functions: Readonly<Record<FunctionName, FunctionPool>>
  readonly accessLog: readonly string[]
  /** The folder with the bundles, which other files read too, and the variables a function was started with. */
  readonly bundles: string
  readonly environments: Readonly<Record<FunctionName, Readonly<Record<string, string>>>>
}

/** Undefined: everything it needs is here. */
export function whyNoGateway(): string | undefined {
  if (findNode24() === undefined) return 'the optional Node 24 is not installed on this platform'
  if (findDynamoDb() === undefined) return 'the optional local DynamoDB is not installed on this platform'
  return undefined
}

/** Routable, and nobody's mail server: the preloaded module keeps every connection on loopback. */
const publicAddress = '93.184.215.14'
const mailHost = 'mail.test.example'
const preload = join(import.meta.dirname, '../../../testing/src/gateway/redirect-network.mjs')

/** How Lambda runs one of the bundles in `folder`. */
export function deployed(folder: string, name: FunctionName) {
  return {
    file: join(folder, name, 'index.mjs'),
    exportName: 'handler',
    node: String(findNode24()),
    preload: name === 'health' ? [] : [preload],
  }
}

/**
 * @param options.environment variables of the oauth and mcp functions beyond those of the template
 * @param options.gateway that of a stage with a domain (the default), or of one without
 * @param options.streaming the setting of a stage with a domain
 * @param options.providers a secret with providers to sign in with, and where on loopback they are
 */
export async function startGatewayProduct(
  { imap, submission }: MailPorts,
  options: {
    environment?: Record<string, string>
    gateway?: 'rest' | 'http'
    streaming?: boolean
    port?: number
    maxEnvironments?: number
    providers?: { readonly secret: string; readonly httpsPort: number }
  } = {},
): Promise<GatewayProduct> {
  const [bundles, dynamoDbServer, kms, secretsManager, port] = await Promise.all([
    builtFunctions(),
    startDynamoDb(),
    startKms(),
    startSecretsManager({
      'instance-secret': createInstanceSecrets(),
      ...(options.providers && { 'providers-secret': options.providers.secret }),
    }),
    options.port ?? freePort(),
  ])
  const tables = await createTables(dynamoDbServer, 'test')
  const isRest = options.gateway !== 'http'
  const streams = isRest && options.streaming !== false
  const rights = tableRights({ hasAuthorizer: isRest })
  const startProxy = (name: 'oauth' | 'mcp' | 'owner' | 'authorizer') =>
    startDynamoDbProxy(dynamoDbServer.endpoint, ({ operation, table, row }) =>
      rights[name].some(
        (right) =>
          tables[right.table] === table &&
          right.prefixes.includes(row) &&
          right.actions.some((action) => action === operation),
      ),
    )
  const dynamoDb = {
    oauth: await startProxy('oauth'),
    mcp: await startProxy('mcp'),
    owner: await startProxy('owner'),
    authorizer: await startProxy('authorizer'),
  }
  const url = `http://localhost:${port}`

  // What the Lambda runtime provides, and where AWS is.
  const runtime = {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.endpoint,
    NODE_EXTRA_CA_CERTS: imap.authority.caPath,
    TEST_NETWORK: JSON.stringify({
      host: mailHost,
      address: publicAddress,
      ports: {
        993: imap.imapsPort,
        143: imap.imapPort,
        465: submission.smtpsPort,
        587: submission.smtpPort,
        ...(options.providers && { 443: options.providers.httpsPort }),
      },
    }),
  }
  const shared = {
    PUBLIC_URL: url,
    STAGE: 'test',
    GRANTS_TABLE: tables.grants,
    TOKENS_TABLE: tables.tokens,
    SESSIONS_TABLE: tables.sessions,
    ONCE_TABLE: tables.once,
    CREDENTIALS_KEY: kms.keyArn,
    ...(options.providers && { PROVIDERS_SECRET: 'providers-secret' }),
    ...options.environment,
  }
  const of = (proxy: DynamoDbProxy) => ({ AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint })
  const environments = {
    oauth: { ...runtime, ...of(dynamoDb.oauth), ...shared, INSTANCE_SECRET: 'instance-secret' },
    mcp: { ...runtime, ...of(dynamoDb.mcp), ...shared, GATEWAY: streams ? 'rest' : 'http' },
    owner: { ...runtime, ...of(dynamoDb.owner), ...shared, GATEWAY: streams ? 'rest' : 'http' },
    health: {},
    authorizer: {
      ...runtime,
      ...of(dynamoDb.authorizer),
      PUBLIC_URL: url,
      TOKENS_TABLE: tables.tokens,
    },
  }
  const start = (name: FunctionName, timeoutMs: number) =>
    createFunctionPool({
      ...deployed(bundles, name),
      environment: environments[name],
      timeoutMs,
      maxEnvironments: options.maxEnvironments ?? 3,
    })
  const functions = {
    oauth: start('oauth', 28_000),
    mcp: start('mcp', streams ? 300_000 : 28_000),
    owner: start('owner', streams ? 300_000 : 28_000),
    health: start('health', 3_000),
    authorizer: start('authorizer', 8_000),
  }
  const gateway = isRest
    ? await startGatewaySimulator({
        routes: streams ? gatewayRoutes : gatewayRoutes.map((route) => ({ ...route, transfer: 'BUFFERED' })),
        responses: gatewayResponses({ publicUrl: url }),
        binaryTypes,
        functions,
        port,
        accessLogFormat: accessLogFields('$context.resourcePath'),
      })
    : await startHttpApiSimulator({
        ...{ routes: httpRoutes, functions, port },
        accessLogFormat: accessLogFields('$context.routeKey'),
      })
  const endAws = () =>
    Promise.all([
      Promise.all(Object.values(dynamoDb).map((proxy) => proxy.stop())).then(dynamoDbServer.stop),
      kms.stop(),
      secretsManager.stop(),
    ])

  return {
    url,
    challengeHeader: 'x-amzn-remapped-www-authenticate',
    bareChallengeHeader: isRest ? 'www-authenticate' : 'x-amzn-remapped-www-authenticate',
    accessLog: gateway.accessLog,
    ...{ dynamoDb, kms, secretsManager, tables, functions, environments },
    tableAccess: dynamoDbServer.clientOptions,
    bundles,
    mailboxFields: ({ address, password }, imapTls = 'true') => ({
      provider: 'generic',
      address,
      password,
      imap_host: mailHost,
      imap_port: imapTls === 'true' ? '993' : '143',
      imap_tls: imapTls,
      smtp_host: mailHost,
      smtp_port: '465',
      smtp_secure: 'true',
    }),
    output: () =>
      Object.values(functions)
        .flatMap((pool) => pool.output)
        .join(''),
    async dumpStore() {
      await gateway.close()
      const client = new DynamoDBClient(dynamoDbServer.clientOptions)
      const scans = await Promise.all(
        Object.values(tables).map((TableName) => client.send(new ScanCommand({ TableName }))),
      )
      client.destroy()
      await endAws()
      return scans.flatMap(({ Items = [] }) => Items.map((item) => JSON.stringify(item))).join('\n')
    },
    async stop() {
      await gateway.close()
      await endAws()
    },
  }
}
