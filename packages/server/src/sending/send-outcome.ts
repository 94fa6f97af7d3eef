/**
 * What became of an email that was to be sent: as the ledger stores it under seal, and as an answer tells it. A repeat
 * says when the earlier call was, that nothing was sent now, and when and how the same email can be sent again.
 */
import { MailError, type MailErrorCode, type MessageRef, type SubmissionOutcome } from '@email-connector/mail'
import * as z from 'zod'
import { sentenceFor } from '../wire/tool-error.ts'
import type { LedgerKeys } from './ledger-keys.ts'
import type { RowName } from './send-rows.ts'

const stored = z.object({
  state: z.enum(['held', 'sent', 'rejected', 'unknown']),
  accepted: z.array(z.string()),
  rejected: z.array(
    z.object({ address: z.string(), code: z.string(), retryAfterSeconds: z.number().optional() }),
  ),
  /** Authenticated, so it is what `sealOutcome` wrote. */
  reason: z.custom<MailErrorCode>((value) => typeof value === 'string').optional(),
  /** Where the server asked for a delay. */
  retryAfterSeconds: z.number().optional(),
  messageId: z.string(),
  /** Of a held email: it is in Drafts for certain, and where, if the server said so. */
  filed: z.boolean().optional(),
  draft: z.object({ mailbox: z.string(), uidValidity: z.string(), uid: z.number() }).optional(),
  /** Of a held email: the rows that know it, and the attempt that holds them, so that a discard can let them go. */
  claim: z.object({ attempt: z.string(), keys: z.array(z.string()) }).optional(),
  /** A MAC of the content: whose outcome this is. */
  content: z.string(),
  /** Of a stored draft: which of its edits this is the outcome of. */
  revision: z.string().optional(),
})

export type Outcome = Omit<z.output<typeof stored>, 'content' | 'revision'>

export type HeldClaim = NonNullable<Outcome['claim']>

export interface SendOutcome extends Outcome {
  /** An earlier call's: this one sent nothing. */
  readonly repeated: boolean
  /** When it was settled, where that is known. */
  readonly settledAt?: number | undefined
  /** From when on the same email may be sent again, and how; absent where it may not. */
  readonly again?: { readonly from: number; readonly by: 'same_call' | 'new_key' } | undefined
}

export function sealOutcome(keys: LedgerKeys, name: RowName, outcome: Outcome): string {
  const { key, under, mac: content, revision } = name
  return keys.seal(under, key, Buffer.from(JSON.stringify({ ...outcome, content, revision }), 'utf8'))
}

export function openOutcome(
  keys: LedgerKeys,
  { key, under }: RowName,
  sealed: string,
): z.output<typeof stored> {
  return stored.parse(JSON.parse(Buffer.from(keys.open(under, key, sealed)).toString('utf8')))
}

export function toOutcome(
  outcome: Exclude<SubmissionOutcome, { state: 'withheld' }>,
  messageId: string,
): Outcome {
  switch (outcome.state) {
    case 'sent':
      return { state: 'sent', accepted: [...outcome.accepted], rejected: [...outcome.rejected], messageId }
    case 'rejected':
      return {
        ...refused(outcome.reason, messageId),
        rejected: [...outcome.rejected],
        ...toRetry(outcome.retryAfterSeconds, outcome.rejected),
      }
    case 'unknown':
      return unknown(messageId)
  }
}

/** The longest that is asked for: by then all of them let it in. */
function toRetry(ofAll: number | undefined, rejected: readonly { retryAfterSeconds?: number }[]) {
  const all = [ofAll, ...rejected.map((one) => one.retryAfterSeconds)].filter((one) => one !== undefined)
  return all.length === 0 ? {} : { retryAfterSeconds: Math.max(...all) }
}

/** After DATA a MailError still means that nothing left; anything else tells nothing. */
export function toOutcomeOfError(error: unknown, messageId: string): Outcome {
  return error instanceof MailError ? refused(error.code, messageId) : unknown(messageId)
}

function refused(reason: MailErrorCode, messageId: string): Outcome {
  return { state: 'rejected', accepted: [], rejected: [], reason, messageId }
}

/** `filed`: absent until it is in Drafts for certain. */
export function held(messageId: string, filed?: { readonly draft: MessageRef | undefined }): Outcome {
  const kept: Outcome = { state: 'held', accepted: [], rejected: [], messageId }
  if (filed?.draft === undefined) return filed === undefined ? kept : { ...kept, filed: true }
  const { mailbox, uidValidity, uid } = filed.draft
  return { ...kept, filed: true, draft: { mailbox, uidValidity, uid } }
}

export function unknown(messageId: string): Outcome {
  return { state: 'unknown', accepted: [], rejected: [], messageId }
}

/** The sentences that lead on; `now` and all times are epoch seconds. */
export function describeOutcome(outcome: SendOutcome, now: number, publicUrl: string): string {
  const { state, repeated, settledAt } = outcome
  const at = settledAt === undefined ? '' : ` at ${toTime(settledAt)}`
  const first = {
    held: 'Not sent: this email is held in Drafts for the owner.',
    sent: repeated ? `This email was sent${at} by an earlier call; nothing was sent now.` : 'Sent.',
    rejected: `Not sent: ${toReason(outcome.reason, publicUrl)}`,
    unknown:
      'Unknown whether it was sent: the server took it and did not confirm. It is not sent again; the recipient or the Sent mailbox can tell.',
  }[state]
  if (state === 'held')
    return repeated ? `${first} An earlier call put it there${at}; nothing was done now.` : first
  const earlier =
    repeated && state !== 'sent' ? `This is the outcome of an earlier call${at}; nothing was tried now.` : []
  // What has just gone out, or may have, needs no advice on sending it twice.
  const again = repeated || state === 'rejected' ? toAgain(outcome, now) : []
  return [first, earlier, again].flat().join(' ')
}

function toReason(reason: MailErrorCode | undefined, publicUrl: string): string {
  // When is said behind it.
  if (reason === 'try_later')
    return 'The outgoing mail server asks to try again later; some delay what comes from a sender they do not know.'
  if (reason === undefined) return 'The outgoing mail server refused it.'
  return sentenceFor(new MailError(reason, { protocol: 'smtp' }), publicUrl)
}

function toAgain({ state, again, settledAt = 0, retryAfterSeconds = 0 }: SendOutcome, now: number): string {
  if (again === undefined) return 'A draft is sent once: for another email write a new draft.'
  const verb = state === 'rejected' ? 'try again' : 'send it again'
  const from = Math.max(again.from, settledAt + retryAfterSeconds)
  const when = from <= now ? '' : ` from ${toTime(from)} on`
  const how = again.by === 'new_key' ? 'call with a new idempotency_key' : 'make the same call'
  return `To ${verb}, ${how}${when}.`
}

function toTime(epochSeconds: number): string {
  return `${new Date(epochSeconds * 1000).toISOString().slice(0, 19)}Z`
}
