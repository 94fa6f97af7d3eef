/**
 * The program's HTTP face: one table of routes, and what holds for all of them (headers, CORS, Host and Origin, body
 * caps, failures, one log line). Every path is a constant, so a map is the router. What a route does is its handler's;
 * what a token opens is `authenticate`'s.
 */
import { randomUUID } from 'node:crypto'
import type { Provider } from '@email-connector/mail'
import type { AuthorizationServer } from '@email-connector/oauth'
import type { Authenticate } from './authenticate.ts'
import type { Caller } from './caller.ts'
import { health } from './health.ts'
import { afterBody, withCappedBody } from './http/body.ts'
import { applyCors, type CorsClass, isForeignOrigin, preflight } from './http/cors.ts'
import { type Audience, errorResponse, failureResponse, refusals } from './http/errors.ts'
import { withSecurityHeaders } from './http/headers.ts'
import type { Log, LogLine } from './log.ts'
import { homePage } from './pages/home-page.ts'
import { isLoopback, type ServerSettings } from './settings.ts'
import type { Connections } from './sign-in/connections.ts'
import type { SignIn } from './sign-in/sign-in.ts'

export interface Peer {
  /** The address the request came from, as the runner or the gateway knows it. */
  readonly ip: string
}

export interface App {
  fetch(request: Request, peer: Peer): Promise<Response>
}

export interface AppOptions {
  readonly settings: ServerSettings
  readonly oauth: AuthorizationServer
  readonly mcp: { handle(request: Request, caller: Caller): Promise<Response> }
  readonly authenticate: Authenticate
  readonly signIn: SignIn
  readonly connections: Connections
  readonly providers: readonly Provider[]
  readonly log: Log
  readonly version: string
  /** Milliseconds, for durations. */
  readonly now: () => number
}

type Method = 'GET' | 'POST' | 'DELETE'
type Handler = (request: Request, peer: Peer) => Promise<Response> | Response

interface Route {
  readonly name: NonNullable<LogLine['route']>
  readonly cors: CorsClass
  readonly audience: Audience
  /** Refuse a Host that is not ours: a name rebound to this machine must not reach pages or the protocol. */
  readonly checkHost: boolean
  readonly handlers: Readonly<Partial<Record<Method, Handler>>>
}

/** The MCP SDK's own cap. */
const maxMcpBytes = 4 * 1024 * 1024
/** Generous for a form or a client's metadata. */
const maxFormBytes = 64 * 1024

export function createApp(options: AppOptions): App {
  const { settings, log, now } = options
  const routes = createRoutes(options)
  const origins = new Set([
    'https://claude.ai',
    'https://claude.com',
    settings.publicUrl,
    ...settings.corsOrigins,
  ])
  const hosts = ownHosts(settings.publicUrl)

  return {
    async fetch(request, peer) {
      const startedAt = now()
      const requestId = randomUUID()
      const route = routes.get(new URL(request.url).pathname)
      const audience = route?.audience ?? 'program'
      let response: Response
      try {
        response = await answer(route, request, peer)
      } catch (error) {
        response = errorResponse(error, { audience, requestId, log })
      }
      if (request.method === 'HEAD') {
        await response.body?.cancel()
        response = new Response(null, response)
      }
      const finished = withSecurityHeaders(response)
      applyCors(finished.headers, request, route?.cors ?? 'listed', origins)
      log({
        event: 'request',
        requestId,
        method: logMethod(request.method),
        route: route?.name ?? 'other',
        status: finished.status,
        durationMs: Math.round(now() - startedAt),
      })
      return finished
    },
  }

  async function answer(route: Route | undefined, request: Request, peer: Peer): Promise<Response> {
    if (route === undefined) return failureResponse(refusals.notFound, audienceOf(request))
    if (route.checkHost && !hosts.has(hostOf(request)))
      return failureResponse(refusals.foreignHost, route.audience)
    if (route.name === 'mcp' && isForeignOrigin(request, origins)) {
      return failureResponse(refusals.foreignOrigin, route.audience)
    }
    const methods = allowedMethods(route)
    if (request.method === 'OPTIONS') return preflight(methods, route.cors)
    const handler = handlerOf(route, request.method)
    if (handler === undefined) {
      return failureResponse(
        { ...refusals.wrongMethod, headers: { Allow: methods.join(', ') } },
        route.audience,
      )
    }
    return await handler(request, peer)
  }
}

