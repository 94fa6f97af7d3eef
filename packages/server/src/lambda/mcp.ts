/**
 * The mcp function: all methods of `/mcp`, streamed. It may open data keys and generate none. Of the
 * deployment's secrets it reads only the one with the providers, and only for a token that has to be refreshed. Behind the REST API the authorizer has read the token's row; on the HTTP API there is none, and the
 * function reads it itself. Either way the row counts only once its wrap opens under the presented token.
 */
import { type AccessTokenRows, createChallenge, findAccessToken, unwrapSecret } from '@email-connector/oauth'
import { scopes } from '../caller.ts'
import { clock, nowSeconds } from '../clock.ts'
import { createMcpProduct } from '../composition/mcp-product.ts'
import { serveRoutes } from '../http/frame.ts'
import { createDataKeyKeeper } from '../keys/data-key-keeper.ts'
import { createAuthenticate } from '../mcp/authenticate.ts'
import { mcpRoutes } from '../mcp/mcp-route.ts'
import { version } from '../version.ts'
import { parseAuthorizerContext } from './authorizer-context.ts'
import { openAwsOnFirstUse } from './aws-on-first-use.ts'
import { createBufferedHandler, type RequestHandler } from './buffered-handler.ts'
import { readMcpEnvironment } from './environment.ts'
import { log } from './function-log.ts'
import { createMailConnector } from './mail-connector.ts'
import { createSecretProviders } from './provider-secret.ts'
import { createStreamingHandler } from './streaming-handler.ts'

const environment = readMcpEnvironment()
const { settings, resource, disabledProviders, admission, region, stage, tables, credentialsKey, streams } =
  environment
const { publicUrl } = settings
const { stores, keyWrapper } = openAwsOnFirstUse({ region, tables, credentialsKey })
const challenge = createChallenge({ resource, scopes })
/**
 * The function ends after 300 s where it streams, else after 28 s (stacks/api/functions.ts). An answer in one piece shows a
 * client no question before its end, so there it cannot be asked.
 */
const sessionQuestions = streams ? { waitMs: 240_000, requestMs: 295_000 } : { waitMs: 0, requestMs: 27_000 }
const mcp = createMcpProduct({
  ...{ publicUrl, disabledProviders, admission, stage, stores, challenge, log },
  providerClients: createSecretProviders({ ...environment, now: nowSeconds, log }),
  keyWrapper: createDataKeyKeeper({ keyWrapper }),
  connector: createMailConnector(environment.internalMail),
  version,
  sessionQuestions,
})

/** One route is cheap to build, and nothing of one request is in reach of the next (R65). */
const serve: RequestHandler = ({ request, ip, requestId, authorizer }) => {
  const store: AccessTokenRows =
    authorizer === undefined
      ? stores.authorization
      : { findToken: async () => parseAuthorizerContext(authorizer) }
  const authenticate = createAuthenticate({
    oauth: {
      findAccessToken: (token) => findAccessToken({ store, resource, now: nowSeconds }, token),
      openSecret: unwrapSecret,
    },
    resource,
  })
  const routes = mcpRoutes({ mcp, authenticate, challenge })
  return serveRoutes({ settings, routes, log, now: clock.now }).fetch(request, { ip, requestId })
}

export const handler = streams
  ? createStreamingHandler(publicUrl, serve)
  : createBufferedHandler(publicUrl, serve)
