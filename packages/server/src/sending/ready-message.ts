/** What every way of sending makes of its parameters before it is asked about, held or sent. */
import type { ComposedMessage, MessageRef } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { ShownMessage } from './outgoing.ts'

/** A message that can go out: what a person is shown of it, and how its bytes are made. */
export interface ReadyMessage {
  readonly opened: OpenedAccount
  readonly shown: ShownMessage
  /** Everything that makes this message this message, in a fixed order. */
  readonly content: readonly string[]
  /** What every grant of the mailbox knows it by. */
  readonly shared: readonly string[]
  /** Of a draft that is stored: what it is known by, whatever its id is now. */
  readonly stored?: {
    readonly draftId: string
    /** SHA-256 of the stored bytes. */
    readonly hash: string
    readonly messageId?: string | undefined
    readonly ref: MessageRef
  }
  compose(made: { readonly date: Date; readonly messageId: string }): Promise<ComposedMessage>
}
