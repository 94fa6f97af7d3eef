/**
 * Which browser a one-time link belongs to: the one whose person proved the first mailbox. The browser has a value in a cookie,
 * the link's row its hash.
 */
import { createHash, randomBytes } from 'node:crypto'
import { type EpochSeconds, type LinkRow, readCookie, toSetCookie } from '@email-connector/oauth'

export interface LinkBond {
  /** This browser is the one that proved the first mailbox. */
  holds(request: Request, row: LinkRow): boolean
  /** For the row. */
  boundTo(value: string): string
  /** The value that the browser has, or a new one, and the Set-Cookie value. */
  renew(request: Request, row: LinkRow): { readonly value: string; readonly cookie: string }
}

export function createLinkBond({
  publicUrl,
  now,
}: {
  readonly publicUrl: string
  readonly now: () => EpochSeconds
}): LinkBond {
  const boundTo = (value: string) => createHash('sha256').update(value).digest('hex')
  const nameOf = (row: LinkRow) => `link-${row.id.slice(0, 16)}`
  function find(request: Request, row: LinkRow): string | undefined {
    const value = readCookie(request, publicUrl, nameOf(row))
    return value !== undefined && row.boundTo === boundTo(value) ? value : undefined
  }
  return {
    boundTo,
    holds: (request, row) => find(request, row) !== undefined,
    renew(request, row) {
      const value = find(request, row) ?? randomBytes(32).toString('base64url')
      const maxAgeSeconds = row.expiresAt - now()
      return { value, cookie: toSetCookie(publicUrl, { name: nameOf(row), value, maxAgeSeconds }) }
    },
  }
}
