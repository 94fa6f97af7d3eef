/** The time zone in which the owner's days begin: as the page of connections keeps it, else UTC. */
import type { OpenedAccount } from '../accounts/grant-accounts.ts'

export function timeZoneOf({ settings }: Pick<OpenedAccount, 'settings'>): string {
  const timeZone = settings.state === 'open' ? settings.account.timeZone : undefined
  return timeZone ?? 'UTC'
}
