/** What a renderer gives: text that is safe to show, and what the reader has to know about it. */
export interface ReadableText {
  readonly text: string
  /** `hidden_text_removed`, `hidden_text_possible`, `link_text_mismatch`, `body_not_rendered`. */
  readonly warnings: readonly string[]
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
