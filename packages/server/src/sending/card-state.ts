/**
 * The sealed state of a review card (R100): which draft a person was shown, in which bytes. It opens for its grant and
 * client alone, once, for five minutes. It is no right to send: a client brings it back, and the owner's
 * settings are read again. Hosts promise to keep it from the model; where that is not enough the owner has `always`.
 */
import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import { toGrantSecret } from '../keys/account-secret.ts'
import { SealBrokenError } from '../keys/seal.ts'
import { createHintCipher } from '../keys/token-cipher.ts'
import { ToolError } from '../wire/tool-error.ts'
import type { SendingCall } from './sending-call.ts'

const purpose = 'review'
const lifeSeconds = 300

const reviewed = z.object({
  accountId: z.string(),
  messageId: z.string(),
  /** Where it is, if the server said so when it took it. */
  ref: z
    .object({
      mailbox: z.string(),
      uidValidity: z.string(),
      uid: z.number(),
      draft: z.string().exactOptional(),
    })
    .optional(),
  /** SHA-256 of the bytes in Drafts. */
  hash: z.string(),
  /** The ledger's rows of an email that is held: a discard lets them go. */
  claim: z.object({ attempt: z.string(), keys: z.array(z.string()) }).optional(),
})
const stored = reviewed.extend({ id: z.string(), clientId: z.string(), expiresAt: z.number() })

export type Reviewed = z.output<typeof reviewed>

type Call = Pick<SendingCall, 'caller' | 'once' | 'now'>

export function sealReview({ caller, now }: Call, draft: Reviewed): { state: string; expiresAt: number } {
  const expiresAt = now() + lifeSeconds
  const id = randomBytes(16).toString('hex')
  const plain = JSON.stringify({ ...draft, id, clientId: caller.clientId, expiresAt })
  const state = createHintCipher(toGrantSecret(caller.secret)).seal(
    purpose,
    caller.grantId,
    Buffer.from(plain, 'utf8'),
  )
  return { state, expiresAt }
}

/** Uses it up. Throws `not_confirmed`. */
export async function openReview({ caller, once, now }: Call, sealed: string): Promise<Reviewed> {
  const review = unseal()
  if (review === undefined || review.clientId !== caller.clientId) {
    throw refused('This answer belongs to no email of this connection')
  }
  if (review.expiresAt <= now()) throw refused('This card is older than five minutes')
  if (!(await once.useOnce(`confirm#${review.id}`, review.expiresAt))) {
    throw refused('This card was answered before')
  }
  return review

  function unseal() {
    try {
      const plain = createHintCipher(toGrantSecret(caller.secret)).open(purpose, caller.grantId, sealed)
      return stored.parse(JSON.parse(Buffer.from(plain).toString('utf8')))
    } catch (error) {
      if (error instanceof SealBrokenError) return undefined
      throw error
    }
  }
}

function refused(reason: string): ToolError {
  const sentence = `${reason}: nothing was done now. If the email is still in Drafts, it can be asked for once more: send_draft shows it in a new card.`
  return new ToolError('not_confirmed', sentence)
}