function createRoutes(options: AppOptions): ReadonlyMap<string, Route> {
  const { settings, oauth, signIn, connections } = options

  const page = { cors: 'none', audience: 'person', checkHost: true } as const
  const document = { cors: 'public', audience: 'program', checkHost: false } as const

  const metadata: Route = { ...document, name: 'metadata', handlers: { GET: () => oauth.metadata() } }
  const resourceMetadata: Route = {
    ...document,
    name: 'resource_metadata',
    handlers: { GET: () => oauth.protectedResourceMetadata() },
  }
  const mcp: Handler = (request) => serveMcp(options, request)

  const routes: Record<string, Route> = {
    '/': {
      ...page,
      checkHost: false,
      name: 'home',
      handlers: { GET: () => homePage(settings, options.providers) },
    },
    '/health': {
      ...document,
      cors: 'listed',
      name: 'health',
      handlers: { GET: (request) => health(request, options.version) },
    },
    '/mcp': {
      name: 'mcp',
      cors: 'listed',
      audience: 'program',
      checkHost: true,
      handlers: { POST: mcp, GET: mcp, DELETE: mcp },
    },
    '/oauth/authorize': {
      ...page,
      name: 'authorize',
      handlers: { GET: (request) => signIn.authorize(request) },
    },
    '/oauth/connect': {
      ...page,
      name: 'connect',
      handlers: { POST: capped(maxFormBytes, (request, peer) => signIn.connect(request, peer)) },
    },
    '/oauth/connections': {
      ...page,
      name: 'connections',
      handlers: {
        GET: () => connections.page(),
        POST: capped(maxFormBytes, (request, peer) => connections.post(request, peer)),
      },
    },
    '/oauth/token': {
      ...document,
      name: 'token',
      handlers: { POST: capped(maxFormBytes, (request) => oauth.token(request)) },
    },
    '/oauth/register': {
      ...document,
      name: 'register',
      handlers: { POST: capped(maxFormBytes, (request) => oauth.register(request)) },
    },
    '/oauth/revoke': {
      ...document,
      cors: 'listed',
      name: 'revoke',
      handlers: { POST: capped(maxFormBytes, (request) => oauth.revoke(request)) },
    },
    '/oauth/meta': metadata,
    '/.well-known/oauth-authorization-server': metadata,
    '/.well-known/oauth-authorization-server/mcp': metadata,
    '/.well-known/openid-configuration': metadata,
    '/.well-known/openid-configuration/mcp': metadata,
    '/.well-known/oauth-protected-resource': resourceMetadata,
    '/.well-known/oauth-protected-resource/mcp': resourceMetadata,
  }
  return new Map(Object.entries(routes))
}

/** POST, GET and DELETE /mcp. The secret lives until the last byte of the answer is out (R29). */
async function serveMcp(options: AppOptions, request: Request): Promise<Response> {
  const authentication = await options.authenticate(request)
  if (authentication.kind === 'challenge') return challenge(options.oauth, authentication.error)
  const { caller } = authentication
  const forget = () => caller.secret.fill(0)
  try {
    const capped = await withCappedBody(request, maxMcpBytes)
    return afterBody(await options.mcp.handle(capped, caller), forget)
  } catch (error) {
    forget()
    throw error
  }
}

/** RFC 6750 §3: no error code when no token was sent, so that clients start to authorize instead of giving up. */
function challenge(oauth: AuthorizationServer, error: 'invalid_token' | undefined): Response {
  const text =
    error === undefined
      ? 'Connect first: this server needs an access token in the Authorization header.'
      : 'The access token is not valid any more. Connect again.'
  return Response.json(
    { error: error ?? 'unauthorized', error_description: text },
    { status: 401, headers: { 'WWW-Authenticate': oauth.challenge(error) } },
  )
}

function capped(maxBytes: number, handler: Handler): Handler {
  return async (request, peer) => handler(await withCappedBody(request, maxBytes), peer)
}

function handlerOf(route: Route, method: string): Handler | undefined {
  // HEAD is GET without the body, except where GET opens a stream.
  if (method === 'HEAD') return route.name === 'mcp' ? undefined : route.handlers.GET
  if (method === 'GET' || method === 'POST' || method === 'DELETE') return route.handlers[method]
  return undefined
}

function allowedMethods(route: Route): string[] {
  const own = Object.keys(route.handlers)
  return [...own, ...(handlerOf(route, 'HEAD') === undefined ? [] : ['HEAD']), 'OPTIONS']
}

/** A loopback deployment answers to every loopback name on its port. */
function ownHosts(publicUrl: string): ReadonlySet<string> {
  const { host, hostname, port } = new URL(publicUrl)
  if (!isLoopback(hostname)) return new Set([host])
  return new Set(['localhost', '127.0.0.1', '[::1]'].map((name) => (port === '' ? name : `${name}:${port}`)))
}

function hostOf(request: Request): string {
  return (request.headers.get('Host') ?? new URL(request.url).host).toLowerCase()
}

function audienceOf(request: Request): Audience {
  return request.headers.get('Accept')?.includes('text/html') ? 'person' : 'program'
}

function logMethod(method: string): NonNullable<LogLine['method']> {
  const known = ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'] as const
  return known.find((name) => name === method) ?? 'other'
}
