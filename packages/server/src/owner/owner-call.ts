/**
 * The owner's page as a caller of the sending room: one mailbox, opened by a link, under one deadline. It asks nobody by
 * way of a client, and remembers nothing of the server, whose memory is sealed under S.
 */
import type { Connector, MailAccount, MailDeps } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { LinkedMailbox } from '../accounts/linked-mailbox.ts'
import type { GrantSettings } from '../accounts/settings.ts'
import type { SendingCall } from '../sending/sending-call.ts'
import type { OnceStore } from '../store/once-store.ts'
import { randomMark } from '../wire/untrusted.ts'
import { withLinkedSession } from './linked-session.ts'

export interface OwnerSurroundings {
  readonly once: OnceStore
  readonly connector: Connector
  /** Epoch seconds. */
  readonly now: () => number
  readonly publicUrl: string
  readonly deadlineMs: number
}

export function toOpenedAccount(
  mailbox: LinkedMailbox<unknown>,
  account: MailAccount,
  grant: GrantSettings,
): OpenedAccount {
  const { sealedOwner } = mailbox
  return {
    ...{ accountId: mailbox.secret.accountId, address: account.address, account },
    settings: { state: 'open', account: mailbox.settings, grant },
    isLinkable: true,
    ...(sealedOwner !== undefined && { sealedOwner }),
    withNewToken: mailbox.withNewToken,
    remember: async () => undefined,
  }
}

export function createOwnerCall(
  mailbox: LinkedMailbox<unknown>,
  around: OwnerSurroundings,
  signal: AbortSignal,
): SendingCall {
  const endsAt = performance.now() + around.deadlineMs
  return build(signal)

  function build(ends: AbortSignal | undefined): SendingCall {
    const { once, connector, now, publicUrl } = around
    const mailDeps = (share = 1): MailDeps => ({
      ...{ connector, now, ...(ends && { signal: ends }) },
      deadlineMs: Math.max(1, Math.round((endsAt - performance.now()) * share)),
    })
    return {
      caller: {
        ...{ grantId: mailbox.grant.grantId, clientId: mailbox.grant.clientId, secret: mailbox.secret },
      },
      ...{ once, now, publicUrl, makeMark: randomMark, mailDeps },
      asking: { canAsk: false, showsCards: false },
      // Its owner is at it.
      createReviewLink: async () => undefined,
      async withSession({ account }, use, ending) {
        const deps = mailDeps()
        const ends = [deps.signal, ending].filter((one) => one !== undefined)
        const bounded = { ...deps, ...(ends.length > 0 && { signal: AbortSignal.any(ends) }) }
        return await withLinkedSession(mailbox, account, bounded, use)
      },
      toCompletion: () => build(undefined),
    }
  }
}
