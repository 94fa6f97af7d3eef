/** What a connection did, row by row: written by calls, read and erased from the owner's page. */
import type { EpochSeconds } from '@email-connector/oauth'
import { daySeconds } from '../clock.ts'

/** How long rows are kept, and the owner index rows of a grant that ended. */
export const auditSeconds = 90 * daySeconds

export interface AuditRow {
  readonly grantId: string
  /** Account id, hour and a random name: `…#2026-11-27T04#…`. The exact time is under the seal. */
  readonly name: string
  /** What was about to be done, sealed. Absent for what changes nothing. */
  readonly begun?: string
  /** How it ended, sealed. Absent while it runs, and where its process was stopped. */
  readonly ended?: string
  readonly expiresAt: EpochSeconds
}

export interface AuditStore {
  /** Throws when it exists. */
  createAudit(row: AuditRow): Promise<void>
  /** Adds the end to a row that is there; one that is gone is not made. */
  endAudit(end: { readonly grantId: string; readonly name: string; readonly ended: string }): Promise<void>
  /** Rows whose name starts so, in the order of names; so many at most, after the one that `after` names. */
  listAudit(grantId: string, startsWith: string, most: number, after?: string): Promise<readonly AuditRow[]>
  /** A missing row is no error. */
  deleteAudit(grantId: string, name: string): Promise<void>
}
