/** What a renderer gives: text that is safe to show, and what the reader has to know about it. */
import type { ReadLink } from '../message.ts'

export interface ReadableText {
  readonly text: string
  /** `hidden_text_removed`, `hidden_text_possible`, `link_text_mismatch`, `link_lookalike`, `body_not_rendered`. */
  readonly warnings: readonly string[]
  /** Whole targets by the number that the text names; only where they were asked for. */
  readonly links?: readonly ReadLink[]
}

/** How a text is wanted. Plain values only: a renderer may run elsewhere. */
export interface Reading {
  /** Numbers and whole targets of the links, from this number on. */
  readonly firstLink?: number | undefined
  /**
   * `left_out`: signatures, too. `marked`: all there is, with marks that tell a conversation which lines are the
   * writer's own (body-text/marked-quotes.ts).
   */
  readonly quotes?: 'shown' | 'folded' | 'left_out' | 'marked' | undefined
  /** false: neither answers another email nor says so in its subject. */
  readonly isReply?: boolean | undefined
  /** Of the address in From: a service that counts its clicks is no mismatch. */
  readonly senderHost?: string | undefined
}
