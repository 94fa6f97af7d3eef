/**
 * The whole product in one process: what the local runner serves. In AWS the two halves are functions of their own
 * (lambda/oauth.ts, lambda/mcp.ts).
 */

import { clock } from '../clock.ts'
import { type App, serveRoutes } from '../http/frame.ts'
import { createAuthenticate } from '../mcp/authenticate.ts'
import { mcpRoutes } from '../mcp/mcp-route.ts'
import { messagePage } from '../pages/page.ts'
import type { Stores } from '../store/stores.ts'
import { createMcpProduct } from './mcp-product.ts'
import { createOAuthProduct, type OAuthProductOptions } from './oauth-product.ts'

export interface ProductOptions extends OAuthProductOptions {
  readonly stores: Stores
}

export function createProduct(options: ProductOptions): App {
  const { settings, log } = options
  const { publicUrl, resource } = settings
  const { oauth, routes } = createOAuthProduct(options)
  const { challenge } = oauth
  return serveRoutes({
    settings,
    routes: {
      ...routes,
      ...mcpRoutes({
        mcp: createMcpProduct({
          ...options,
          publicUrl,
          disabledProviders: settings.disabledProviders,
          challenge,
        }),
        authenticate: createAuthenticate({ oauth, resource }),
        challenge,
      }),
    },
    failurePage: messagePage,
    log,
    now: clock.now,
  })
}
