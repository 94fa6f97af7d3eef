/**
 * The whole product in one process: what the local runner serves, and what tests and the bench run with clocks and
 * parts of their own. In AWS the two halves are functions of their own (lambda/oauth.ts, lambda/mcp.ts).
 */
import type { AuthorizationServer } from '@email-connector/oauth'
import { clock, nowSeconds } from '../clock.ts'
import { type App, serveRoutes } from '../http/frame.ts'
import { createAuthenticate } from '../mcp/authenticate.ts'
import { type McpRouteOptions, mcpRoutes } from '../mcp/mcp-route.ts'
import { messagePage } from '../pages/page.ts'
import { createProviderClient } from '../provider-tokens/provider-client.ts'
import type { Stores } from '../store/stores.ts'
import { createMcpProduct } from './mcp-product.ts'
import { createOAuthProduct, type OAuthProductOptions } from './oauth-product.ts'
import { createOwnerProduct } from './owner-product.ts'

/** Nothing else ends a download that goes on. */
const localDownloadMs = 60 * 60_000
/** As much as an email may carry. */
const localUploadBytes = 25_000_000

export interface ProductOptions extends OAuthProductOptions {
  readonly stores: Stores
  /** What answers a caller of /mcp; the tools unless given. */
  readonly mcp?: McpRouteOptions['mcp']
}

export interface Product extends App {
  readonly oauth: AuthorizationServer
}

export function createProduct(options: ProductOptions): Product {
  const { settings, log } = options
  const { publicUrl, resource, disabledProviders } = settings
  const now = options.now ?? nowSeconds
  const providerClients =
    options.providerClients ??
    settings.signInProviders.map((provider) => createProviderClient({ provider, now }))
  const parts = { ...options, providerClients }
  const { oauth, routes } = createOAuthProduct(parts)
  const later = { ...parts, providerClients: async () => providerClients }
  const { challenge } = oauth
  const mcp =
    options.mcp ??
    createMcpProduct({ ...later, publicUrl, disabledProviders, admission: settings, challenge })
  const { fetch } = serveRoutes({
    settings,
    routes: {
      ...routes,
      ...createOwnerProduct({
        ...later,
        publicUrl,
        admission: settings,
        downloadMs: localDownloadMs,
        uploadBytes: localUploadBytes,
      }),
      ...mcpRoutes({ mcp, authenticate: createAuthenticate({ oauth, resource }), challenge }),
    },
    failurePage: messagePage,
    log,
    now: (options.clock ?? clock).now,
  })
  return { fetch, oauth }
}
