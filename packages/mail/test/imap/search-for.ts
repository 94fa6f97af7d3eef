/** A search as the tool makes it: separate fields and query merged, days in UTC. */
import {
  type ImapSession,
  mergeFields,
  type SearchFields,
  type SearchPage,
  searchMessages,
} from '../../src/index.ts'

export interface Asked extends SearchFields {
  readonly mailbox: string
  readonly limit: number
  readonly cursor?: string
}

export async function searchFor(session: ImapSession, asked: Asked): Promise<SearchPage> {
  const { mailbox, limit, cursor, ...fields } = asked
  const { query, faults } = mergeFields(fields, '2026-11-27')
  if (faults.length > 0) throw new Error(faults[0]?.text)
  return await searchMessages(session, {
    mailbox,
    limit,
    timeZone: 'UTC',
    ...(query === undefined ? {} : { query }),
    ...(cursor === undefined ? {} : { cursor }),
  })
}
