/**
 * The mcp function: all methods of `/mcp`, streamed. It may open data keys and generate none, and reads no secret of
 * the deployment. Behind the REST API the authorizer has read the token's row; on the HTTP API there is none, and the
 * function reads it itself. Either way the row counts only once its wrap opens under the presented token.
 */
import { createConnector, createHostPolicy } from '@email-connector/mail'
import { type AccessTokenRows, createChallenge, findAccessToken, unwrapSecret } from '@email-connector/oauth'
import { createAuthenticate } from '../authenticate.ts'
import { scopes } from '../caller.ts'
import { clock, nowSeconds } from '../clock.ts'
import { serveRoutes } from '../http/frame.ts'
import { mcpRoutes } from '../http/mcp-route.ts'
import { createDataKeyKeeper } from '../keys/data-key-keeper.ts'
import { createKmsKeyWrapper } from '../keys/kms-key-wrapper.ts'
import { createMcpProduct } from '../mcp-product.ts'
import { createDynamoStores } from '../store/dynamodb/stores.ts'
import { version } from '../version.ts'
import { parseAuthorizerContext } from './authorizer-context.ts'
import { createBufferedHandler, type RequestHandler } from './buffered-handler.ts'
import { readMcpEnvironment } from './environment.ts'
import { log } from './function-log.ts'
import { createStreamingHandler } from './streaming-handler.ts'

const { settings, resource, region, stage, tables, credentialsKey, streams } = readMcpEnvironment()
const { publicUrl } = settings
const stores = createDynamoStores({ region, tables })
const challenge = createChallenge({ resource, scopes })
const mcp = createMcpProduct({
  ...{ publicUrl, stage, stores, challenge, log },
  keyWrapper: createDataKeyKeeper({ keyWrapper: createKmsKeyWrapper({ region, keyId: credentialsKey }) }),
  connector: createConnector({ policy: createHostPolicy() }),
  version,
})

/** One route is cheap to build, and nothing of one request is in reach of the next (R65). */
const serve: RequestHandler = ({ request, ip, authorizer }) => {
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
  return serveRoutes({ settings, routes, log, now: clock.now }).fetch(request, { ip })
}

export const handler = streams
  ? createStreamingHandler(publicUrl, serve)
  : createBufferedHandler(publicUrl, serve)
