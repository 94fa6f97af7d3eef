/**
 * Commands in front of another one, in its flight. A server ends all that it does in a mailbox before it opens the next
 * one (RFC 9051 §5.5), so what arrives belongs to the first command of its kind that has not ended yet. In one mailbox
 * that is not so: Dovecot ends several FETCH or SEARCH together. FETCHes of one mailbox must share their handler, and
 * the answer of a search says whose it is (RFC 4731).
 */
import type { Channel, ImapResponse, ImapToken, SentCommand, UntaggedHandlers } from './protocol.ts'
import { textOf } from './response-text.ts'

export interface AheadCommand extends SentCommand {
  /** For its untagged answers; without them they are those of the command behind it. */
  readonly untagged?: UntaggedHandlers
}

export interface AheadCommands {
  add(command: string, attributes: ImapToken[], untagged?: UntaggedHandlers): void
  /** What was added since. */
  take(): readonly AheadCommand[]
  /** The handlers of a command that leaves behind `before`. */
  route(before: readonly AheadCommand[], handlers: UntaggedHandlers): UntaggedHandlers
}

export function createAheadCommands(channel: Pick<Channel, 'countUnknownTag'>): AheadCommands {
  const unanswered = new Set<string>()
  let waiting: AheadCommand[] = []
  let count = 0
  const countUnknownTag = channel.countUnknownTag.bind(channel)
  channel.countUnknownTag = (tag) => {
    if (!unanswered.delete(tag)) countUnknownTag(tag)
  }
  return {
    add(command, attributes, untagged) {
      const tag = `P${++count}`
      unanswered.add(tag)
      waiting.push({ tag, command, attributes, ...(untagged && { untagged }) })
    },
    take() {
      const taken = waiting
      waiting = []
      return taken
    },
    route(before, handlers) {
      if (before.every(({ untagged }) => untagged === undefined)) return handlers
      const all = [handlers, ...before.map(({ untagged }) => untagged ?? {})]
      const names = new Set(all.flatMap((one) => Object.keys(one)))
      const ownerOf = (name: string, line: ImapResponse) => {
        const named = name === 'ESEARCH' ? tagOf(line) : undefined
        const owner = before.find(({ tag, untagged }) =>
          named === undefined ? unanswered.has(tag) && untagged?.[name] : tag === named,
        )
        return owner?.untagged ?? handlers
      }
      return Object.fromEntries([...names].map((name) => [name, (line) => ownerOf(name, line)[name]?.(line)]))
    },
  }
}

/** `ESEARCH (TAG "P3") UID ALL 1:7` */
function tagOf({ attributes = [] }: ImapResponse): string | undefined {
  const [correlator] = attributes
  return Array.isArray(correlator) && textOf(correlator[0]).toUpperCase() === 'TAG'
    ? textOf(correlator[1])
    : undefined
}
