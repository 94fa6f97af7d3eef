/**
 * What a tool is: a definition and a handler in one object, in a file named as the tool. The type makes every
 * annotation mandatory, and ties the handler to the schemas. What surrounds a call (permission, limit, parsing, the one
 * catch) is tool-call/run-tool.ts; a handler reads as the happy path and throws ToolError or MailError.
 */
import type { ImapSession, MailDeps, MessageRef } from '@email-connector/mail'
import type * as z from 'zod'
import type { GrantAccounts, OpenedAccount } from '../accounts/grant-accounts.ts'
import type { ReviewedDraft } from '../accounts/review-link.ts'
import type { Caller, Permission } from '../caller.ts'
import type { OnceStore } from '../store/once-store.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import type { MakeMark } from '../wire/untrusted.ts'

/** Instead of a result: what a person is to be asked first. `state` comes back with the answer. */
export interface ToolQuestion {
  readonly question: string
  readonly state: string
}

export interface Tool<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly name: string
  readonly title: string
  /** Short and factual; no orders to the model. */
  readonly description: string
  /** What the owner must have granted. */
  readonly permission: Permission
  /** Only a review card calls it, so only clients that show cards list it. */
  readonly forCards?: true
  readonly annotations: {
    readonly readOnlyHint: boolean
    readonly destructiveHint: boolean
    readonly idempotentHint: boolean
    readonly openWorldHint: boolean
  }
  readonly input: Input
  /** Parameters that other tools have and that would narrow or turn this call: it is refused, and says what to give. */
  readonly misplaced?: Readonly<Record<string, string>>
  /** Left out where a result is not always structured: a client that reads only that would miss pictures. */
  readonly output?: Output
  handle(input: z.output<Input>, call: ToolCall): Promise<ToolResult<z.input<Output>> | ToolQuestion>
}

/** The client's side of a question to its user. */
export interface Asking {
  /** It declared that it can show a form. */
  readonly canAsk: boolean
  /** It declared that it shows review cards. */
  readonly showsCards: boolean
  /** What the question of an earlier round came with. */
  readonly state?: string
  readonly answer?: 'accept' | 'decline' | 'cancel'
}

/** What one call has at hand. */
export interface ToolCall {
  readonly caller: Caller
  readonly accounts: GrantAccounts
  readonly once: OnceStore
  readonly asking: Asking
  /** A one-time link for the owner, to add a mailbox or renew a password; undefined when there is none now. */
  createLink(): Promise<string | undefined>
  /** A link for the owner to download one attachment; undefined when none can be made now. */
  createFileLink(opened: OpenedAccount, ref: MessageRef, partId: string): Promise<string | undefined>
  /** A link for the owner to read one draft and send, keep or discard it; undefined when none can be made now. */
  createReviewLink(opened: OpenedAccount, draft: ReviewedDraft): Promise<string | undefined>
  /** Epoch seconds. */
  readonly now: () => number
  readonly publicUrl: string
  /** Ids of the providers this deployment offers. */
  readonly providersOffered: readonly string[]
  /** Providers with a "Sign in with …" of their own here. */
  signIns(): Promise<readonly { readonly id: string; readonly name: string }[]>
  readonly makeMark: MakeMark
  /** Connector, clock and what is left of the one deadline of this call, or a share of it. */
  mailDeps(share?: number): MailDeps
  /** `signal` ends it before the deadline of the call. */
  withSession<T>(
    opened: OpenedAccount,
    use: (session: ImapSession) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T>
  /** The same call, detached from the client's abort signal: for work that must not be left half done. */
  toCompletion(): ToolCall
}

/** Keeps the types of the schemas for the handler; the registry sees every tool alike. */
export function defineTool<Input extends z.ZodType, Output extends z.ZodType>(
  tool: Tool<Input, Output>,
): Tool {
  return tool as unknown as Tool
}
