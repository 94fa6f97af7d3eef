/**
 * An email is sent at most once: by its idempotency key within a grant, and by its content whatever the key and whichever
 * grant of the mailbox. Each has a row; content has two while its name changes (ledger-keys.ts), and then both count for
 * one. The content's row alone decides: it is reserved, then moved to `data` on the last instant at which nothing
 * has been sent, then settled; what ended between `data` and an answer of the server is `unknown`, and nobody sends
 * it again while that is remembered. The key's row is taken first and names the content's row, so that a crash at any
 * point leaves a key whose outcome is found there, and it gets the outcome at the end.
 *
 * An email that a person has not released is `held`: the row says so before the email goes into Drafts, and again, with
 * its place, once it is there. What ended between the two is looked for in Drafts before it is put there once more.
 *
 * A call that finds a row taken answers what is stored and sends nothing. A key that was seen before never counts as
 * new, even where its own call ended before DATA.
 */
import { randomUUID } from 'node:crypto'
import { MailError, type MessageRef, type SubmissionOutcome } from '@email-connector/mail'
import type { OnceStore, SendRow } from '../store/once-store.ts'
import { ToolError } from '../wire/tool-error.ts'
import { openSettled } from './earlier-send.ts'
import { type LedgerKeys, withLedgerKeys } from './ledger-keys.ts'
import {
  type HeldClaim,
  held as heldOutcome,
  openOutcome,
  type SendOutcome,
  sealOutcome,
  toOutcome,
  toOutcomeOfError,
  unknown,
} from './send-outcome.ts'
import { isOver, keptSeconds, newKeyPause, repeatPause, toAgain, unnamedPause } from './send-pause.ts'
import { isOfContent, type RowName, type SendRequest, toRows } from './send-rows.ts'
import type { SendingCall } from './sending-call.ts'

/** From its reservation on no call lives longer: its deadline is 24 s; a question to a person was answered before. */
const attemptSeconds = 60

/** Must call `enterData` right before the message leaves, and send nothing unless it answers true. */
type Submit = (enterData: () => Promise<boolean>) => Promise<SubmissionOutcome>

/**
 * Puts the email into Drafts and says where it is, under this Message-ID. `again`: an earlier call may have put it there,
 * so that it must be looked for first.
 */
type File = (held: { readonly messageId: string; readonly again: boolean }) => Promise<MessageRef | undefined>

/** Of a ledger one is called, once. */
export interface SendLedger {
  readonly messageId: string
  sendOnce(submit: Submit): Promise<SendOutcome>
  holdOnce(file: File): Promise<SendOutcome>
}

/**
 * `domain`: of From, where the Message-ID is made; `messageId`: of a stored draft that has one; `attempt`: a UUID, of the
 * call that asked, where a person has answered.
 */
