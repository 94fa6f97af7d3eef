/** What became of a message that was submitted, for all of its recipients and for each. */
import type { MailErrorCode } from '../mail-error.ts'
import type { RecipientRefusal } from './reply.ts'

/** An address the server would not take, and why. */
export interface RejectedRecipient {
  readonly address: string
  /** `outcome_unknown`: the message left for this one and no final reply came. */
  readonly code: RecipientRefusal | MailErrorCode | 'outcome_unknown'
  /** Of `try_later`. */
  readonly retryAfterSeconds?: number
}

/** What became of a message that got as far as DATA, or was refused before it; a MailError says that nothing left. */
export type SubmissionOutcome =
  | {
      readonly state: 'sent'
      readonly accepted: readonly string[]
      /** Recipients the server refused while it took the message for the others. */
      readonly rejected: readonly RejectedRecipient[]
      readonly responseCode: number
      /** The Message-ID the delivered copy carries where the server replaced ours (Microsoft, SES). */
      readonly serverMessageId?: string
    }
  /** The server said no; nobody got it. `rejected` is empty when it was not about recipients. */
  | {
      readonly state: 'rejected'
      readonly rejected: readonly RejectedRecipient[]
      readonly reason: MailErrorCode
      /** Of `try_later`, where it was not about recipients. */
      readonly retryAfterSeconds?: number
    }
  /** The message left, at least in part, and no final reply came. */
  | { readonly state: 'unknown' }
  /** `beforeData` said no: not a byte of the message left. */
  | { readonly state: 'withheld' }
