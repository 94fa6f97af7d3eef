/** What a tool answers with: one set of facts in two forms, for programs and for readers. */
import type { ContentBlock } from '@modelcontextprotocol/server'

export interface ToolResult<Structured> {
  readonly structured: Structured
  /** The same facts for a reader: compact lines. Whatever came out of a mail stands inside quoteUntrusted. */
  readonly text: string
  /** What is neither: a picture, a file. */
  readonly content?: readonly ContentBlock[]
  /** `_meta`: for a card of the client, and not for a model. */
  readonly meta?: Record<string, unknown>
}
