/** The form of an open sign-in: what was typed, what is wrong with it, and what was connected before, sealed for the next form. */
import type { ConsentSubject, Transaction } from '@email-connector/oauth'
import { daySeconds } from '../clock.ts'
import type { GateWord } from '../gate/gate-word.ts'
import type { InstanceSecrets } from '../keys/instance-secrets.ts'
import { type SignInPage, signInPage } from '../pages/sign-in-page.ts'
import type { ServerSettings } from '../settings.ts'
import { type MailboxesSoFar, sealSoFar } from './accounts-so-far.ts'
import type { mailboxRules } from './form.ts'

export interface OpenSignIn {
  readonly opened: { readonly transaction: Transaction } & ConsentSubject
  readonly handle: string
  readonly soFar?: MailboxesSoFar
  /** Of the person whom the gate let in. */
  readonly word?: GateWord
}

type FormState = Pick<SignInPage, 'values' | 'faults' | 'status' | 'headers'>

export function createSignInForm({
  settings,
  secrets,
  rules,
  secondsFor,
}: {
  readonly settings: Pick<ServerSettings, 'lifetimes'>
  readonly secrets: Pick<InstanceSecrets, 'handoffKeys'>
  readonly rules: ReturnType<typeof mailboxRules>
  /** How long the grant will live. */
  readonly secondsFor: (word: GateWord | undefined) => number
}): (signIn: OpenSignIn, state: FormState) => Response {
  return ({ opened, handle, soFar, word }, state) => {
    const { transaction, client, redirectHost } = opened
    return signInPage({
      ...{ handle, client, redirectHost },
      redirectUri: transaction.redirectUri,
      mayWrite: mayWrite(transaction),
      ...rules,
      idleDays: Math.round(settings.lifetimes.refreshIdleSeconds / daySeconds),
      absoluteDays: Math.round(secondsFor(word) / daySeconds),
      ...state,
      ...(soFar && {
        soFar: {
          sealed: sealSoFar(secrets.handoffKeys, handle, soFar),
          permission: soFar.permission,
          ask: soFar.ask,
          addresses: soFar.connected.map(({ hint }) => hint.address),
        },
      }),
    })
  }
}

export function mayWrite(transaction: Transaction): boolean {
  return transaction.scope.split(' ').includes('email:write')
}
