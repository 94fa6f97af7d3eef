/**
 * Several mailboxes in one sign-in: what was connected so far, S included, travels in the page between two forms and
 * is stored nowhere. It opens only with the deployment's handoff key and the handle of this sign-in's page, so neither
 * the page nor the deployment's secrets alone yield S, and no other sign-in can take it over. Older text of the same
 * sign-in opens too: a person who goes back in the browser connects fewer mailboxes, and the records left over expire.
 */
import type { EpochSeconds } from '@email-connector/oauth'
import type { ConnectedAccount } from '../accounts/connect-account.ts'
import type { PairedBrowser } from '../accounts/paired-browser.ts'
import type { GrantSettings } from '../accounts/settings.ts'
import type { Permission } from '../caller.ts'
import type { SecretKey } from '../keys/instance-secrets.ts'
import {
  canonical,
  deriveKey,
  fromText,
  keyBytes,
  open,
  SealBrokenError,
  seal,
  toText,
  zero,
} from '../keys/seal.ts'

/** Which sign-in it belongs to is said by the key: no handle is made twice. */
const associated = canonical(['sign-in-so-far', 3])

export interface MailboxesSoFar {
  readonly grantId: string
  /** S. The caller zeroes it. */
  readonly secret: Uint8Array
  /** Chosen with the first mailbox; it is in the AAD of every record. */
  readonly permission: Permission
  /** Chosen with it. */
  readonly ask: GrantSettings['ask']
  /** Paired with the first mailbox, and so with each. */
  readonly browser?: PairedBrowser
  readonly absoluteExpiresAt: EpochSeconds
  readonly connected: readonly ConnectedAccount[]
}

/** For a hidden field of the page. */
export function sealSoFar(keys: readonly SecretKey[], handle: string, soFar: MailboxesSoFar): string {
  const [newest] = keys
  if (newest === undefined) throw new Error('There is no handoff key')
  const { secret, ...rest } = soFar
  const plain = Buffer.concat([secret, Buffer.from(JSON.stringify(rest))])
  try {
    return withKey(newest, handle, (key) => toText(seal(key, plain, associated)))
  } finally {
    zero(plain)
  }
}

/** Undefined when it was changed or belongs to another sign-in. */
export function openSoFar(
  keys: readonly SecretKey[],
  handle: string,
  text: string,
): MailboxesSoFar | undefined {
  for (const each of keys) {
    try {
      const plain = withKey(each, handle, (key) => open(key, fromText(text), associated))
      // Authenticated, so it is what `sealSoFar` wrote.
      const rest = JSON.parse(Buffer.from(plain.subarray(keyBytes)).toString('utf8'))
      const secret = Uint8Array.from(plain.subarray(0, keyBytes))
      zero(plain)
      return { ...rest, secret }
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error
    }
  }
  return undefined
}

function withKey<T>(secret: SecretKey, handle: string, use: (key: Uint8Array) => T): T {
  const key = deriveKey(secret.key, Buffer.from(handle, 'utf8'), 'sign-in-so-far')
  try {
    return use(key)
  } finally {
    zero(key)
  }
}
