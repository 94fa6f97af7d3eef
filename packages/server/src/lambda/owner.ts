/**
 * The owner function: `/files` and `/review`, streamed. It may open data keys and generate none, reads no token of a client,
 * and of the deployment's secrets only the one with the providers, for a token that has to be refreshed. What an HTTP API
 * carries in one piece is bounded by Lambda's 6 MB, base64 and all.
 */
import { clock, nowSeconds } from '../clock.ts'
import { createOwnerProduct } from '../composition/owner-product.ts'
import { serveRoutes } from '../http/frame.ts'
import { messagePage } from '../pages/page.ts'
import { openAwsOnFirstUse } from './aws-on-first-use.ts'
import { createBufferedHandler, type RequestHandler } from './buffered-handler.ts'
import { readOwnerEnvironment } from './environment.ts'
import { log } from './function-log.ts'
import { createMailConnector } from './mail-connector.ts'
import { createSecretProviders } from './provider-secret.ts'
import { createStreamingHandler } from './streaming-handler.ts'

const environment = readOwnerEnvironment()
const { settings, admission, region, stage, tables, credentialsKey, streams } = environment
const { publicUrl } = settings
const routes = createOwnerProduct({
  ...{ publicUrl, admission, stage, log },
  ...openAwsOnFirstUse({ region, tables, credentialsKey }),
  providerClients: createSecretProviders({ ...environment, now: nowSeconds, log }),
  connector: createMailConnector(environment.internalMail),
  // Lambda takes 6 MB, which in base64 is a third less.
  uploadBytes: 4_000_000,
  // The function ends after 300 s where it streams, else after 28 s (stacks/api/functions.ts).
  ...(streams ? { downloadMs: 290_000 } : { downloadMs: 25_000, maxBytes: 4_000_000 }),
})

const serve: RequestHandler = ({ request, ip, requestId }) =>
  serveRoutes({ settings, routes, failurePage: messagePage, log, now: clock.now }).fetch(request, {
    ip,
    requestId,
  })

export const handler = streams
  ? createStreamingHandler(publicUrl, serve)
  : createBufferedHandler(publicUrl, serve)
