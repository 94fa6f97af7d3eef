/**
 * The oauth function: everything but `/mcp` and `/health`, answered in one piece, and `pnpm revoke`. It may generate data keys and open
 * none. Clients of AWS and the deployment's secrets live as long as the environment; nothing of a caller does (R65).
 */
import { clock, nowSeconds } from '../clock.ts'
import { createOAuthProduct } from '../composition/oauth-product.ts'
import { errorResponse } from '../http/errors.ts'
import { type App, serveRoutes } from '../http/frame.ts'
import { createKmsKeyWrapper } from '../keys/kms-key-wrapper.ts'
import { messagePage } from '../pages/page.ts'
import { ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import { withoutDisabled } from '../settings.ts'
import type { EndConnections } from '../sign-in/offboarding.ts'
import { createDynamoStores } from '../store/dynamodb/stores.ts'
import { version } from '../version.ts'
import { createBufferedHandler } from './buffered-handler.ts'
import { readOAuthEnvironment } from './environment.ts'
import { log } from './function-log.ts'
import type { GatewayEvent, GatewayResult } from './gateway-event.ts'
import { keepAwake } from './keep-awake.ts'
import { createMailConnector } from './mail-connector.ts'
import { answerOperator, isOperatorEvent, type OperatorAnswer, type OperatorEvent } from './operator-event.ts'
import { createSecretProviders, secretLifeSeconds } from './provider-secret.ts'
import { readSecrets } from './secrets.ts'

const environment = readOAuthEnvironment()
const { region, stage, tables, credentialsKey } = environment
const stores = createDynamoStores({ region, tables })
const keyWrapper = createKmsKeyWrapper({ region, keyId: credentialsKey })
const connector = createMailConnector(environment.internalMail)

async function open(): Promise<App & { readonly endConnections: EndConnections }> {
  const { gate } = environment.settings
  const [{ instance, clients }, providerClients, gateClient] = await Promise.all([
    readSecrets(environment),
    createSecretProviders({ ...environment, now: nowSeconds, log })().catch(noneIfMisconfigured),
    gate && import('./gate-secret.ts').then((file) => file.openGateClient({ ...environment, gate, log })),
  ])
  const signInProviders = withoutDisabled(
    providerClients.map(({ provider }) => provider),
    environment.settings.disabledProviders,
  )
  const settings = { ...environment.settings, clients, signInProviders }
  const { routes, endConnections } = createOAuthProduct({
    ...{ settings, stage, stores, keyWrapper, connector, log },
    secrets: instance,
    providerClients,
    ...(gateClient && { gateClient }),
    privateHosts: false,
    version,
  })
  const app = serveRoutes({ settings, routes, failurePage: messagePage, log, now: clock.now })
  return { ...app, endConnections }
}

/** The page then says what works instead. */
function noneIfMisconfigured(error: unknown): [] {
  if (error instanceof ProviderRefusedError) return []
  throw error
}

let opening: ReturnType<typeof open> | undefined
let openedAt = 0

/** Where it cannot be read again, what was read before still counts. */
function reopen(before: typeof opening): ReturnType<typeof open> {
  openedAt = nowSeconds()
  opening = before === undefined ? open() : open().catch(() => before)
  return opening
}

/** A failure is one request's answer, and the next one asks again. A providers' secret grows old. */
async function opened(): ReturnType<typeof open> {
  const isOld = environment.providersSecret !== undefined && nowSeconds() - openedAt > secretLifeSeconds
  const current = opening === undefined || isOld ? reopen(opening) : opening
  try {
    return await current
  } catch (error) {
    if (opening === current) opening = undefined
    throw error
  }
}

// Asked for before the first request.
opened().catch(() => undefined)

const answerGateway = createBufferedHandler(
  environment.settings.publicUrl,
  async ({ request, ip, requestId }) => {
    try {
      return await (await opened()).fetch(request, { ip, requestId })
    } catch (error) {
      return errorResponse(error, { requestId: requestId ?? crypto.randomUUID(), log })
    }
  },
)

export async function handler(event: GatewayEvent | OperatorEvent): Promise<GatewayResult | OperatorAnswer> {
  if (!isOperatorEvent(event)) return await answerGateway(event as GatewayEvent)
  return await keepAwake(() => answerOperator(event, async () => (await opened()).endConnections))
}
