/**
 * `fetch` for the provider's token endpoint and metadata, over a connection of its own. It tells what `fetch` does not:
 * whether a request can have reached the provider. A refresh token that may have been used is never sent again, and one
 * that certainly was not may be. The addresses are the deployment owner's, not a stranger's; bounds are on time and size.
 * A deployment on AWS gives a policy besides: https on port 443, at addresses that the policy has checked (R72).
 */
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { HostPolicy } from '@email-connector/mail'
import { pinnedLookup } from '../http/pinned-lookup.ts'
import { ProviderRefusedError } from './provider-refusal.ts'

/** Discovery documents have 5 KB, token answers less, unless an organisation puts all groups into an id token. */
const maxBytes = 256 * 1024
/** The lease of a refresh (accounts/token-rotation.ts) is longer than this and two writes. */
const providerTimeoutMs = 8_000

export type ProviderFetch = (
  url: string,
  options: {
    readonly method: string
    readonly headers: Record<string, string>
    readonly body?: unknown
    readonly signal?: AbortSignal | undefined
  },
) => Promise<Response>

/** What it makes throws ProviderRefusedError: `unavailable` while the request cannot have been sent, then `unanswered`. */
export function createProviderFetch(policy?: HostPolicy): ProviderFetch {
  return (url, options) => send(new URL(url), options, policy)
}

async function send(
  target: URL,
  { method, headers, body, signal }: Parameters<ProviderFetch>[1],
  policy: HostPolicy | undefined,
): Promise<Response> {
  const isSecure = target.protocol === 'https:'
  // A connection from before a freeze would fail after the request was written.
  const agent = isSecure ? new HttpsAgent({ keepAlive: false, maxCachedSessions: 0 }) : new HttpAgent()
  const open = isSecure ? httpsRequest : httpRequest
  const deadline = AbortSignal.timeout(providerTimeoutMs)
  const ending = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
  let isConnected = false
  try {
    const sent = open(target, {
      agent,
      method,
      headers,
      signal: ending,
      ...(policy !== undefined && { lookup: await checkedLookup(target, policy, ending) }),
      ...(isSecure && { minVersion: 'TLSv1.2' as const }),
    })
    sent.once('socket', (socket) => {
      socket.once(isSecure ? 'secureConnect' : 'connect', () => {
        isConnected = true
      })
    })
    sent.end(body === undefined || body === null ? undefined : String(body))
    const response = await arrival(sent)
    const content = await readBody(response)
    const status = response.statusCode ?? 0
    // RFC 9110 §15.5.20 and §15.6.4, RFC 6585 §4: not processed.
    if (status === 429 || status === 503) throw new ProviderRefusedError('unavailable')
    if (status >= 500) throw new ProviderRefusedError('unanswered')
    const type = response.headers['content-type']
    return new Response(new Uint8Array(content), {
      status,
      headers: type === undefined ? {} : { 'Content-Type': type },
    })
  } catch (cause) {
    if (cause instanceof ProviderRefusedError) throw cause
    throw new ProviderRefusedError(isConnected ? 'unanswered' : 'unavailable', { cause })
  } finally {
    agent.destroy()
  }
}

async function checkedLookup(
  { protocol, port, hostname }: URL,
  policy: HostPolicy,
  signal: AbortSignal,
): Promise<LookupFunction> {
  if (protocol !== 'https:' || port !== '') throw new Error('Not https on port 443')
  return pinnedLookup(await policy.resolve(hostname, signal))
}

function arrival(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve).once('error', reject)
  })
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new Error('The answer of the provider is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
