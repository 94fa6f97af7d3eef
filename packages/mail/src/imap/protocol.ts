/**
 * The library's protocol machinery as types: parsed responses, tokens, the connection. Apart from imap/client.ts, so that
 * what reads or sends tokens need not know the client, nor load the library.
 */
import type { Writable } from 'node:stream'
import type { ImapAttribute, ImapCompileNode, ImapResponse } from 'imapflow/lib/handler/types.js'

export type { ImapAttribute, ImapResponse }
export type ImapToken = ImapCompileNode
export type UntaggedHandlers = Record<string, (response: ImapResponse) => Promise<void> | void>

/** The part of the library's connection that its types leave out (pinned version; the trace test guards it). */
export interface Channel {
  exec(
    command: string,
    attributes: ImapToken[],
    options: { untagged: UntaggedHandlers },
  ): Promise<{ response: ImapResponse; next(): void }>
  write(chunk: Buffer | string): void
  /** Under TLS; `false` or null where there is none yet, or no longer. */
  writeSocket: Writable | false | null
  send(command: SentCommand): Promise<void>
  throttleWait(delayMs: number): Promise<boolean>
  commands: Map<string, (channel: Channel, ...rest: unknown[]) => Promise<unknown>>
  commandParts: Buffer[]
  tagCounter: number
  currentRequest: { tag: string; sent?: boolean } | false
  expectCapabilityUpdate: boolean
  /** Called for the end of a command that it did not send, after everything that came before it was handled. */
  countUnknownTag(tag: string): void
  /** What the socket is piped into. */
  streamer: {
    write(chunk: Buffer, ...rest: unknown[]): boolean
    /** A line that is to be parsed, without its literals; null is the end. */
    push(line: { readonly payload: Buffer } | null): boolean
  }
}

export interface SentCommand {
  tag: string
  command: string
  attributes: ImapToken[]
}

/** A word of the protocol as it is: a command's keyword, a data item, a flag. */
export function atom(value: string): ImapAttribute {
  return { type: 'ATOM', value }
}
