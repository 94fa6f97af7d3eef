/** The few parts of hoodiecrow-imap that the demo mailbox uses; the package ships no types. */
declare module 'hoodiecrow-imap' {
  import type { Server } from 'node:net'

  interface HoodiecrowServer {
    readonly server: Server
    listen(port: number, host: string, listening: () => void): void
    close(closed: () => void): void
    appendMessage(mailbox: string, flags: string[], internaldate: Date | undefined, raw: string): unknown
  }
  export default function hoodiecrow(options: object): HoodiecrowServer
}
