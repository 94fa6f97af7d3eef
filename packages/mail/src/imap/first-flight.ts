/**
 * LOGIN and the EXAMINE or SELECT after it in one flight (RFC 9051 §5.5), on servers that took this login before. Never
 * before the greeting, never behind a literal, never a write. A server may lose what came with a LOGIN (Courier does):
 * what stays unanswered after the login is said once more, on the same connection.
 *
 * An access token is as good as a LOGIN where it goes with its AUTHENTICATE (SASL-IR, RFC 4959): a server that takes it
 * asks nothing more. One that refuses it may explain itself in a challenge first (RFC 7628 §3.2.3) and takes the next
 * line for the answer; what it makes of an EXAMINE there is a refusal too, and the connection ends.
 */
import type { Channel, ImapToken, SentCommand, UntaggedHandlers } from './protocol.ts'
import { textOf } from './response-text.ts'

export interface EarlyCommand {
  readonly command: string
  readonly attributes: ImapToken[]
  readonly untagged: UntaggedHandlers
  /** What goes before it, its completion unseen. */
  readonly before: readonly SentCommand[]
}

type Answer = ReturnType<Channel['exec']>

export interface FirstFlight {
  /** Undefined: it did not leave with the LOGIN, and is to be sent. */
  answerTo(early: EarlyCommand): Answer | undefined
  /** Something left with the LOGIN, and the LOGIN was answered OK. */
  arrived(): boolean
  /** What left with the LOGIN was lost: it was said again, and only that was answered. */
  lost(): boolean
}

const tokenMechanisms = new Set(['XOAUTH2', 'OAUTHBEARER'])
const openers = new Set(['EXAMINE', 'SELECT'])
const listing = new Set(['LIST', 'LSUB', 'NAMESPACE'])
const harmless = new Set([...openers, ...listing, 'UID FETCH'])
/** After the login; a server that is only slow does the same twice, and answers twice. */
const patienceMs = 1_500

/** `waiting` is asked when the LOGIN leaves. */
export function combineFirstFlight(
  channel: Channel,
  write: (command: SentCommand) => void,
  waiting: () => EarlyCommand | undefined,
): FirstFlight {
  let sent: { early: EarlyCommand; commands: SentCommand[]; tag: string } | undefined
  let answer: Answer | undefined
  let isLost = false
  const exec = channel.exec.bind(channel)
  const send = channel.send.bind(channel)
  const countUnknownTag = channel.countUnknownTag.bind(channel)

  channel.countUnknownTag = (tag) => {
    if (isLost && tag === sent?.tag) isLost = false
    else countUnknownTag(tag)
  }
  channel.send = async (command) => {
    // already on its way
    if (sent?.tag === command.tag && channel.currentRequest) {
      channel.currentRequest.sent = true
      return
    }
    await send(command)
    const early = isWholeLogin(command) ? waiting() : undefined
    // a literal of the LOGIN still waits for its "+"
    if (!early || sent || channel.commandParts.length > 0 || !isHarmless(early)) return
    const tag = (channel.tagCounter + 1).toString(16).toUpperCase()
    const { before, untagged: _untagged, ...last } = early
    sent = { early, tag, commands: [...before, { tag, ...last }] }
    for (const one of sent.commands) write(one)
  }
  channel.exec = async (command, attributes, options) => {
    const completion = await exec(command, attributes, options)
    if (sent && answer === undefined && (command === 'LOGIN' || command === 'AUTHENTICATE')) {
      // nothing more is read before `next` of the LOGIN: no answer can come before its handlers
      const { early, commands } = sent
      answer = exec(early.command, early.attributes, { untagged: early.untagged })
      const timer = setTimeout(() => {
        isLost = true
        try {
          for (const one of commands) write(one)
        } catch {
          // the connection has just ended, which the answer says
        }
      }, patienceMs)
      const stop = () => clearTimeout(timer)
      answer.then(stop, stop)
    }
    return completion
  }
  return {
    answerTo: (early) => (sent?.early === early ? answer : undefined),
    arrived: () => answer !== undefined,
    lost: () => isLost,
  }
}

function isWholeLogin({ command, attributes }: SentCommand): boolean {
  if (command !== 'AUTHENTICATE') return command === 'LOGIN'
  const [mechanism, response] = attributes
  const isNamed = typeof mechanism === 'object' && mechanism !== null && 'value' in mechanism
  return isNamed && response !== undefined && tokenMechanisms.has(textOf(mechanism))
}

function isHarmless({ before, command }: EarlyCommand): boolean {
  const commands = [...before.map((one) => one.command), command]
  return (
    openers.has(commands.find((one) => !listing.has(one)) ?? '') && commands.every((one) => harmless.has(one))
  )
}
