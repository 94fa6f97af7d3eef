/**
 * What one mailbox has for a search: EXAMINE and SEARCH, in one flight with those of other mailboxes where the server's
 * answers are short (RFC 4731). Only a block of the newest matches is looked at: the order of filing is not the order of
 * arrival, so the whole block is sorted, and the next block comes when it is used up.
 */
import type { Flight } from '../imap/flight.ts'
import { atom } from '../imap/protocol.ts'
import { prepareUidSearch, searchUids } from '../imap/search-uids.ts'
import type { ImapSession, ImapToken, SelectedMailbox } from '../imap/session.ts'
import { takeNewest, type UidRange } from '../imap/uid-set.ts'
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
  /** Known from a STATUS. */
  readonly exists?: number
  /** Added to each search of a mailbox that is too large for a search of bodies. */
  readonly sinceWhenSlow: readonly ImapToken[]
}

/** The size of a mailbox must be known before it is searched. */
export function isSizeNeeded(session: ImapSession, cases: readonly PreparedCase[]): boolean {
  return !hasShortAnswers(session) || cases.some(({ search }) => search.slow)
}

/** Several mailboxes can be searched in one flight. */
export function canAskTogether(session: ImapSession, cases: readonly PreparedCase[]): boolean {
  const takesLiterals = session.has('LITERAL+') || session.has('LITERAL-')
  return hasShortAnswers(session) && (takesLiterals || cases.every(({ search }) => !search.utf8))
}

/**
 * Adds EXAMINE and the searches of one mailbox to a flight. Once it is back: what was found, or undefined where the
 * mailbox could not be opened or searched. Undefined at once where it has to be asked by `findCandidates`.
 */
export function askInFlight(
  session: ImapSession,
  flight: Flight,
  question: CandidateQuestion,
): (() => Candidates | undefined) | undefined {
  const { path, cases, block, exists } = question
  // A literal that waits for its "+" can only be in the last command.
  if (cases.length > 1 && !canAskTogether(session, cases)) return undefined
  if (exists === undefined && isSizeNeeded(session, cases)) return undefined
  if (!hasShortAnswers(session) && (exists ?? 0) > (windowSizes[0] ?? 0)) return undefined
  const opened = flight.examine(path)
  const newest = session.has('PARTIAL') ? blockSize : undefined
  const searches = cases.map(({ search }) =>
    flight.search([...keyOf(block), ...tokensOf(search, question, exists ?? 0)], {
      utf8: search.utf8,
      newest,
    }),
  )
  return () => {
    const mailbox = opened()
    // A plain SEARCH that found nothing may say nothing; it was the last command of its flight.
    const isRefused = hasShortAnswers(session)
      ? searches.some((one) => !one.isAnswered())
      : flight.fault !== undefined
    if (mailbox === undefined || isRefused) return undefined
    return toCandidates(
      mailbox,
      block,
      searches.map((one) => toMatches(one.ranges, block, newest === undefined ? undefined : one.count)),
    )
  }
}

/** By itself: EXAMINE first, and window by window on a server with long answers. Throws why it cannot be searched. */
export async function findCandidates(session: ImapSession, question: CandidateQuestion): Promise<Candidates> {
  const { path, cases, block } = question
  const mailbox = await session.select(path, 'read')
  const matches: Matches[] = []
  for (const { search } of cases) {
    const tokens = [...keyOf(block), ...tokensOf(search, question, mailbox.exists)]
    matches.push(await newestMatches(session, { tokens, utf8: search.utf8 }, mailbox.exists, question))
  }
  return toCandidates(mailbox, block, matches)
}

function hasShortAnswers(session: ImapSession): boolean {
  return session.has('ESEARCH') || session.has('PARTIAL')
}

function keyOf(block: UidBlock): ImapToken[] {
  return isWhole(block) ? [] : [atom('UID'), { type: 'SEQUENCE', value: `${block.low}:${block.top}` }]
}

function tokensOf(search: ImapSearch, { sinceWhenSlow }: CandidateQuestion, exists: number): ImapToken[] {
  const isTooLarge = search.slow && exists > slowAboveMessages
  return [...search.tokens, atom('UNDELETED'), ...(isTooLarge ? sinceWhenSlow : [])]
}

interface Matches {
  readonly found: readonly UidRange[]
  readonly total?: number
  readonly more: boolean
}

/** `count`: only the newest came, of so many. */
function toMatches(
  ranges: readonly UidRange[],
  block: UidBlock,
  count: (() => number | undefined) | undefined,
): Matches {
  const found = within(block, ranges)
  if (count === undefined) return { found, more: false, ...(isWhole(block) && { total: sizeOf(found) }) }
  const total = isWhole(block) ? count() : undefined
  const more = takeNewest(found, blockSize).length === blockSize
  return { found, more, ...(total !== undefined && { total }) }
}

function toCandidates(mailbox: SelectedMailbox, block: UidBlock, matches: readonly Matches[]): Candidates {
  const found = matches.map((one) => new Set(takeNewest(one.found, blockSize)))
  const uids = newestOf(found)
  const totals = matches.map((one) => one.total)
  // Several cases may find the same message.
  const total = totals.length > 1 ? undefined : (totals[0] ?? (totals.length === 0 ? 0 : undefined))
  return {
    mailbox,
    uids,
    found,
    ...(total !== undefined && { total }),
    more:
      matches.some((one) => one.more) ||
      block.low > 1 ||
      (uids.length === blockSize && (uids.at(-1) ?? 0) > 1),
  }
}

async function newestMatches(
  session: ImapSession,
  { tokens, utf8 }: Pick<ImapSearch, 'tokens' | 'utf8'>,
  exists: number,
  { block, enough }: CandidateQuestion,
): Promise<Matches> {
  if (hasShortAnswers(session) || exists <= (windowSizes[0] ?? 0)) {
    const newest = session.has('PARTIAL') ? blockSize : undefined
    const search = prepareUidSearch(session, tokens, { utf8, newest })
    await session.run('UID SEARCH', search.attributes, search.untagged)
    return toMatches(search.ranges, block, newest === undefined ? undefined : search.count)
  }
  let found: UidRange[] = []
  let last = exists
  for (const size of windowSizes) {
    const first = Math.max(1, last - size + 1)
    const window: ImapToken = { type: 'SEQUENCE', value: `${first}:${last}` }
    const some = await searchUids(session, [window, ...tokens], utf8)
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
function within(block: UidBlock, ranges: readonly UidRange[]): readonly UidRange[] {
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
