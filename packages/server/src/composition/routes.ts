/**
 * The routes of sign-in and of the site, in groups that can be served by functions of their own; `/mcp` is
 * mcp/mcp-route.ts. What holds for all of them is
 * http/frame.ts; what a route does is its handler's.
 */
import type { Provider } from '@email-connector/mail'
import type { AuthorizationServer } from '@email-connector/oauth'
import { limitAtOnce } from '../http/at-once.ts'
import { withCappedBody } from '../http/body.ts'
import type { Handler, Route, Routes } from '../http/frame.ts'
import { health } from '../http/health.ts'
import type { Files } from '../owner/files.ts'
import type { Review } from '../owner/review.ts'
import { isUpload } from '../owner/review-form.ts'
import { homePage } from '../pages/home-page.ts'
import { privacyPage } from '../pages/privacy-page.ts'
import { reviewStoppedPage } from '../pages/review-ended-page.ts'
import { reviewLinkPage } from '../pages/review-page.ts'
import { tooManyAtOnce } from '../pages/sign-in-messages.ts'
import type { ServerSettings } from '../settings.ts'
import type { AddMailbox } from '../sign-in/add-account.ts'
import type { Connections } from '../sign-in/connections.ts'
import type { ProviderPages } from '../sign-in/provider-pages.ts'
import { callbackPath } from '../sign-in/provider-trips.ts'
import type { SignIn } from '../sign-in/sign-in.ts'

interface SiteOptions {
  readonly settings: ServerSettings
  readonly providers: readonly Provider[]
  readonly version: string
}

interface OAuthRouteOptions {
  readonly oauth: AuthorizationServer
  readonly signIn: SignIn
  readonly connections: Connections
  readonly addMailbox: AddMailbox
  readonly providerPages: ProviderPages
}

/** Generous for a form or a client's metadata. */
const maxFormBytes = 64 * 1024

/** Each is held in memory. */
const maxUploading = 2

/** Each may wait five seconds for a client's document, and ten documents are fetched at once. */
const maxAuthorizing = 4

const page = { cors: 'none', audience: 'person', checkHost: true } as const
const document = { cors: 'public', audience: 'program', checkHost: false } as const

export function siteRoutes({ settings, providers, version }: SiteOptions): Routes {
  return {
    '/': {
      ...page,
      checkHost: false,
      name: 'home',
      handlers: { GET: () => homePage(settings, providers) },
    },
    '/privacy': {
      ...page,
      checkHost: false,
      name: 'privacy',
      handlers: { GET: () => privacyPage(settings) },
    },
    '/health': {
      ...document,
      cors: 'listed',
      name: 'health',
      handlers: { GET: (request) => health(request, version) },
    },
  }
}

/** Everything under `/oauth` and the well-known documents: what the oauth function serves. */
export function oauthRoutes({
  oauth,
  signIn,
  connections,
  addMailbox,
  providerPages,
}: OAuthRouteOptions): Routes {
  const metadata: Route = { ...document, name: 'metadata', handlers: { GET: () => oauth.metadata() } }
  const resourceMetadata: Route = {
    ...document,
    name: 'resource_metadata',
    handlers: { GET: () => oauth.protectedResourceMetadata() },
  }
  return {
    '/oauth/authorize': {
      ...page,
      name: 'authorize',
      handlers: {
        GET: limitAtOnce((request) => signIn.authorize(request), {
          most: maxAuthorizing,
          counts: mayFetchDocument,
          full: tooManyAtOnce,
        }),
      },
    },
    '/oauth/connect': {
      ...page,
      name: 'connect',
      handlers: { POST: capped((request, peer) => signIn.connect(request, peer)) },
    },
    '/oauth/connections': {
      ...page,
      name: 'connections',
      handlers: {
        GET: (request) => connections.page(request),
        POST: capped((request, peer) => connections.post(request, peer)),
      },
    },
    '/oauth/link': {
      ...page,
      name: 'link',
      handlers: {
        GET: (request) => addMailbox.page(request),
        POST: capped((request, peer) => addMailbox.post(request, peer)),
      },
    },
    '/oauth/provider/start': {
      ...page,
      name: 'provider_start',
      handlers: { POST: capped((request, peer) => providerPages.start(request, peer)) },
    },
    [callbackPath]: {
      ...page,
      name: 'provider_callback',
      handlers: { GET: (request, peer) => providerPages.callback(request, peer) },
    },
    '/oauth/token': {
      ...document,
      name: 'token',
      handlers: { POST: capped((request) => oauth.token(request)) },
    },
    '/oauth/register': {
      ...document,
      name: 'register',
      handlers: { POST: capped((request) => oauth.register(request)) },
    },
    '/oauth/revoke': {
      ...document,
      cors: 'listed',
      name: 'revoke',
      handlers: { POST: capped((request) => oauth.revoke(request)) },
    },
    '/oauth/meta': metadata,
    '/.well-known/oauth-authorization-server': metadata,
    '/.well-known/oauth-authorization-server/mcp': metadata,
    '/.well-known/openid-configuration': metadata,
    '/.well-known/openid-configuration/mcp': metadata,
    '/.well-known/oauth-protected-resource': resourceMetadata,
    '/.well-known/oauth-protected-resource/mcp': resourceMetadata,
  }
}

/** The page with a device code: of the local runner alone, so no gateway has it. */
export function deviceRoutes({ device }: ProviderPages): Routes {
  return device === undefined
    ? {}
    : { [device.path]: { ...page, name: 'provider_device', handlers: { GET: device.page } } }
}

/** The owner's own pages behind a link: what the owner function serves. */
export function ownerRoutes({
  files,
  review,
  uploadBytes,
}: {
  readonly files: Files
  readonly review: Review
  readonly uploadBytes: number
}): Routes {
  const reviewed: Handler = async (request) => {
    const maxBytes = isUpload(request) ? uploadBytes + maxFormBytes : maxFormBytes
    return await review.post(await withCappedBody(request, maxBytes))
  }
  return {
    '/review': {
      ...page,
      name: 'review',
      handlers: {
        GET: () => reviewLinkPage({}),
        POST: limitAtOnce(reviewed, {
          most: maxUploading,
          counts: isUpload,
          full: () => reviewStoppedPage('busy'),
        }),
      },
    },
    '/files': {
      ...page,
      name: 'files',
      handlers: { GET: () => files.page(), POST: capped((request) => files.post(request)) },
    },
  }
}

/** Ids that are URLs name a document; the others are looked up here. */
function mayFetchDocument({ url }: Request): boolean {
  return new URL(url).searchParams.getAll('client_id').some((id) => id.startsWith('https://'))
}

/** Reads no body past the cap. */
function capped(handler: Handler): Handler {
  return async (request, peer) => handler(await withCappedBody(request, maxFormBytes), peer)
}
