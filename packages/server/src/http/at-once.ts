/**
 * How many requests of one network may run at once. For routes that wait for somebody else's server: the process has few
 * places for that, and one stranger must not hold them all (R102). What is refused does no work. The count is this
 * process's: behind a gateway a function runs one request at a time, and behind a proxy everybody is one network.
 */
import type { Handler } from './frame.ts'
import { networkOf } from './network.ts'

export interface LimitAtOnce {
  readonly most: number
  /** Whether this request may wait. */
  readonly counts: (request: Request) => boolean
  /** The answer past it. */
  readonly full: () => Response
}

export function limitAtOnce(handler: Handler, limit: LimitAtOnce): Handler {
  const running = new Map<string, number>()
  return async (request, peer) => {
    if (!limit.counts(request)) return handler(request, peer)
    const network = networkOf(peer.ip)
    const before = running.get(network) ?? 0
    if (before >= limit.most) return limit.full()
    running.set(network, before + 1)
    try {
      return await handler(request, peer)
    } finally {
      const left = (running.get(network) ?? 1) - 1
      if (left > 0) running.set(network, left)
      else running.delete(network)
    }
  }
}
