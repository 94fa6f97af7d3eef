/** The owner's room of one connection, opened by a proved login for the time of one form; else a page that says why not. */
import type { Grant } from '@email-connector/oauth'
import type { OpenOwnersGrant, OwnersGrant } from '../accounts/owners-grant.ts'
import { ownerStoppedPage } from '../pages/owner-form.ts'
import type { OwnedGrants } from './owned-grants.ts'
import type { PageProof } from './page-proof.ts'

interface Entered {
  readonly room: OwnersGrant
  readonly grant: Grant
  /** The page that ends it here. */
  stop(why: keyof typeof stopped): Response
}

/** The room's keys are zeroed after `use`. */
export type WithRoom = <T>(
  proof: PageProof,
  grantId: string,
  use: (entered: Entered) => Promise<T | Response>,
) => Promise<T | Response>

export function createWithRoom({
  owned,
  openOwnersGrant,
}: {
  readonly owned: OwnedGrants
  readonly openOwnersGrant: OpenOwnersGrant
}): WithRoom {
  return async (proof, grantId, use) => {
    const stop = (why: keyof typeof stopped) => ownerStoppedPage({ proof: proof.handle, ...stopped[why] })
    const grant = await owned.find(proof.owner, grantId)
    if (grant === undefined) return stop('ended')
    const opened = await openOwnersGrant(grant, proof.owner)
    if (opened.state !== 'open') return stop(opened.state)
    try {
      return await use({ room: opened.room, grant, stop })
    } finally {
      opened.room.close()
    }
  }
}

const stopped = {
  ended: { status: 404, title: 'This connection has ended', text: 'Nothing was changed.' },
  not_made: {
    status: 409,
    title: 'This connection has no settings yet',
    text: 'It was made with an earlier version of this server, and gets settings when its app next renews its access, by itself. Until then it can be revoked.',
  },
  unreadable: {
    status: 409,
    title: 'The settings of this connection cannot be read',
    text: 'What is stored for it was changed from outside, or belongs to secrets that are gone. Revoke it and connect the app again.',
  },
  not_first: {
    status: 403,
    title: 'Another mailbox decides about this',
    text: 'Sign in with the mailbox that was connected first to this app.',
  },
  cannot_send: {
    status: 409,
    title: 'This app cannot send',
    text: 'There is nothing to decide about what it sends.',
  },
} as const
