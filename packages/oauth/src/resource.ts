/** Resource indicators (RFC 8707): this server issues tokens for one resource. */
import { OAuthError } from './errors.ts'

/** Absent means ours. Throws OAuthError `invalid_target`. */
export function parseResource(requested: string | undefined, ours: string): string {
  if (requested !== undefined && requested !== ours) {
    throw new OAuthError(
      'invalid_target',
      'resource_refused',
      'This server issues no tokens for that resource.',
    )
  }
  return ours
}
