/**
 * Sends one message at most once (RFC 6409) and says truthfully what became of it. The message's first byte is the line:
 * before it nothing can have been delivered and a failure is an error that may be retried; after it only the
 * server's final reply decides, and without one the outcome is `unknown` (R56), which is never sent again here.
 * Nothing is retried in this file. The Sent copy is filed elsewhere.
 */
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { MailAccount } from '../account.ts'
import { needsUtf8 } from '../address.ts'
import type { ComposedMessage } from '../composing/compose.ts'
import type { MailDeps } from '../connect/dial.ts'
import { invalid } from '../input.ts'
import { MailError } from '../mail-error.ts'
import { sendInBatches } from './batches.ts'
import type { RejectedRecipient, SubmissionOutcome } from './outcome.ts'
import {
  readRecipientRefusal,
  readRefusal,
  readWholeRefusal,
  type SmtpFailure,
  toSmtpError,
} from './reply.ts'
import { readRetryAfter } from './retry-after.ts'
import { type SmtpSession, withSmtpSession } from './session.ts'

/** Connects, logs in, sends nothing. Throws MailError. */
export async function verifySmtpLogin(account: MailAccount, deps: MailDeps): Promise<void> {
  await withSmtpSession(account, deps, async () => {})
}

/** A connection that logs in while what goes out over it is still being made. */
export interface Submission {
  /** As `submitMessage`; once. */
  submit: SubmitMessage
  /** Ends it where nothing goes out after all; after `submit` it does nothing. */
  close(): void
}

/**
 * Throws MailError when the message certainly was not sent, and what `beforeData` throws.
 * @param hooks.beforeData asked once, after the server accepted sender, recipients and DATA and before the message's
 *   first byte; `false` ends the call with nothing sent. It runs inside the deadline.
 */
export type SubmitMessage = (
  composed: ComposedMessage,
  hooks: { beforeData: () => Promise<boolean> },
) => Promise<SubmissionOutcome>

/** Connects and logs in now; a failure is thrown by `submit`, and lost where nothing is submitted. */
export function openSubmission(account: MailAccount, deps: MailDeps): Submission {
  type Given = Parameters<SubmitMessage>
  const abandoned = new AbortController()
  let give: (given: Given | undefined) => void = () => {}
  const waiting = new Promise<Given | undefined>((resolve) => {
    give = resolve
  })
  let isGiven = false
  let isOpen = false
  const signals = [deps.signal, abandoned.signal].filter((one) => one !== undefined)
  const ended = withSmtpSession(account, { ...deps, signal: AbortSignal.any(signals) }, async (session) => {
    isOpen = true
    const given = await waiting
    return given === undefined ? undefined : await sendOver(session, ...given)
  })
  // Perhaps nobody comes to ask.
  ended.catch(() => undefined)
  return {
    async submit(composed, hooks) {
      if (composed.envelope.to.length === 0) throw invalid('to')
      isGiven = true
      give([composed, hooks])
      const outcome = await ended
      if (outcome === undefined) throw new Error('A submission that was closed submits nothing')
      return outcome
    },
    close() {
      if (isGiven) return
      give(undefined)
      if (!isOpen) abandoned.abort()
    },
  }
}

/** The same in one step, as `SubmitMessage` says. */
export async function submitMessage(
  account: MailAccount,
  deps: MailDeps,
  ...[composed, hooks]: Parameters<SubmitMessage>
): Promise<SubmissionOutcome> {
  if (composed.envelope.to.length === 0) throw invalid('to')
  return await openSubmission(account, deps).submit(composed, hooks)
}

function sendOver(
  session: SmtpSession,
  composed: ComposedMessage,
  hooks: { beforeData: () => Promise<boolean> },
): Promise<SubmissionOutcome> {
  const { from, to } = composed.envelope
  assertTakes(session, [from, ...to])
  const sendBatch = (batch: readonly string[], isFirst: boolean) =>
    send(
      session,
      { bytes: composed.bytes, envelope: { from, to: batch } },
      isFirst ? hooks.beforeData : alreadyAsked,
    )
  return sendInBatches(to, { send: sendBatch, reset: session.reset })
}

/** RFC 6531 §3.1: letters beyond ASCII before the @ go to servers that offer SMTPUTF8 alone. */
function assertTakes(session: SmtpSession, addresses: readonly string[]): void {
  const [first] = addresses.filter(needsUtf8)
  if (first === undefined || session.takesUtf8Addresses) return
  const reason = `it takes only ASCII before the @, unlike ${first}; leave that address out`
  throw new MailError('not_supported', { protocol: 'smtp', field: 'to', reason })
}

const alreadyAsked = async () => true

async function send(
  session: SmtpSession,
  { bytes, envelope }: Pick<ComposedMessage, 'bytes' | 'envelope'>,
  beforeData: () => Promise<boolean>,
): Promise<SubmissionOutcome> {
  const progress: Progress = { gate: 'closed' }

  /** nodemailer reads this only once the server has answered DATA with 354. */
  async function* content() {
    const mayLeave = await beforeData().catch((error: unknown) => {
      progress.hookFailure = { error }
      return false
    })
    if (!mayLeave) progress.gate = 'withheld'
    // a late yes: the deadline has passed and the caller was told that nothing left
    if (!mayLeave || session.signal.aborted) throw new Error('withheld')
    progress.gate = 'open'
    // no faster than the server reads, and a turn for others between two pieces
    for (const piece of bytes.pieces()) {
      yield piece
      await setImmediate()
    }
  }

  const offer = {
    from: envelope.from,
    to: [...envelope.to],
    size: bytes.length,
    use8BitMime: !bytes.isAscii,
  }
  try {
    const sent = await session.send(offer, Readable.from(content()))
    return {
      state: 'sent',
      accepted: sent.accepted,
      rejected: toRejected(sent.rejectedErrors),
      responseCode: Number.parseInt(sent.response, 10),
      ...(sent.serverMessageId === undefined ? {} : { serverMessageId: sent.serverMessageId }),
    }
  } catch (failure) {
    return readSendFailure(failure as SmtpFailure, progress)
  }
}

interface Progress {
  /** `open`: the first byte of the message has left, or may have. */
  gate: 'closed' | 'open' | 'withheld'
  hookFailure?: { error: unknown }
}

function readSendFailure(failure: SmtpFailure, { gate, hookFailure }: Progress): SubmissionOutcome {
  if (hookFailure !== undefined) throw hookFailure.error
  if (gate === 'withheld') return { state: 'withheld' }
  const { responseCode = 0 } = failure
  if (responseCode >= 400 && responseCode < 600) {
    const { rejectedErrors } = failure
    if (rejectedErrors === undefined) {
      const reason = readRefusal(failure)
      return { state: 'rejected', rejected: [], reason, ...retryOf(reason, failure) }
    }
    const { reason, isOfSender } = readWholeRefusal(rejectedErrors)
    return { state: 'rejected', rejected: isOfSender ? [] : toRejected(rejectedErrors), reason }
  }
  if (gate === 'open') return { state: 'unknown' }
  throw toSmtpError(failure)
}

function toRejected(failures: SmtpFailure['rejectedErrors']): RejectedRecipient[] {
  return (failures ?? []).map((failure) => {
    const code = readRecipientRefusal(failure)
    return { address: failure.recipient ?? '', code, ...retryOf(code, failure) }
  })
}

function retryOf(code: RejectedRecipient['code'], { response = '' }: SmtpFailure) {
  return code === 'try_later' ? { retryAfterSeconds: readRetryAfter(response) } : {}
}
