/**
 * Fetches a client's Client ID Metadata Document (R17), whose URL comes from a stranger: public addresses only, no
 * redirect (http/public-document.ts), one deadline, few at once, and nothing but the parsed JSON is kept. Leaves to the
 * oauth package: which URLs are client ids, what the document must say, and keeping it.
 */
import type { Agent } from 'node:https'
import type { HostPolicy } from '@email-connector/mail'
import type { FetchClientMetadata } from '@email-connector/oauth'
import { createGetPublicDocument } from '../http/public-document.ts'
import { maxAgeOf } from './cache-control.ts'

/** What the draft recommends (draft-ietf-oauth-client-id-metadata-document §6). */
const maxBytes = 5 * 1024
/** Resolving included: a person waits for the page. */
const defaultDeadlineMs = 5_000
/** At once: anyone may ask for a page, and a stranger's slow server must not hold our sockets without end. */
const maxFetches = 10

export interface ClientMetadataOptions {
  readonly policy: HostPolicy
  readonly agent?: Agent
  readonly deadlineMs?: number
}

/** The function throws whatever went wrong; to its caller all of it means "not now". */
export function createClientMetadataFetch(options: ClientMetadataOptions): FetchClientMetadata {
  const { deadlineMs = defaultDeadlineMs, ...reach } = options
  const getDocument = createGetPublicDocument(reach)
  let fetches = 0

  return async (url) => {
    if (fetches >= maxFetches) throw new Error('Too many at once')
    fetches += 1
    try {
      const signal = AbortSignal.timeout(deadlineMs)
      const type = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i
      const { headers, text } = await getDocument(url, { accept: 'application/json', type, maxBytes, signal })
      const maxAgeSeconds = maxAgeOf(headers['cache-control'])
      return { document: JSON.parse(text), ...(maxAgeSeconds !== undefined && { maxAgeSeconds }) }
    } finally {
      fetches -= 1
    }
  }
}
