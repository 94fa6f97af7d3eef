/**
 * What a connection did, on the owner's page: a day at a time, in parts, and as CSV; also for a while after the connection
 * has ended. Each mailbox's owner sees what was done with that mailbox, and nothing of another.
 */
import type { EpochSeconds } from '@email-connector/oauth'
import type { AuditEntry } from '../accounts/audit.ts'
import { toAuditCsv } from '../accounts/audit-csv.ts'
import type { OwnersAudit } from '../accounts/owners-audit.ts'
import { activityPage } from '../pages/activity-page.ts'
import { ownerStoppedPage } from '../pages/owner-form.ts'
import { auditSeconds } from '../store/audit-store.ts'
import type { OwnerRow } from '../store/owner-room-store.ts'
import type { Fields } from './form.ts'
import type { OwnedGrants } from './owned-grants.ts'
import type { PageProof } from './page-proof.ts'

export interface Activity {
  show(proof: PageProof, grantId: string, fields: Fields): Promise<Response>
  csv(proof: PageProof, grantId: string, fields: Fields): Promise<Response>
}

const shownAtOnce = 100
/** Of a day in a download: some megabytes less than a gateway lets through. */
const mostInDownload = 20_000

export function createActivity(options: {
  readonly owned: OwnedGrants
  readonly audit: OwnersAudit
  readonly now: () => EpochSeconds
}): Activity {
  const { owned, audit, now } = options
  const dayOf = (at: EpochSeconds) => new Date(at * 1000).toISOString().slice(0, 10)

  async function find({ owner }: PageProof, grantId: string) {
    const row = (await owned.rows(owner)).find((one) => one.grantId === grantId)
    if (row === undefined) return undefined
    const grant = row.ended === undefined ? await owned.find(owner, grantId) : undefined
    const clientName = row.ended?.clientName ?? grant?.clientName
    const last = row.ended?.at ?? grant?.lastUsedAt ?? now()
    return clientName === undefined ? undefined : { row, clientName, last }
  }

  function stopped({ handle }: PageProof): Response {
    return ownerStoppedPage({
      ...{ proof: handle, status: 404, title: 'There is no list of this connection' },
      text: 'It was erased, is older than 90 days, was made before this server kept one, or is of secrets that are gone.',
    })
  }

  async function wholeDay(row: OwnerRow, { owner }: PageProof, day: string) {
    const entries: AuditEntry[] = []
    let after: string | undefined
    do {
      const part = await audit.list(row, owner, { day, most: 500, ...(after !== undefined && { after }) })
      if (part === undefined) return undefined
      entries.push(...part.entries)
      after = part.next
    } while (after !== undefined && entries.length < mostInDownload)
    return entries.sort((one, other) => one.at - other.at)
  }

  return {
    async show(proof, grantId, fields) {
      const found = await find(proof, grantId)
      if (found === undefined) return stopped(proof)
      const { row, clientName, last } = found
      const typed = fields.get('day')
      const day = typed === undefined ? dayOf(last) : parseDay(typed)
      const after = parsePlace(fields.get('after'))
      const asked = { day: day ?? dayOf(last), most: shownAtOnce, ...(after !== undefined && { after }) }
      const part = await audit.list(row, proof.owner, asked)
      if (part === undefined) return stopped(proof)
      return activityPage({
        ...{ proof: proof.handle, grantId, clientName, address: proof.owner.address },
        ...{ day: asked.day, firstDay: dayOf(now() - auditSeconds), today: dayOf(now()) },
        ...{ ...part, isContinued: after !== undefined },
        ...(day === undefined && { fault: 'Write the day as 2026-11-27.' }),
      })
    },

    async csv(proof, grantId, fields) {
      const found = await find(proof, grantId)
      const day = parseDay(fields.get('day') ?? '')
      if (found === undefined || day === undefined) return stopped(proof)
      const entries = await wholeDay(found.row, proof, day)
      if (entries === undefined) return stopped(proof)
      return new Response(toAuditCsv(found.clientName, entries), {
        headers: {
          'Content-Type': 'text/csv; charset=utf-8',
          'Content-Disposition': `attachment; filename="activity-${day}.csv"`,
        },
      })
    },
  }
}

function parseDay(text: string): string | undefined {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))
  return isDay ? text : undefined
}

/** Hour and random name of a row, as the page before said it. */
function parsePlace(text: string | undefined): string | undefined {
  return text !== undefined && /^\d{4}-\d{2}-\d{2}T\d{2}#[\w-]{12}$/.test(text) ? text : undefined
}
