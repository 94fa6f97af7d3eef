/**
 * The grant that a sign-in makes: its secret S, how long it lives, what its records are bound to, and the order in which its
 * rows and the authorization server's are written. What a crash leaves behind names no grant that lives.
 */
import { randomBytes } from 'node:crypto'
import type { ProviderId } from '@email-connector/mail'
import {
  type AuthorizationServer,
  type EpochSeconds,
  pendingSeconds,
  type Transaction,
} from '@email-connector/oauth'
import type { ConnectOptions, PendingBinding, PreparedGrant } from '../accounts/connect-account.ts'
import type { PairedBrowser } from '../accounts/paired-browser.ts'
import { defaultAccountSettings, defaultGrantSettings, type GrantSettings } from '../accounts/settings.ts'
import { scopeOfPermission } from '../caller.ts'
import { type GateWord, sealGateWord } from '../gate/gate-word.ts'
import { hashGrantId, type Log } from '../log.ts'
import type { ServerSettings } from '../settings.ts'
import type { AccountStore } from '../store/account-store.ts'
import type { MailboxesSoFar } from './accounts-so-far.ts'
import type { OpenSignIn } from './sign-in-form.ts'

type Binding = PendingBinding &
  Pick<ConnectOptions, 'secret' | 'accountSettings'> & { readonly grantSettings: GrantSettings }

export interface NewGrants {
  /** With the first mailbox. */
  begin(
    word: GateWord | undefined,
    chosen: Pick<MailboxesSoFar, 'permission' | 'ask'>,
    browser?: PairedBrowser,
  ): MailboxesSoFar
  /** What each record is sealed with. */
  bindingOf(transaction: Transaction, soFar: MailboxesSoFar): Binding
  /** The answer to the client. */
  approve(
    signIn: Pick<OpenSignIn, 'opened' | 'word'>,
    soFar: MailboxesSoFar,
    prepared: PreparedGrant,
    provider?: ProviderId,
  ): Promise<Response>
  secondsFor(word: GateWord | undefined): number
}

export function createNewGrants({
  settings,
  oauth,
  accounts,
  log,
  now,
}: {
  readonly settings: ServerSettings
  readonly oauth: AuthorizationServer
  readonly accounts: AccountStore
  readonly log: Log
  readonly now: () => EpochSeconds
}): NewGrants {
  /** Where a gate cannot be asked again about the person, they have to come themselves. */
  function secondsFor(word: GateWord | undefined): number {
    const { refreshAbsoluteSeconds } = settings.lifetimes
    return word === undefined || settings.gate === undefined || word.refreshToken !== undefined
      ? refreshAbsoluteSeconds
      : Math.min(refreshAbsoluteSeconds, settings.gate.wordSeconds)
  }

  return {
    secondsFor,

    begin(word, chosen, browser) {
      const { buffer, byteOffset, length } = randomBytes(32)
      return {
        grantId: randomBytes(16).toString('hex'),
        // The same memory: a copy would outlive the zeroing of this one.
        secret: new Uint8Array(buffer, byteOffset, length),
        ...chosen,
        ...(browser && { browser }),
        absoluteExpiresAt: now() + secondsFor(word),
        connected: [],
      }
    },

    bindingOf(transaction, soFar) {
      const { grantId, secret, permission, ask, browser, absoluteExpiresAt } = soFar
      const { clientId, resource } = transaction
      // A first record must outlive the forms that follow it, and the code.
      const pendingExpiresAt = transaction.expiresAt + pendingSeconds
      return {
        ...{ grantId, secret, permission, absoluteExpiresAt, clientId, resource, pendingExpiresAt },
        grantSettings: { ...defaultGrantSettings, ask },
        ...(browser && { accountSettings: { ...defaultAccountSettings, browsers: [browser] } }),
      }
    },

    async approve({ opened, word }, soFar, { write, ...named }, provider) {
      const { grantId, secret, permission, absoluteExpiresAt } = soFar
      // Index rows and records first, then the authorization server's grant and code: a crash between leaves orphans.
      await write(accounts)
      const response = await oauth.approve(opened.transaction, {
        ...{ grantId, secret, permission, absoluteExpiresAt, ...named },
        ...(word && { sealedGate: sealGateWord(secret, grantId, word) }),
        scope: scopeOfPermission(permission),
      })
      log({
        ...{ event: 'connect', outcome: 'ok', permission, grant: hashGrantId(grantId) },
        ...(provider && { provider }),
        count: named.accountIds.length,
      })
      return response
    },
  }
}
