/**
 * From a form to a provider's own sign-in and back. Leaving keeps what the form said; coming back makes an account of the
 * provider's answer, whose address has yet to be confirmed by the mail server, or a fault. The page that was left goes on
 * as if its form had just been sent. Where the browser goes next is that page's to say, never the callback's.
 */
import type { EpochSeconds } from '@email-connector/oauth'
import type { Log } from '../log.ts'
import { leavingPage } from '../pages/leaving-page.ts'
import type { ProviderClient } from '../provider-tokens/provider-client.ts'
import { ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import type { SignInProvider } from '../sign-in-provider.ts'
import type { DeviceTrips } from './device-trips.ts'
import type { Fault, ParsedMailbox } from './form.ts'
import { withCookies } from './known-browser.ts'
import type { PendingSignIn, PendingSignIns } from './pending-sign-in.ts'
import { providerFault } from './provider-faults.ts'
import { providerGone, toMailbox } from './provider-mailbox.ts'
import type { ReturnedFromGate, ReturnedMailbox, Trip } from './trip.ts'

export const callbackPath = '/oauth/provider/callback'

export interface ProviderTrips {
  /** The page that sends the browser to the provider, or why it cannot go. */
  leave(trip: Trip): Promise<Response | Fault>
  /** Undefined: the answer belongs to no sign-in of this browser. */
  comeBack(request: Request): Promise<ReturnedMailbox | ReturnedFromGate | undefined>
}

export function createProviderTrips(options: {
  readonly clients: readonly ProviderClient[]
  readonly pending: PendingSignIns
  /** For providers that know no redirect to this server; the local runner only. */
  readonly devices?: Pick<DeviceTrips, 'leave'>
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
    if (client === undefined) return providerGone
    const { provider } = client
    try {
      const answer = await client.redeem(callback, kept.redirect, kept.permission)
      return toMailbox(provider, kept, answer, now())
    } catch (error) {
      return { faults: [refused(error, provider)] }
    }
  }

  return {
    async leave(trip) {
      const { page, fields, wish, permission, lasting } = trip
      if (options.devices !== undefined && wish.provider.clientSecret === undefined)
        return await options.devices.leave(trip)
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
        request: new Request(callback.origin, { headers: { cookie } }),
        cookie: taken.cookie,
      }
      return taken.pending.kind === 'gate'
        ? { ...form, kind: 'gate', callback, pending: taken.pending }
        : { ...form, kind: 'mailbox', mailbox: await readAnswer(callback, taken.pending) }
    },
  }
}
