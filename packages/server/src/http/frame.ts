/**
 * What holds for every route: security headers, CORS, Host and Origin, methods, failures, one log line. Every path is
 * a constant, so a map is the router. What a route does is its handler's.
 */
import { randomUUID } from 'node:crypto'
import type { Log, LogLine } from '../log.ts'
import { isLoopback } from '../loopback.ts'
import type { ServerSettings } from '../settings.ts'
import { applyCors, type CorsClass, isForeignOrigin, preflight } from './cors.ts'
import { errorResponse, type FailurePage, failureResponse, refusals } from './errors.ts'
import { withSecurityHeaders } from './headers.ts'

export interface Peer {
  /** The address the request came from, as the runner or the gateway knows it. */
  readonly ip: string
  /** The gateway's name for the request: its own log line and ours then carry the same. */
  readonly requestId?: string | undefined
}

export interface App {
  fetch(request: Request, peer: Peer): Promise<Response>
}

/** Whether a failure of a route is a page or JSON. */
type Audience = 'person' | 'program'
type Method = 'GET' | 'POST' | 'DELETE'
export type Handler = (request: Request, peer: Peer) => Promise<Response> | Response

export interface Route {
  readonly name: NonNullable<LogLine['route']>
  readonly cors: CorsClass
  readonly audience: Audience
  /** Refuse a Host that is not ours: a name rebound to this machine must not reach pages or the protocol. */
  readonly checkHost: boolean
  /** Refuse pages of origins that are not listed, whatever they could read of the answer. */
  readonly checkOrigin?: boolean
  /** HEAD goes to the handler of GET, which may look at the method; a body is dropped here. */
  readonly handlers: Readonly<Partial<Record<Method, Handler>>>
}

/** By path. */
export type Routes = Readonly<Record<string, Route>>

export function serveRoutes(options: {
  readonly settings: Pick<ServerSettings, 'publicUrl' | 'corsOrigins'>
  readonly routes: Routes
  /** What a person sees of a failure; without it everybody is answered as a program. */
  readonly failurePage?: FailurePage
  readonly log: Log
  /** Milliseconds, for durations. */
  readonly now: () => number
}): App {
  const { settings, failurePage, log, now } = options
  const routes = new Map(Object.entries(options.routes))
  const origins = new Set([
    'https://claude.ai',
    'https://claude.com',
    settings.publicUrl,
    ...settings.corsOrigins,
  ])
  const hosts = ownHosts(settings.publicUrl)
  const pageFor = (audience: Audience) => (audience === 'person' ? failurePage : undefined)

  return {
    async fetch(request, peer) {
      const startedAt = now()
      const requestId = peer.requestId ?? randomUUID()
      const route = routes.get(new URL(request.url).pathname)
      const audience = route?.audience ?? 'program'
      let response: Response
      try {
        response = await answer(route, request, peer)
      } catch (error) {
        response = errorResponse(error, { page: pageFor(audience), requestId, log })
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
    if (route === undefined) return failureResponse(refusals.notFound, pageFor(audienceOf(request)))
    const page = pageFor(route.audience)
    if (route.checkHost && !hosts.has(hostOf(request))) return failureResponse(refusals.foreignHost, page)
    if (route.checkOrigin === true && isForeignOrigin(request, origins)) {
      return failureResponse(refusals.foreignOrigin, page)
    }
    const methods = allowedMethods(route)
    if (request.method === 'OPTIONS') return preflight(methods, route.cors)
    const handler = handlerOf(route, request.method)
    if (handler === undefined) {
      return failureResponse({ ...refusals.wrongMethod, headers: { Allow: methods.join(', ') } }, page)
    }
    return await handler(request, peer)
  }
}

function handlerOf(route: Route, method: string): Handler | undefined {
  if (method === 'HEAD') return route.handlers.GET
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
