/**
 * Several mailboxes in one flight: EXAMINE and its commands, one mailbox behind the other. What arrives belongs to the
 * mailbox whose UIDVALIDITY came last. A mailbox that could not be opened leaves that in doubt, so then, and where an
 * answer is missing, each is asked alone.
 */
import { MailError } from '../mail-error.ts'
import type { ImapResponse, ImapToken, UntaggedHandlers } from './protocol.ts'
import { textOf } from './response-text.ts'
import type { ImapSession, SelectedMailbox } from './session.ts'

export interface VisitCommand {
  readonly command: string
  readonly attributes: ImapToken[]
  /** What it may bring. */
  readonly bytes: number
}

export interface Visit<T> {
  readonly path: string
  readonly commands: readonly VisitCommand[]
  /** Made for each attempt. */
  readonly collect: () => Collector<T>
}

export interface Collector<T> {
  readonly handlers: UntaggedHandlers
  /** Undefined: not everything was answered. */
  result(): T | undefined
}

export interface Visited<T> {
  readonly mailbox: SelectedMailbox
  readonly result: T
}

/** Commands in one flight; some servers stop reading where more wait. */
const maxPipelined = 60

/** In the order of `visits`; undefined where the server refused one. */
export async function visitMailboxes<T>(
  session: ImapSession,
  visits: readonly Visit<T>[],
): Promise<(Visited<T> | undefined)[]> {
  const visited: (Visited<T> | undefined)[] = []
  for (const some of toFlights(visits)) visited.push(...(await visitTogether(session, some)))
  return visited
}

function toFlights<T>(visits: readonly Visit<T>[]): Visit<T>[][] {
  const flights: Visit<T>[][] = []
  let count = maxPipelined
  for (const visit of visits) {
    count += 1 + visit.commands.length
    if (count > maxPipelined) {
      flights.push([visit])
      count = 1 + visit.commands.length
    } else flights.at(-1)?.push(visit)
  }
  return flights
}

async function visitTogether<T>(
  session: ImapSession,
  visits: readonly Visit<T>[],
): Promise<(Visited<T> | undefined)[]> {
  const opened = visits.map(({ path, commands, collect }) => {
    const examined = session.examineAhead(path)
    for (const { command, attributes, bytes } of commands) {
      session.reserve(bytes)
      session.sendAhead(command, attributes)
    }
    return { examined, collector: collect() }
  })
  let at = -1
  const pass = (name: string) => (response: ImapResponse) => opened[at]?.collector.handlers[name]?.(response)
  const names = new Set(opened.flatMap(({ collector }) => Object.keys(collector.handlers)))
  await session.run('NOOP', [], {
    ...Object.fromEntries([...names].map((name) => [name, pass(name)])),
    OK(response) {
      if (textOf(response.attributes?.[0]?.section?.[0]).toUpperCase() === 'UIDVALIDITY') at++
      return opened[at]?.examined.handlers.OK?.(response)
    },
  })
  const isCertain = at + 1 === visits.length
  const visited: (Visited<T> | undefined)[] = []
  for (const [index, visit] of visits.entries()) {
    const one = opened[index]
    const result = isCertain ? one?.collector.result() : undefined
    const mailbox = result === undefined ? undefined : one?.examined.toMailbox()
    visited.push(
      result !== undefined && mailbox !== undefined
        ? { mailbox, result }
        : await visitAlone(session, visit).catch(orUndefined),
    )
  }
  return visited
}

async function visitAlone<T>(session: ImapSession, visit: Visit<T>): Promise<Visited<T> | undefined> {
  const mailbox = await session.select(visit.path, 'read')
  const collector = visit.collect()
  for (const { command, attributes, bytes } of visit.commands) {
    session.reserve(bytes)
    await session.run(command, attributes, collector.handlers)
  }
  const result = collector.result()
  return result === undefined ? undefined : { mailbox, result }
}

function orUndefined(error: unknown): undefined {
  if (error instanceof MailError && !['connection_lost', 'timeout', 'throttled'].includes(error.code))
    return undefined
  throw error
}
