/**
 * One-time links: how a client hands its owner a way to add a mailbox or to renew a password. The token wraps S like
 * any other, but opens nothing by itself: it is good for 15 minutes, once, and only in the browser that has proved the
 * grant's first mailbox (sign-in/add-account.ts). It stands in the URL's fragment, which browsers send to no server and put
 * into no Referer. The grant names one link at a time; a new one ends the one before it.
 * Its key hangs on the grant's leash too; a grant of 0.1.0 has none before its first refresh.
 */
import {
  type AuthorizationStore,
  createOpaqueToken,
  type EpochSeconds,
  type Grant,
  isOpaqueToken,
  type LinkRow,
  readLeash,
  tokenId,
  unwrapSecret,
  wrapSecret,
} from '@email-connector/oauth'
import type { Caller } from '../caller.ts'
import { KeyRefusedError } from '../keys/key-wrapper.ts'
import { type AccountHint, openGrantHint } from './grant-hint.ts'

const linkSeconds = 15 * 60

/** The URL for the owner; undefined when the grant has just ended. A read and two writes. Throws StoreUnavailableError. */
export type CreateLink = (caller: Caller) => Promise<string | undefined>

export function createLinkMaker(options: {
  store: Pick<AuthorizationStore, 'createToken' | 'setGrantLink' | 'findLeash'>
  publicUrl: string
  now: () => EpochSeconds
}): CreateLink {
  return async (caller) => {
    const leash = await readLeash(options, caller.grantId)
    const token = createOpaqueToken()
    const issuedAt = options.now()
    const row: Omit<LinkRow, 'wrap'> = {
      v: 1,
      type: 'link',
      id: tokenId(token),
      grantId: caller.grantId,
      // A refresh in between changes nothing for a link.
      generation: 0,
      clientId: caller.clientId,
      scope: caller.scopes.join(' '),
      permission: caller.permission,
      resource: caller.resource,
      issuedAt,
      expiresAt: issuedAt + linkSeconds,
    }
    // The row first: until the grant names it, it is refused.
    await options.store.createToken({ ...row, wrap: wrapSecret(token, row, caller.secret, leash) })
    const outcome = await options.store.setGrantLink(caller.grantId, row.id)
    return outcome === 'set' ? `${options.publicUrl}/oauth/link#${token}` : undefined
  }
}

export interface OpenedLink {
  readonly row: LinkRow
  readonly grant: Grant
  /** S. The caller zeroes it. */
  readonly secret: Uint8Array
  /** The grant's mailboxes, the first one first. */
  readonly mailboxes: readonly AccountHint[]
}

/** What a link leads to, or undefined for one that is unknown, used, replaced, expired or whose grant has ended. */
export async function openLink(
  {
    store,
    now,
  }: { store: Pick<AuthorizationStore, 'findToken' | 'getGrant' | 'findLeash'>; now: () => EpochSeconds },
  token: string,
): Promise<OpenedLink | undefined> {
  const row = isOpaqueToken(token) ? await store.findToken('link', tokenId(token)) : undefined
  if (row === undefined || row.expiresAt <= now()) return undefined
  const grant = await store.getGrant(row.grantId)
  if (grant === undefined || grant.state !== 'live' || grant.expiresAt <= now()) return undefined
  if (grant.linkId !== row.id) return undefined
  const leash = await readLeash({ store, now }, row.grantId)
  // Without: it was made just before the first refresh of a grant of 0.1.0.
  const secret = unwrapSecret(token, row, leash) ?? unwrapSecret(token, row)
  if (secret === undefined) throw new KeyRefusedError('The row of a link does not open with its token')
  try {
    assertAgreement(grant, row)
    return { row, grant, secret, mailboxes: openGrantHint(secret, grant.grantId, grant.sealedHint) }
  } catch (error) {
    secret.fill(0)
    throw error
  }
}

/** The row's part was authenticated with the token; what the consent page shows is the grant's. */
function assertAgreement(grant: Grant, row: LinkRow): void {
  const granted = grant.scope.split(' ')
  const agrees =
    grant.clientId === row.clientId &&
    grant.permission === row.permission &&
    grant.resource === row.resource &&
    grant.expiresAt === grant.absoluteExpiresAt &&
    row.scope.split(' ').every((scope) => granted.includes(scope))
  if (!agrees) throw new KeyRefusedError('The grant does not agree with the link')
}

/** From the field of the page: the whole link or what stands after its `#`. */
export function parseLinkField(text: string | undefined): string | undefined {
  const token = (text ?? '').trim().split('#').at(-1) ?? ''
  return isOpaqueToken(token) ? token : undefined
}
