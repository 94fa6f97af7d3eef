/** What a renderer gives: text that is safe to show, and what the reader has to know about it. */
import type { ReadLink } from '../message.ts'
import type { HtmlReview } from './review-html.ts'
import type { TextWords } from './words.ts'

export interface ReadableText {
  readonly text: string
  /** `hidden_text_removed`, `hidden_text_possible`, `link_text_mismatch`, `link_lookalike`, `body_not_rendered`. */
  readonly warnings: readonly string[]
  /** Whole targets by the number that the text names; only where they were asked for. */
  readonly links?: readonly ReadLink[]
  /** To compare it with another text; only where they were asked for, and never of a text that could not be rendered. */
  readonly words?: TextWords
  /** Only where it was asked for, and never of a text that could not be rendered. */
  readonly review?: HtmlReview
}

/** How a text is wanted. Plain values only: it goes to another thread as a message. */
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

/** A bug of the renderer that this text found, or more memory than it may take: the email beside it must not suffer. */
export const notRendered: ReadableText = {
  text: '[This text could not be rendered.]',
  warnings: ['body_not_rendered'],
}

export const notInTime: ReadableText = {
  text: '[This text could not be laid out in time.]',
  warnings: ['body_not_rendered'],
}