export function createSendLedger(
  { once, caller, now }: Pick<SendingCall, 'once' | 'caller' | 'now'>,
  request: SendRequest & {
    readonly domain: string
    readonly messageId?: string | undefined
    readonly attempt?: string | undefined
  },
): SendLedger {
  const rows = withLedgerKeys(caller, request, now(), (keys) => toRows(keys, request))
  const attempt = request.attempt ?? randomUUID()
  // The row names the attempt: a call that finds it without an outcome can ask Sent for its Message-ID.
  const toMessageId = (ofAttempt: string) => request.messageId ?? `<${ofAttempt}@${request.domain}>`
  const messageId = toMessageId(attempt)

  /** Takes the row, where `mayReplace` allows it in the place of what is there; else answers what is there. */
  async function take(
    { key }: RowName,
    content: { content?: string },
    mayReplace: (row: SendRow) => boolean,
  ): Promise<{ held: SendRow } | { held?: undefined; isKnown: boolean }> {
    const row = { attempt, deadline: now() + attemptSeconds, expiresAt: now() + keptSeconds, ...content }
    const first = await once.reserveSend(key, row, now())
    if (first.outcome === 'reserved') return { isKnown: false }
    if (!mayReplace(first.row)) return { held: first.row }
    const second = await once.reserveSend(key, row, now(), first.row)
    return second.outcome === 'reserved' ? { isKnown: true } : { held: second.row }
  }

  /** Its attempt ended, or was killed, before DATA. */
  const isAbandoned = (row: SendRow) =>
    row.state === 'reserved' && row.deadline <= now() && isOfContent(row, rows)

  /** The draft was refused and has been changed since: nobody got it, so it is tried again. */
  function isChanged(keys: LedgerKeys, name: RowName, row: SendRow): boolean {
    if (name.revision === undefined || row.state !== 'rejected' || row.sealedOutcome === undefined)
      return false
    return openOutcome(keys, name, row.sealedOutcome).revision !== name.revision
  }

  async function settle(keys: LedgerKeys, mine: readonly RowName[], outcome: SendOutcome): Promise<void> {
    // Each alone is enough to answer by: a store that fails now makes repeats `unknown` at worst, never this answer wrong.
    await Promise.allSettled(mine.map((name) => putOutcome(keys, name, outcome)))
  }

  function putOutcome(keys: LedgerKeys, name: RowName, outcome: SendOutcome): Promise<'settled' | 'refused'> {
    const { repeated: _, again: __, settledAt = now(), ...settled } = outcome
    const row = { state: outcome.state, settledAt, expiresAt: now() + keptSeconds }
    return once.settleSend(name.key, attempt, { ...row, sealedOutcome: sealOutcome(keys, name, settled) })
  }

  /** It was to be put into Drafts by a call that ended meanwhile: nobody knows whether it is there. */
  function toUnfiled(keys: LedgerKeys, name: RowName, { state, settledAt = 0, sealedOutcome }: SendRow) {
    if (state !== 'held' || sealedOutcome === undefined || settledAt + attemptSeconds > now())
      return undefined
    const { filed, messageId } = openOutcome(keys, name, sealedOutcome)
    return filed === true ? undefined : messageId
  }

  /** So that a retry may take them at once; without it, after their deadline. */
  async function release(mine: readonly RowName[]): Promise<void> {
    await Promise.allSettled(mine.map(({ key }) => once.releaseSend(key, attempt)))
  }

  function answerHeld(keys: LedgerKeys, name: RowName, row: SendRow): SendOutcome {
    const settled = openSettled(keys, name, row, rows)
    if (settled !== undefined) return settled
    if (row.state === 'data' && row.deadline < now()) {
      const again = { from: row.expiresAt, by: rows.named === undefined ? 'same_call' : 'new_key' } as const
      return { ...unknown(toMessageId(row.attempt)), repeated: true, again }
    }
    throw new ToolError(
      'send_in_progress',
      'This email is being sent, or put into Drafts, by another call. The same call in a minute answers the outcome; it is not sent twice.',
    )
  }

  /** Takes every row, or answers what is there. */
  async function withRows(
    keys: LedgerKeys,
    work: (mine: readonly RowName[], unfiled: string | undefined) => Promise<SendOutcome>,
  ): Promise<SendOutcome> {
    let unfiled: string | undefined
    const isUnfiled = (name: RowName, row: SendRow) => {
      const messageId = toUnfiled(keys, name, row)
      unfiled ??= messageId
      return messageId !== undefined
    }
    const { named } = rows
    let pause = rows.isDraft ? repeatPause : unnamedPause
    if (named !== undefined) {
      const content = rows.contents.at(-1)?.key ?? ''
      const mayReplace = (row: SendRow) =>
        isAbandoned(row) || (isOfContent(row, rows) && isUnfiled(named, row))
      const taken = await take(named, { content }, mayReplace)
      if (taken.held) return answerHeld(keys, named, taken.held)
      if (!rows.isDraft) pause = taken.isKnown ? repeatPause : newKeyPause
    }
    const mine = named === undefined ? [] : [named]
    try {
      for (const name of rows.contents) {
        const mayReplace = (row: SendRow) =>
          isAbandoned(row) || isOver(row, pause, now()) || isChanged(keys, name, row) || isUnfiled(name, row)
        const taken = await take(name, {}, mayReplace)
        if (taken.held) {
          const outcome = answerHeld(keys, name, taken.held)
          await settle(keys, mine, outcome)
          return outcome
        }
        mine.push(name)
      }
      return await work(mine, unfiled)
    } catch (error) {
      // Nothing has left, or the content's row is in `data` by now and stays there.
      if (!(error instanceof MaybeFiledError)) await release(mine)
      throw error instanceof MaybeFiledError ? error.cause : error
    }
  }

  async function submitWith(
    keys: LedgerKeys,
    mine: readonly RowName[],
    submit: Submit,
  ): Promise<SendOutcome> {
    let entered = false
    let overtaken = false
    const enterData = async () => {
      for (const { key } of rows.contents) {
        overtaken = (await once.enterData(key, attempt, now() + attemptSeconds)) !== 'entered'
        if (overtaken) return false
      }
      entered = true
      return true
    }
    const outcome = await submit(enterData).then(
      (submitted) => {
        if (overtaken || submitted.state === 'withheld') throw overtakenError()
        return toOutcome(submitted, messageId)
      },
      (error: unknown) => {
        // Before DATA nothing can have left: the next call may try.
        if (!entered) throw error
        return toOutcomeOfError(error, messageId)
      },
    )
    const settledAt = now()
    const again = toAgain(outcome.state, { settledAt, expiresAt: settledAt + keptSeconds }, rows)
    const answer = { ...outcome, repeated: false, settledAt, again }
    await settle(keys, mine, answer)
    return answer
  }

  async function holdWith(
    keys: LedgerKeys,
    mine: readonly RowName[],
    unfiled: string | undefined,
    file: File,
  ): Promise<SendOutcome> {
    const kept = { messageId: unfiled ?? messageId, again: unfiled !== undefined }
    const settledAt = now()
    const claim = { attempt, keys: mine.map(({ key }) => key) }
    const outcome = { ...heldOutcome(kept.messageId), claim, repeated: false, settledAt }
    // Before it is in Drafts: a retry after a crash must not put a second one there.
    const put = await Promise.all(mine.map((name) => putOutcome(keys, name, outcome)))
    if (put.includes('refused')) throw overtakenError()
    const draft = await file(kept).catch((error: unknown) => {
      const { code } = error instanceof MailError ? error : { code: 'timeout' }
      throw code === 'timeout' || code === 'connection_lost' ? new MaybeFiledError(error) : error
    })
    const filed = { ...outcome, ...heldOutcome(kept.messageId, { draft }) }
    await settle(keys, mine, filed)
    return filed
  }

  return {
    messageId,
    sendOnce: (submit) =>
      withLedgerKeys(caller, request, now(), (keys) =>
        withRows(keys, (mine) => submitWith(keys, mine, submit)),
      ),
    holdOnce: (file) =>
      withLedgerKeys(caller, request, now(), (keys) =>
        withRows(keys, (mine, unfiled) => holdWith(keys, mine, unfiled, file)),
      ),
  }
}

/** The owner discarded a held email: its rows are let go, so that the same email may be put before them once more. */
export async function forgetHeld(once: OnceStore, { keys, attempt }: HeldClaim): Promise<void> {
  for (const key of keys) await once.releaseSend(key, attempt)
}

/** Whether the email is in Drafts is unknown, so its rows stay as they are. */
class MaybeFiledError extends Error {
  override readonly name = 'MaybeFiledError'

  constructor(cause: unknown) {
    super('It may be in Drafts', { cause })
  }
}

function overtakenError(): ToolError {
  return new ToolError(
    'send_in_progress',
    'Another call took this email over; this one sent nothing. The same call in a minute answers the outcome.',
  )
}
