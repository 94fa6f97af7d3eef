/**
 * What sending needs of who sends: a call of a tool, or the owner's own page. The page has the secret of one mailbox and
 * no S, so it asks nobody by a state that is sealed under S, and knows the ledger by the mailbox's own keys alone.
 */
import type { MailboxSecret } from '../keys/account-secret.ts'
import type { ToolCall } from '../tool-call/tool.ts'

type Shared =
  | ('once' | 'asking' | 'now' | 'publicUrl' | 'makeMark')
  | ('mailDeps' | 'withSession' | 'createReviewLink')

export interface SendingCall extends Pick<ToolCall, Shared> {
  readonly caller: {
    readonly grantId: string
    readonly clientId: string
    readonly secret: MailboxSecret
  }
  /** The same, detached from the client's abort signal: for work that must not be left half done. */
  toCompletion(): SendingCall
}

/** Who said yes to these very bytes: a person on a review card, or the owner on their own page. */
export type ReleasedBy = 'card' | 'owner'
