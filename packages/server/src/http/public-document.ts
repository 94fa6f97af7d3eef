/**
 * One GET of a document whose address comes from a stranger: https on port 443, at addresses that were checked to be public,
 * no redirect, nothing sent, a cap on what is read. What bounds it is that nothing private can be reached. What the
 * document must be is its reader's to say, and so is the deadline.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { isIP } from 'node:net'
import type { HostPolicy } from '@email-connector/mail'
import { appName } from '../deployment-names.ts'
import { pinnedLookup } from './pinned-lookup.ts'

const maxHeaderBytes = 8 * 1024

export interface PublicDocument {
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Throws whatever went wrong; to its callers all of it means "not now". */
export type GetPublicDocument = (
  url: string,
  options: {
    readonly accept: string
    /** Of the answer; another one is not read. */
    readonly type: RegExp
    readonly maxBytes: number
    readonly signal: AbortSignal
  },
) => Promise<PublicDocument>

export function createGetPublicDocument(options: {
  /** One that reaches public addresses only, whatever the deployment allows for mail servers. */
  readonly policy: HostPolicy
  /** Opens the connection; Node's own unless a test watches it. */
  readonly agent?: Agent
}): GetPublicDocument {
  const { policy } = options
  if (policy.allowPrivate) throw new Error('Documents of strangers come from public addresses only')
  // No session is resumed: Node skips the host name check on those.
  const agent = options.agent ?? new Agent({ keepAlive: false, maxCachedSessions: 0 })

  return async (url, { accept, type, maxBytes, signal }) => {
    const target = parseTarget(url)
    // Ends with the signal: a slot is free again only when the lookup is over.
    const addresses = await policy.resolve(target.hostname, signal)
    const response = await get(target, { addresses, agent, signal, accept })
    try {
      // A redirect is not 200 and so is not followed.
      if (response.statusCode !== 200) throw new Error('Not a 200')
      if (!type.test(response.headers['content-type'] ?? '')) throw new Error('Not of the type')
      if ((response.headers['content-encoding'] ?? 'identity') !== 'identity') throw new Error('Encoded')
      return { headers: response.headers, text: await readText(response, maxBytes) }
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

function get(
  target: URL,
  {
    addresses,
    agent,
    signal,
    accept,
  }: { addresses: readonly string[]; agent: Agent; signal: AbortSignal; accept: string },
): Promise<IncomingMessage> {
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
          Accept: accept,
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

async function readText(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new Error('Too large')
    chunks.push(chunk)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}
