/**
 * One message to more recipients than a server takes in one transaction (RFC 5321 §4.5.3.1.8, §4.5.3.1.10): several, over
 * one connection, each recipient in exactly one that the server took. What one transaction came to says nothing of the
 * others, so each recipient has an outcome of its own.
 */
import { MailError } from '../mail-error.ts'
import type { RejectedRecipient, SubmissionOutcome } from './outcome.ts'

/** RFC 5321 §4.5.3.1.8: what every server must take. */
const maxBatch = 100

type Sent = Extract<SubmissionOutcome, { state: 'sent' }>

interface Transactions {
  /** `isFirst`: nothing of the message has left yet. */
  send(batch: readonly string[], isFirst: boolean): Promise<SubmissionOutcome>
  /** RFC 5321 §4.1.1.5: a transaction without recipients would be in the next one's way. */
  reset(): Promise<void>
}

export async function sendInBatches(
  to: readonly string[],
  { send, reset }: Transactions,
): Promise<SubmissionOutcome> {
  let waiting = [...to]
  let size = maxBatch
  let sent: Sent | undefined
  let refused: SubmissionOutcome | undefined
  const rejected: RejectedRecipient[] = []
  while (waiting.length > 0) {
    const batch = waiting.slice(0, size)
    waiting = waiting.slice(size)
    const outcome = await send(batch, sent === undefined).catch((error: unknown) => {
      if (sent === undefined || !(error instanceof MailError)) throw error
      return { state: 'rejected', rejected: [], reason: error.code } as const
    })
    if (outcome.state === 'withheld') return outcome
    if (outcome.state === 'unknown') {
      if (sent === undefined) return outcome
      rejected.push(...toEach(batch, 'outcome_unknown'), ...toEach(waiting, 'connection_lost'))
      break
    }
    if (outcome.state === 'rejected') {
      refused ??= outcome
      const isOfRecipients = outcome.rejected.length > 0
      rejected.push(...(isOfRecipients ? outcome.rejected : toEach(batch, outcome.reason)))
      if (isOfRecipients) {
        if (waiting.length > 0) await reset().catch(() => undefined)
        continue
      }
      rejected.push(...toEach(waiting, outcome.reason))
      break
    }
    const { accepted } = outcome
    const later = outcome.rejected.filter(({ code }) => code === 'too_many_recipients')
    if (later.length > 0) size = accepted.length
    waiting.unshift(...later.map(({ address }) => address))
    rejected.push(...outcome.rejected.filter((one) => !later.includes(one)))
    sent = sent === undefined ? outcome : { ...sent, accepted: [...sent.accepted, ...accepted] }
  }
  if (sent !== undefined) return { ...sent, rejected }
  if (refused?.state !== 'rejected') throw new Error('A message without recipients was not sent')
  // of one transaction as the server said it; of several with everybody it refused
  return to.length <= maxBatch ? refused : { ...refused, rejected }
}

function toEach(addresses: readonly string[], code: RejectedRecipient['code']): RejectedRecipient[] {
  return addresses.map((address) => ({ address, code }))
}
