/**
 * From a form to a provider's own sign-in and back. Leaving keeps what the form said; coming back makes an account of the
 * provider's answer, whose address has yet to be confirmed by the mail server, or a fault. The page that was left goes on
 * as if its form had just been sent. Where the browser goes next is that page's to say, never the callback's.
 */
import type { EpochSeconds } from '@email-connector/oauth'
import { toStoredAccount } from '../accounts/stored-account.ts'
import type { Permission } from '../caller.ts'
import type { Log } from '../log.ts'
import { leavingPage } from '../pages/leaving-page.ts'
import type { ProviderClient } from '../provider-tokens/provider-client.ts'
import { type ProviderRefusal, ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import type { SignInProvider } from '../sign-in-provider.ts'
import type { Fault, Fields, ParsedMailbox, SignInWish } from './form.ts'
import { withCookies } from './known-browser.ts'
import type { PendingGate, PendingSignIn, PendingSignIns, TripPage } from './pending-sign-in.ts'
import { providerFault } from './provider-faults.ts'

export const callbackPath = '/oauth/provider/callback'

/** A form that comes again with what the provider said, or a browser that was at the organisation's login. */
export type Returned = ReturnedForm &
  (
    | { readonly kind: 'mailbox'; readonly mailbox: ParsedMailbox }
    | { readonly kind: 'gate'; readonly callback: URL; readonly pending: PendingGate }
  )

interface ReturnedForm {
  readonly page: TripPage
  readonly fields: Fields
  /** A request with its cookies, and nothing of the page that it comes from. */
  readonly browser: Request
  /** Ends the browser's own cookie. */
  readonly cookie: string
}

export interface ProviderTrips {
  /** The page that sends the browser to the provider, or why it cannot go. */
  leave(trip: {
    readonly page: TripPage
    readonly fields: Fields
    readonly wish: SignInWish
    readonly permission: Permission
    /** With a refresh token: not where a mailbox is only proved. */
    readonly lasting: boolean
  }): Promise<Response | Fault>
  /** Undefined: the answer belongs to no sign-in of this browser. */
  comeBack(request: Request): Promise<Returned | undefined>
}

export function createProviderTrips(options: {
  readonly clients: readonly ProviderClient[]
  readonly pending: PendingSignIns
  readonly publicUrl: string
  readonly log: Log
  readonly now: () => EpochSeconds
}): ProviderTrips {
  const { clients, pending, publicUrl, log, now } = options
  const redirectUri = `${publicUrl}${callbackPath}`

  function clientOf(provider: Pick<SignInProvider, 'issuer' | 'clientId'>): ProviderClient | undefined {
    return clients.find(
      (client) =>
        client.provider.issuer === provider.issuer && client.provider.clientId === provider.clientId,
    )
  }

  function refused(error: unknown, provider: SignInProvider): Fault {
    if (!(error instanceof ProviderRefusedError)) throw error
    log({ event: 'connect', outcome: 'refused', code: error.refusal, provider: provider.id })
    return providerFault(error.refusal, provider)
  }

  /** The order of the checks of what came back. */
  async function readAnswer(callback: URL, kept: PendingSignIn): Promise<ParsedMailbox> {
    const client = clientOf(kept)
    if (client === undefined) return { faults: [{ field: 'provider', message: gone }] }
    const { provider } = client
    try {
      const { tokens, address: told } = await client.redeem(callback, kept.redirect, kept.permission)
      const address = kept.address ?? told
      if (address === undefined)
        return { faults: [{ field: 'address', message: 'Enter your email address.' }] }
      if (kept.lasting && tokens.refreshToken === undefined) {
        const refusal: ProviderRefusal = 'misconfigured'
        throw new ProviderRefusedError(refusal)
      }
      const { refreshToken: _unneeded, ...passing } = tokens
      return { parsed: toStoredAccount(provider, address, kept.lasting ? tokens : passing, now()) }
    } catch (error) {
      return { faults: [refused(error, provider)] }
    }
  }

  return {
    async leave({ page, fields, wish, permission, lasting }) {
      const client = clientOf(wish.provider)
      if (client === undefined) throw new Error('A provider without a client was offered')
      const { issuer, clientId, name } = client.provider
      try {
        const { address } = wish
        const known = address === undefined ? {} : { address }
        const { url, pending: redirect } = await client.begin({ redirectUri, permission, lasting, ...known })
        const kept = [...fields].filter(([field]) => field !== 'password')
        const cookie = await pending.keep({
          ...{ kind: 'mailbox', page, issuer, clientId, permission, lasting, redirect, ...known },
          fields: kept,
        })
        return withCookies(leavingPage({ name, url: url.href }), [cookie])
      } catch (error) {
        return refused(error, client.provider)
      }
    },

    async comeBack(request) {
      const callback = new URL(callbackPath, publicUrl)
      callback.search = new URL(request.url).search
      const states = callback.searchParams.getAll('state')
      const [state] = states
      if (state === undefined || states.length > 1) return undefined
      const taken = await pending.take(request, state)
      if (taken === undefined) return undefined
      const { page, fields } = taken.pending
      const cookie = request.headers.get('cookie') ?? ''
      const form = {
        page,
        fields: new Map(fields),
        // Another site sends a browser back; that this one left from our form is what its cookie has shown.
        browser: new Request(callback.origin, { headers: { cookie } }),
        cookie: taken.cookie,
      }
      return taken.pending.kind === 'gate'
        ? { ...form, kind: 'gate', callback, pending: taken.pending }
        : { ...form, kind: 'mailbox', mailbox: await readAnswer(callback, taken.pending) }
    },
  }
}

const gone = 'This server no longer offers that way to sign in. Choose another.'
