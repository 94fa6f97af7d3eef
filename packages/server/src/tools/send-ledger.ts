/**
 * An email is sent at most once. What was asked for gets a key: the caller's idempotency key, or else the content. The
 * key is reserved, then moved to `data` on the last instant at which nothing has been sent, then settled. A call that
 * finds the key taken answers what is stored and sends nothing. What ended between `data` and an answer of the
 * server is `unknown` for good: nobody can tell, so nobody sends it again.
 */
import { createHmac, randomUUID } from 'node:crypto'
import { MailError, type MailErrorCode, type SubmissionOutcome } from '@email-connector/mail'
import * as z from 'zod'
import type { Caller } from '../caller.ts'
import { createHintCipher, type HintCipher } from '../keys/hint.ts'
import { canonical, deriveKey, zero } from '../keys/seal.ts'
import type { OnceStore, SendRow } from '../store/once-store.ts'
import { ToolError } from './result.ts'

/** How long an attempt is remembered: a day, unless the caller gave it no name and its end is known. */
const keptSeconds = 24 * 3600
/** The same words, sent, may be meant again; what nobody got may be tried again soon. */
const keptUnnamedSeconds = { sent: 3600, rejected: 60, unknown: keptSeconds }
/** From its reservation on no call lives longer: its deadline is 24 s; a question to a person was answered before. */
const attemptSeconds = 60

const sendPurpose = 'send'

const storedOutcome = z.object({
  state: z.enum(['sent', 'rejected', 'unknown']),
  accepted: z.array(z.string()),
  rejected: z.array(z.object({ address: z.string(), code: z.string() })),
  reason: z.string().optional(),
  messageId: z.string(),
  content: z.string(),
})
export type SendOutcome = Omit<z.output<typeof storedOutcome>, 'content'> & { readonly repeated: boolean }

type Outcome = Omit<SendOutcome, 'repeated'>

export interface SendRequest {
  readonly accountId: string
  /** The domain of From: where the Message-ID is made. */
  readonly domain: string
  readonly idempotencyKey?: string | undefined
  /** Everything that makes this message this message, in a fixed order. */
  readonly content: readonly string[]
}

/** Must call `enterData` right before the message leaves, and send nothing unless it answers true. */
type Submit = (enterData: () => Promise<boolean>) => Promise<SubmissionOutcome>

export interface SendLedger {
  readonly messageId: string
  /** Once for each ledger. */
  sendOnce(submit: Submit): Promise<SendOutcome>
}

export function createSendLedger(
  { once, caller, now }: { once: OnceStore; caller: Caller; now: () => number },
  request: SendRequest,
): SendLedger {
  const mac = (...parts: string[]) => toMac(caller.secret, parts)
  const content = toContentMac(caller.secret, request.content)
  const isNamed = request.idempotencyKey !== undefined
  const key = mac('key', request.accountId, isNamed ? 'named' : 'content', request.idempotencyKey ?? content)
  const attempt = randomUUID()
  // The row names the attempt: whoever finds it without an outcome can ask Sent for its Message-ID.
  const toMessageId = (ofAttempt: string) => `<${ofAttempt}@${request.domain}>`
  const messageId = toMessageId(attempt)

  async function settle(cipher: HintCipher, outcome: Outcome): Promise<void> {
    const plain = Buffer.from(JSON.stringify({ ...outcome, content }), 'utf8')
    await once.settleSend(key, attempt, {
      state: outcome.state,
      sealedOutcome: cipher.seal(sendPurpose, caller.grantId, plain),
      expiresAt: now() + (isNamed ? keptSeconds : keptUnnamedSeconds[outcome.state]),
    })
  }

  function answerHeld(cipher: HintCipher, row: SendRow): SendOutcome {
    if (row.sealedOutcome !== undefined) {
      const plain = Buffer.from(cipher.open(sendPurpose, caller.grantId, row.sealedOutcome))
      const { content: sentContent, ...outcome } = storedOutcome.parse(JSON.parse(plain.toString('utf8')))
      if (sentContent === content) return { ...outcome, repeated: true }
      const sentence = 'This idempotency_key belongs to another email: use a new one for this email.'
      throw new ToolError('key_reused', sentence, { field: 'idempotency_key' })
    }
    if (row.deadline < now()) return { ...unknown(toMessageId(row.attempt)), repeated: true }
    throw new ToolError(
      'send_in_progress',
      'This email is being sent by another call. The same call in a minute answers the outcome; it is not sent twice.',
    )
  }

  async function sendWith(cipher: HintCipher, submit: Submit): Promise<SendOutcome> {
    const deadline = now() + attemptSeconds
    const reserved = await once.reserveSend(key, { attempt, deadline, expiresAt: now() + keptSeconds }, now())
    if (reserved.outcome === 'held') return answerHeld(cipher, reserved.row)

    let entered = false
    let overtaken = false
    const enterData = async () => {
      entered = (await once.enterData(key, attempt, now() + attemptSeconds)) === 'entered'
      overtaken = !entered
      return entered
    }
    let outcome: Outcome
    try {
      const submitted = await submit(enterData)
      if (overtaken || submitted.state === 'withheld') throw overtakenError()
      outcome = { ...toOutcome(submitted), messageId }
    } catch (error) {
      // Before DATA nothing can have left: the next call may try. After it a MailError still means that nothing did.
      if (!entered) {
        await once.releaseSend(key, attempt).catch(() => undefined)
        throw error
      }
      outcome = error instanceof MailError ? rejected(error.code, messageId) : unknown(messageId)
    }
    // Sent is sent: a store that fails now makes later repeats `unknown`, never this answer wrong.
    await settle(cipher, outcome).catch(() => undefined)
    return { ...outcome, repeated: false }
  }

  return {
    messageId,
    async sendOnce(submit) {
      // The caller's own is zeroed when its client goes away; the outcome still has to be sealed.
      const secret = Uint8Array.from(caller.secret)
      try {
        return await sendWith(createHintCipher(secret), submit)
      } finally {
        zero(secret)
      }
    },
  }
}

/** Names a message without telling anything of it. */
export function toContentMac(secret: Uint8Array, content: readonly string[]): string {
  return toMac(secret, ['content', ...content])
}

function toMac(secret: Uint8Array, parts: readonly string[]): string {
  const key = deriveKey(secret, new Uint8Array(0), 'send-key')
  const mac = createHmac('sha256', key).update(canonical(parts)).digest('hex')
  zero(key)
  return mac
}

function toOutcome(outcome: Exclude<SubmissionOutcome, { state: 'withheld' }>): Omit<Outcome, 'messageId'> {
  switch (outcome.state) {
    case 'sent':
      return { state: 'sent', accepted: [...outcome.accepted], rejected: [...outcome.rejected] }
    case 'rejected':
      return { state: 'rejected', accepted: [], rejected: [...outcome.rejected], reason: outcome.reason }
    case 'unknown':
      return { state: 'unknown', accepted: [], rejected: [] }
  }
}

function rejected(reason: MailErrorCode, messageId: string): Outcome {
  return { state: 'rejected', accepted: [], rejected: [], reason, messageId }
}

function overtakenError(): ToolError {
  return new ToolError(
    'send_in_progress',
    'Another call took this email over; this one sent nothing. The same call in a minute answers the outcome.',
  )
}

function unknown(messageId: string): Outcome {
  return { state: 'unknown', accepted: [], rejected: [], messageId }
}
