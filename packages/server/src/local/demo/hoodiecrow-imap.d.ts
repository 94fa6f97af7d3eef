/** The few parts of hoodiecrow-imap that the demo mailbox uses; the package ships no types. */
declare module 'hoodiecrow-imap' {
  import type { Server } from 'node:net'

  interface FetchItem {
    /** `[start, length]`; the server itself changes it. */
    partial?: number[]
  }
  export interface StoredMessage {
    readonly uid: number
    readonly flags: readonly string[]
    readonly raw: string
  }
  export type SearchToken =
    | { readonly type: string; readonly value: string | number }
    | readonly SearchToken[]
  export type CommandHandler = (
    connection: {
      readonly selectedMailbox?: { readonly messages: readonly StoredMessage[] }
      send(response: object, description: string, parsed: object, data: unknown): void
    },
    parsed: { readonly tag: string; readonly attributes?: readonly SearchToken[] },
    data: unknown,
    callback: () => void,
  ) => void
  export interface HoodiecrowServer {
    setCommandHandler(command: string, handler: CommandHandler): void
    readonly server: Server
    /** Each is asked, message by message, whether FETCH shows it. */
    readonly fetchFilters: ((
      connection: unknown,
      message: unknown,
      command: { readonly attributes: readonly (FetchItem | FetchItem[] | undefined)[] },
    ) => boolean)[]
    listen(port: number, host: string, listening: () => void): void
    close(closed: () => void): void
    appendMessage(mailbox: string, flags: string[], internaldate: Date | undefined, raw: string): unknown
  }
  export default function hoodiecrow(options: object): HoodiecrowServer
}
