/**
 * The oauth function: everything but `/mcp` and `/health`, answered in one piece, and `pnpm revoke`. It may generate data keys and open
 * none. Clients of AWS and the deployment's secrets live as long as the environment; nothing of a caller does (R65).
 */
import { createConnector, createHostPolicy } from '@email-connector/mail'
import { clock } from '../clock.ts'
import { createOAuthProduct } from '../composition/oauth-product.ts'
import { errorResponse } from '../http/errors.ts'
import { type App, serveRoutes } from '../http/frame.ts'
import { createKmsKeyWrapper } from '../keys/kms-key-wrapper.ts'
import { messagePage } from '../pages/page.ts'
import type { EndConnections } from '../sign-in/offboarding.ts'
import { createDynamoStores } from '../store/dynamodb/stores.ts'
import { version } from '../version.ts'
import { createBufferedHandler } from './buffered-handler.ts'
import { readOAuthEnvironment } from './environment.ts'
import { log } from './function-log.ts'
import type { GatewayEvent, GatewayResult } from './gateway-event.ts'
import { keepAwake } from './keep-awake.ts'
import { answerOperator, isOperatorEvent, type OperatorAnswer, type OperatorEvent } from './operator-event.ts'
import { readSecrets } from './secrets.ts'

const environment = readOAuthEnvironment()
const { region, stage, tables, credentialsKey } = environment
const stores = createDynamoStores({ region, tables })
const keyWrapper = createKmsKeyWrapper({ region, keyId: credentialsKey })
const connector = createConnector({ policy: createHostPolicy() })

async function open(): Promise<App & { readonly endConnections: EndConnections }> {
  const { instance, clients } = await readSecrets(environment)
  const settings = { ...environment.settings, clients }
  const { routes, endConnections } = createOAuthProduct({
    ...{ settings, stage, stores, keyWrapper, connector, log },
    secrets: instance,
    privateHosts: false,
    version,
  })
  const app = serveRoutes({ settings, routes, failurePage: messagePage, log, now: clock.now })
  return { ...app, endConnections }
}

// Asked for before the first request; a failure is that request's answer, and the next one asks again.
let opening: ReturnType<typeof open> | undefined = open()
opening.catch(() => undefined)

const answerGateway = createBufferedHandler(
  environment.settings.publicUrl,
  async ({ request, ip, requestId }) => {
    try {
      opening ??= open()
      return await (await opening).fetch(request, { ip, requestId })
    } catch (error) {
      opening = undefined
      return errorResponse(error, { requestId: requestId ?? crypto.randomUUID(), log })
    }
  },
)

export async function handler(event: GatewayEvent | OperatorEvent): Promise<GatewayResult | OperatorAnswer> {
  if (!isOperatorEvent(event)) return await answerGateway(event as GatewayEvent)
  return await keepAwake(() =>
    answerOperator(event, async () => {
      opening ??= open()
      return (await opening).endConnections
    }),
  )
}
