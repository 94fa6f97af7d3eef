/**
 * K_hint: what a live token alone may open. Host hint, addresses, folder memory, session queue, settled sends, open
 * questions. Weaker than a record on purpose: no key service is asked, so lists and sessions cost no call.
 */
import { canonical, deriveKey, fromText, open, seal, toText, zero } from './seal.ts'

/** All that is sealed under this key; one `memory` per account. docs/storage-schema.md lists the same. */
export const hintPurposes = [
  'grant',
  'memory/',
  'session',
  'send',
  'confirmation',
  'review',
  'undo',
  'gate',
] as const

type HintPurpose = Exclude<(typeof hintPurposes)[number], 'memory/'> | `memory/${string}`

export interface HintCipher {
  /** base64url. `purpose` says what the text is, so that one kind cannot be put in another's place. */
  seal(purpose: HintPurpose, grantId: string, plain: Uint8Array): string
  /** The caller zeroes what is worth zeroing. Throws SealBrokenError. */
  open(purpose: HintPurpose, grantId: string, sealed: string): Uint8Array
}

/** Derives its key at each use and zeroes: it works for as long as `secret` has not been zeroed by its owner. */
export function createHintCipher(secret: Uint8Array): HintCipher {
  function withKey<T>(use: (key: Uint8Array) => T): T {
    const key = deriveKey(secret, new Uint8Array(0), 'hint')
    try {
      return use(key)
    } finally {
      zero(key)
    }
  }
  return {
    seal: (purpose, grantId, plain) =>
      withKey((key) => toText(seal(key, plain, associated(purpose, grantId)))),
    open: (purpose, grantId, sealed) =>
      withKey((key) => open(key, fromText(sealed), associated(purpose, grantId))),
  }
}

function associated(purpose: HintPurpose, grantId: string): Uint8Array {
  return canonical(['hint', 1, purpose, grantId])
}
