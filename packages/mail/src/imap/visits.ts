/**
 * The same commands in several mailboxes, with as few flights as servers allow. A mailbox that could not be opened, or
 * that left an answer out, is asked once more alone.
 */
import { Flight, isOfOneMailbox } from './flight.ts'
import type { ImapToken, UntaggedHandlers } from './protocol.ts'
import type { SelectedMailbox } from './select-observer.ts'
import type { ImapSession } from './session.ts'

export interface VisitCommand {
  readonly command: string
  readonly attributes: ImapToken[]
  /** What it may bring. */
  readonly bytes: number
}

export interface Visit<T> {
  readonly path: string
  readonly commands: readonly VisitCommand[]
  /** Made for each attempt; it gets the answers of its own commands. */
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
  const flight = new Flight(session)
  const sent = visits.map(({ path, commands, collect }) => {
    const opened = flight.examine(path)
    const { handlers, result } = collect()
    for (const one of commands) flight.add({ ...one, untagged: handlers })
    return { opened, result }
  })
  await flight.send()
  const visited: (Visited<T> | undefined)[] = []
  for (const [index, visit] of visits.entries()) {
    const mailbox = sent[index]?.opened()
    const result = mailbox && sent[index]?.result()
    visited.push(mailbox && result !== undefined ? { mailbox, result } : await visitAlone(session, visit))
  }
  return visited
}

/** Undefined: the server refused it. */
async function visitAlone<T>(session: ImapSession, visit: Visit<T>): Promise<Visited<T> | undefined> {
  try {
    const mailbox = await session.select(visit.path, 'read')
    const { handlers, result } = visit.collect()
    for (const { command, attributes, bytes } of visit.commands) {
      session.reserve(bytes)
      await session.run(command, attributes, handlers)
    }
    const all = result()
    return all === undefined ? undefined : { mailbox, result: all }
  } catch (error) {
    if (isOfOneMailbox(error)) return undefined
    throw error
  }
}
