/** What a renderer gives: text that is safe to show, and what the reader has to know about it. */
export interface ReadableText {
  readonly text: string
  /** `hidden_text_removed`, `hidden_text_possible`, `link_text_mismatch`, `body_not_rendered`. */
  readonly warnings: readonly string[]
}
