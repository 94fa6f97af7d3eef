/** The few parts of hoodiecrow-imap that the demo mailbox uses; the package ships no types. */
declare module 'hoodiecrow-imap' {
  import type { Server } from 'node:net'

  interface FetchItem {
    /** `[start, length]`; the server itself changes it. */
    partial?: number[]
  }
  export interface HoodiecrowServer {
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
