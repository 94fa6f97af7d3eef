/**
 * What one mailbox has for a search: EXAMINE and SEARCH in one flight, with the FETCH of the mailbox searched before it
 * ahead of them. Only a block of the newest matches is looked at: the order of filing is not the order of arrival, so
 * the whole block is sorted, and the next block comes when it is used up.
 */
import type { UntaggedHandlers } from '../imap/protocol.ts'
import { atom } from '../imap/protocol.ts'
import { searchUids } from '../imap/search-uids.ts'
import type { ImapSession, ImapToken, SelectedMailbox } from '../imap/session.ts'
import { takeNewest, type UidRange } from '../imap/uid-set.ts'
import { MailError } from '../mail-error.ts'
import type { SearchCase } from './plan.ts'
import type { ImapSearch } from './to-imap.ts'

/** Matches whose dates are compared: 20 kB of INTERNALDATEs. */
const blockSize = 500
/** From the newest; a plain answer of a million numbers is 7 MB, and most searches end in the first window. */
const windowSizes = [20_000, 200_000, Number.POSITIVE_INFINITY]
/** Above this a search of bodies may take longer than a call: only the last days are searched unless told. */
export const slowAboveMessages = 20_000

export interface PreparedCase extends SearchCase {
  readonly search: ImapSearch
}

/** The UIDs of a block, both ends included; from where a page ended. */
export interface UidBlock {
  readonly top: number
  readonly low: number
}

export const wholeMailbox: UidBlock = { top: 0xffff_ffff, low: 1 }

export interface Candidates {
  readonly mailbox: SelectedMailbox
  /** Newest UID first, at most a block of them. */
  readonly uids: readonly number[]
  /** For each case of the plan which of them it found. */
  readonly found: readonly ReadonlySet<number>[]
  /** Messages that match in the whole mailbox; absent where that is not known. */
  readonly total?: number
  /** There may be matches below the block. */
  readonly more: boolean
}

export interface CandidateQuestion {
  readonly path: string
  readonly cases: readonly PreparedCase[]
  readonly block: UidBlock
  /** A server without ESEARCH is asked window by window until so many match. */
  readonly enough: number
  /** Known from a STATUS; absent: EXAMINE is asked alone first. */
  readonly exists?: number
  /** Added to each search of a mailbox that is too large for a search of bodies. */
  readonly sinceWhenSlow?: readonly ImapToken[]
}

/** Throws `mailbox_not_found`, `server_refused` and what ends a connection. */
export async function findCandidates(
  session: ImapSession,
  { path, cases, block, enough, exists, sinceWhenSlow = [] }: CandidateQuestion,
  /** Answers to what was sent ahead. */
  ahead: UntaggedHandlers = {},
): Promise<Candidates> {
  const isSizeNeeded =
    (!session.has('ESEARCH') && !session.has('PARTIAL')) ||
    (sinceWhenSlow.length > 0 && cases.some(({ search }) => search.slow))
  const isAlone = cases.length === 0 || (isSizeNeeded && exists === undefined)
  const known = isAlone ? await session.select(path, 'read', ahead) : undefined
  const examined = isAlone ? undefined : session.examineAhead(path)
  let handlers: UntaggedHandlers = examined === undefined ? {} : { ...ahead, ...examined.handlers }
  const size = known?.exists ?? exists
  const found: Set<number>[] = []
  let total: number | undefined = 0
  let more = false
  for (const { search } of cases) {
    const isTooLarge = search.slow && (size ?? 0) > slowAboveMessages
    const tokens = [...search.tokens, atom('UNDELETED'), ...(isTooLarge ? sinceWhenSlow : [])]
    const answer = await newestMatches(
      session,
      { ...search, tokens },
      { block, enough, exists: size ?? 0 },
      handlers,
    )
    handlers = {}
    found.push(new Set(takeNewest(answer.found, blockSize)))
    total = total === undefined || answer.total === undefined ? undefined : total + answer.total
    more ||= answer.more
  }
  const uids = newestOf(found)
  const mailbox = known ?? examined?.toMailbox()
  if (mailbox === undefined) throw new MailError('connection_lost', { protocol: 'imap' })
  return {
    mailbox,
    uids,
    found,
    ...(total !== undefined && cases.length < 2 ? { total } : {}),
    more: more || block.low > 1 || (uids.length === blockSize && (uids.at(-1) ?? 0) > 1),
  }
}

interface Matches {
  readonly found: UidRange[]
  readonly total?: number
  readonly more: boolean
}

async function newestMatches(
  session: ImapSession,
  { tokens, utf8 }: ImapSearch,
  { block, enough, exists }: { block: UidBlock; enough: number; exists: number },
  handlers: UntaggedHandlers,
): Promise<Matches> {
  const uidKey: ImapToken[] = isWhole(block)
    ? []
    : [atom('UID'), { type: 'SEQUENCE', value: `${block.low}:${block.top}` }]
  if (session.has('PARTIAL')) {
    let total: number | undefined
    const count = (matches: number) => {
      total = matches
    }
    const all = await searchUids(session, [...uidKey, ...tokens], utf8, blockSize, { handlers, count })
    const found = within(block, all)
    const more = takeNewest(found, blockSize).length === blockSize
    return { found, more, ...(isWhole(block) && total !== undefined ? { total } : {}) }
  }
  if (session.has('ESEARCH') || exists <= (windowSizes[0] ?? 0)) {
    const all = await searchUids(session, [...uidKey, ...tokens], utf8, undefined, { handlers })
    const found = within(block, all)
    return { found, more: false, ...(isWhole(block) ? { total: sizeOf(found) } : {}) }
  }
  let found: UidRange[] = []
  let last = exists
  for (const size of windowSizes) {
    const first = Math.max(1, last - size + 1)
    const window: ImapToken = { type: 'SEQUENCE', value: `${first}:${last}` }
    const some = await searchUids(session, [window, ...uidKey, ...tokens], utf8, undefined, { handlers })
    found = found.concat(within(block, some))
    last = first - 1
    if (last < 1 || sizeOf(found) >= enough) break
  }
  return { found, more: last >= 1, ...(isWhole(block) && last < 1 ? { total: sizeOf(found) } : {}) }
}

function isWhole({ top, low }: UidBlock): boolean {
  return top === wholeMailbox.top && low === wholeMailbox.low
}

/** Whatever a server answers, nothing outside of the block counts. */
function within(block: UidBlock, ranges: UidRange[]): UidRange[] {
  // A copy of a million ranges would be dear.
  if (isWhole(block)) return ranges
  const { top, low } = block
  return ranges
    .map(([first, last]): UidRange => [Math.max(first, low), Math.min(last, top)])
    .filter(([first, last]) => first <= last)
}

function newestOf(found: readonly ReadonlySet<number>[]): number[] {
  const uids = new Set(found.flatMap((some) => [...some]))
  return [...uids].sort((a, b) => b - a).slice(0, blockSize)
}

function sizeOf(ranges: readonly UidRange[]): number {
  return ranges.reduce((sum, [low, high]) => sum + high - low + 1, 0)
}

/** A mailbox that went away, or that this login may not read: the search of the others goes on. */
export function isOfOneMailbox(error: unknown): error is MailError {
  return error instanceof MailError && !['connection_lost', 'timeout', 'throttled'].includes(error.code)
}
