/** Who is calling: what the bearer check established, and the key that only the caller's token opens. */
import type { EpochSeconds } from '@email-connector/oauth'

export const permissions = ['read', 'write', 'send'] as const
/** What the owner granted: read; organise and draft; also send. Each includes the ones before it. */
export type Permission = (typeof permissions)[number]

/** In an order in which each includes those before it. */
export const scopes = ['email:read', 'email:write'] as const
export type Scope = (typeof scopes)[number]

export interface Caller {
  readonly grantId: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly permission: Permission
  readonly resource: string
  /** When the presented access token ends. */
  readonly expiresAt: EpochSeconds
  /** S, the grant's secret: 32 bytes, zeroed when the request ends. */
  readonly secret: Uint8Array
}

/** `read` answers scope `email:read`; the other two `email:read email:write`. */
export function scopeOfPermission(permission: Permission): string {
  return permission === 'read' ? 'email:read' : 'email:read email:write'
}

export function permits(held: Permission, needed: Permission): boolean {
  return permissions.indexOf(held) >= permissions.indexOf(needed)
}
