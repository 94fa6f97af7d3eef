/**
 * Fetches a client's Client ID Metadata Document (R17): one GET over https to port 443, at addresses that were checked
 * to be public, with no redirect, under one deadline and a size cap. The URL comes from a stranger, so this is the one
 * request of the product that someone else aims; what bounds it is that nothing private can be reached, nothing is
 * sent, and nothing but the parsed JSON is kept. Leaves to the oauth package: which URLs are client ids, what the
 * document must say, and keeping it.
 */
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { isIP } from 'node:net'
import type { HostPolicy } from '@email-connector/mail'
import type { FetchClientMetadata } from '@email-connector/oauth'
import { appName } from '../deployment-names.ts'
import { pinnedLookup } from '../http/pinned-lookup.ts'
import { maxAgeOf } from './cache-control.ts'

/** What the draft recommends (draft-ietf-oauth-client-id-metadata-document §6). */
const maxBytes = 5 * 1024
/** Resolving included: a person waits for the page. */
const defaultDeadlineMs = 5_000
const maxHeaderBytes = 8 * 1024
/** At once: anyone may ask for a page, and a slow server of theirs must not hold sockets of ours without end. */
const maxFetches = 10

export interface ClientMetadataOptions {
  /** One that reaches public addresses only, whatever the deployment allows for mail servers. */
  readonly policy: HostPolicy
  /** Opens the connection; Node's own unless a test watches it. */
  readonly agent?: Agent
  readonly deadlineMs?: number
}

/** The function throws whatever went wrong; to its caller all of it means "not now". */
export function createClientMetadataFetch(options: ClientMetadataOptions): FetchClientMetadata {
  const { policy, deadlineMs = defaultDeadlineMs } = options
  if (policy.allowPrivate) throw new Error('Client metadata is fetched from public addresses only')
  // No session is resumed: Node skips the host name check on those.
  const agent = options.agent ?? new Agent({ keepAlive: false, maxCachedSessions: 0 })
  let fetches = 0

  return async (url) => {
    if (fetches >= maxFetches) throw new Error('Too many at once')
    fetches += 1
    try {
      return await fetchDocument(parseTarget(url), AbortSignal.timeout(deadlineMs))
    } finally {
      fetches -= 1
    }
  }

  async function fetchDocument(target: URL, signal: AbortSignal): ReturnType<FetchClientMetadata> {
    // Ends with the signal: a slot is free again only when the lookup is over.
    const addresses = await policy.resolve(target.hostname, signal)
    const response = await get(target, { addresses, agent, signal })
    try {
      assertDocument(response)
      const document: unknown = JSON.parse(await readBody(response))
      const maxAgeSeconds = maxAgeOf(response.headers['cache-control'])
      return { document, ...(maxAgeSeconds !== undefined && { maxAgeSeconds }) }
    } finally {
      response.destroy()
    }
  }
}

/** An address literal has no name that a certificate, or the consent page, could vouch for. */
function parseTarget(url: string): URL {
  const target = new URL(url)
  const { protocol, port, hostname } = target
  if (protocol !== 'https:' || port !== '') throw new Error('Not https on port 443')
  if (isIP(hostname) !== 0 || hostname.startsWith('[')) throw new Error('Not a host name')
  return target
}

interface Connection {
  readonly addresses: readonly string[]
  readonly agent: Agent
  readonly signal: AbortSignal
}

function get(target: URL, { addresses, agent, signal }: Connection): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(
      target,
      {
        agent,
        lookup: pinnedLookup(addresses),
        signal,
        servername: target.hostname,
        minVersion: 'TLSv1.2',
        maxHeaderSize: maxHeaderBytes,
        headers: {
          Accept: 'application/json',
          'Accept-Encoding': 'identity',
          'User-Agent': appName,
          Connection: 'close',
        },
      },
      resolve,
    )
      .once('error', reject)
      .end()
  })
}

/** A redirect is not 200 and so is not followed. */
function assertDocument({ statusCode, headers }: IncomingMessage): void {
  if (statusCode !== 200) throw new Error('Not a 200')
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(headers['content-type'] ?? '')) {
    throw new Error('Not JSON')
  }
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw new Error('Encoded')
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new Error('Too large')
    chunks.push(chunk)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}
