/**
 * Every reading tool over a mailbox that holds the whole corpus, many emails a call where a tool takes many. What comes
 * back is for the judge; the same calls show that nothing but the mail server is spoken to.
 */
import type { Answer, Endpoint } from './endpoint.ts'

export interface Reading {
  /** The call, as a fault names it. */
  readonly at: string
  readonly tool: string
  readonly answer: Answer
  /** Of the emails that were asked for, in order. */
  readonly uids: readonly number[]
  readonly wholeLinks: boolean
}

export interface Stored {
  readonly uid: number
  readonly attachmentIds: readonly string[]
}

const pageSize = 50
const idsACall = 20

/** In the order in which they were appended. */
export async function* readEverything(
  { call }: Pick<Endpoint, 'call'>,
  stored: readonly Stored[],
): AsyncGenerator<Reading> {
  const toReading = (
    tool: string,
    args: object,
    answer: Answer,
    uids: readonly number[] = [],
    wholeLinks = false,
  ): Reading => ({ at: `${tool} ${JSON.stringify(args).slice(0, 200)}`, tool, answer, uids, wholeLinks })

  for (const tool of ['list_providers', 'list_accounts', 'list_mailboxes'])
    yield toReading(tool, {}, await call(tool))

  const ids: string[] = []
  for (const [tool, args] of [
    ['get_recent_emails', { limit: pageSize }],
    ['search_emails', { mailbox: 'INBOX', to: 'test.example', limit: pageSize }],
    ['search_emails', { query: 'words', limit: pageSize }],
  ] as const) {
    let cursor: string | undefined
    do {
      const page = { ...args, ...(cursor === undefined ? {} : { cursor }) }
      const answer = await call(tool, page)
      yield toReading(tool, page, answer)
      if (tool === 'get_recent_emails')
        ids.push(...(answer.structured.emails ?? []).map(({ id }: { id: string }) => id))
      cursor = answer.structured.next_cursor
    } while (cursor !== undefined)
  }
  const everybody = { limit: pageSize }
  yield toReading('find_people', everybody, await call('find_people', everybody))
  // Newest first; appended in the order of the corpus.
  ids.reverse()

  for (const options of [{}, { format: 'html' }, { quotes: 'shown' }, { links: true, max_chars: 1_500 }]) {
    for (let from = 0; from < ids.length; from += idsACall) {
      const args = { ids: ids.slice(from, from + idsACall), ...options }
      const uids = stored.slice(from, from + idsACall).map(({ uid }) => uid)
      const answer = await call('get_email', args)
      yield toReading('get_email', { ...options, from }, answer, uids, 'links' in options)
    }
  }
  for (let at = 0; at < ids.length; at += pageSize) {
    const args = { id: ids[at] }
    yield toReading('get_thread', args, await call('get_thread', args))
  }
  for (const [at, { uid, attachmentIds }] of stored.entries())
    for (const attachment_id of attachmentIds) {
      const args = { id: ids[at], attachment_id }
      yield toReading('get_attachment', args, await call('get_attachment', args), [uid])
    }
}
