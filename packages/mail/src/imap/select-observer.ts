/** What a server says of a mailbox while it opens it (RFC 9051 §6.3.2). */
import { MailError } from '../mail-error.ts'
import type { ImapResponse, UntaggedHandlers } from './protocol.ts'
import { textOf } from './response-text.ts'
import { isUid, isUidValidity } from './uid-set.ts'

export interface SelectedMailbox {
  readonly path: string
  readonly uidValidity: string
  readonly exists: number
  /** The flags that it keeps (RFC 9051 §7.1), `\\*` for any keyword; absent: the server does not say. */
  readonly permanentFlags?: readonly string[]
  /** Above the UID of every message it holds; absent where the server does not say it (RFC 9051 §2.3.1.1). */
  readonly uidNext?: number
}

export interface SelectObserver {
  readonly handlers: UntaggedHandlers
  /** Undefined: it was not opened. */
  opened(path: string): SelectedMailbox | undefined
  /** Throws `connection_lost` where it was not opened. */
  toMailbox(path: string): SelectedMailbox
}

export function createSelectObserver(): SelectObserver {
  let uidValidity: string | undefined
  let permanentFlags: readonly string[] | undefined
  let uidNext: number | undefined
  let exists = 0
  const opened = (path: string) =>
    // RFC 9051 §6.3.2 requires it; without it no id can be told from a stale one
    uidValidity === undefined || !isUidValidity(uidValidity)
      ? undefined
      : {
          ...{ path, uidValidity, exists },
          ...(permanentFlags && { permanentFlags }),
          ...(uidNext === undefined ? {} : { uidNext }),
        }
  return {
    handlers: {
      EXISTS(response: ImapResponse) {
        const count = Number(response.command)
        exists = isUid(count) ? count : 0
      },
      OK(response: ImapResponse) {
        const section = response.attributes?.[0]?.section
        const [code, value] = section ?? []
        const name = textOf(code).toUpperCase()
        if (name === 'UIDVALIDITY') uidValidity = textOf(value)
        if (name === 'PERMANENTFLAGS' && Array.isArray(value)) permanentFlags = value.map(textOf)
        if (name === 'UIDNEXT' && isUid(Number(textOf(value)))) uidNext = Number(textOf(value))
      },
    },
    opened,
    toMailbox(path) {
      const mailbox = opened(path)
      if (mailbox === undefined) throw new MailError('connection_lost', { protocol: 'imap' })
      return mailbox
    },
  }
}
