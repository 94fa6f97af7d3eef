/**
 * The routes of a provider's sign-in, for every page that takes a password. `start` is the page's own form, sent by
 * another button; the callback hands what came back to the page that was left, and so does the page with a device code.
 */
import { isSameOrigin } from '@email-connector/oauth'
import { parseForm } from '../http/body.ts'
import type { Log } from '../log.ts'
import { signInEnded, unreadableForm } from '../pages/sign-in-messages.ts'
import type { DeviceTrips } from './device-trips.ts'
import type { Fields } from './form.ts'
import type { OpenGate } from './gate.ts'
import { withCookies } from './known-browser.ts'
import type { TripPage } from './pending-sign-in.ts'
import type { ProviderTrips } from './provider-trips.ts'
import type { SentForm } from './sign-in.ts'
import type { ReturnedMailbox } from './trip.ts'

export interface ProviderPages {
  /** POST /oauth/provider/start */
  start(request: Request, peer: { readonly ip: string }): Promise<Response>
  /** GET /oauth/provider/callback */
  callback(request: Request, peer: { readonly ip: string }): Promise<Response>
  /** GET; the local runner only. */
  readonly device?: {
    readonly path: string
    page(request: Request, peer: { readonly ip: string }): Promise<Response>
  }
}

interface TripPages {
  /** A form of this page, read already. */
  proceed(form: SentForm): Promise<Response>
  /** The first form, for a browser that has passed the gate. */
  begin(form: SentForm): Promise<Response>
}

export function createProviderPages(options: {
  readonly publicUrl: string
  readonly trips: ProviderTrips
  readonly devices?: DeviceTrips
  readonly pages: Readonly<Record<TripPage, TripPages>>
  readonly gate?: OpenGate
  readonly log: Log
}): ProviderPages {
  const { publicUrl, trips, devices, pages, log } = options
  return {
    async start(request, { ip }) {
      if (!isSameOrigin(request, publicUrl)) return refuse()
      const sent = await parseForm(request)
      if (sent === undefined) return unreadableForm()
      // Whatever was typed as a password is not meant for this button.
      const fields = new Map([...sent].filter(([name]) => name !== 'password'))
      return await pages[pageOf(fields)].proceed({ request, fields, ip })
    },

    async callback(request, { ip }) {
      const returned = await trips.comeBack(request)
      if (returned === undefined) return refuse()
      if (returned.kind === 'mailbox') return await goOn(returned, ip)
      const { page, cookie, fields, pending } = returned
      const admitted = await (await options.gate?.())?.admit(returned.callback, pending)
      if (admitted === undefined) return refuse()
      if (admitted instanceof Response) return withCookies(admitted, [cookie])
      const form = { request: returned.request, fields, ip, word: admitted.word }
      return withCookies(await pages[page].begin(form), [admitted.cookie, cookie])
    },

    ...(devices !== undefined && {
      device: {
        path: devices.path,
        async page(request: Request, { ip }: { readonly ip: string }) {
          return (await devices.comeBack(request, (returned) => goOn(returned, ip))) ?? refuse()
        },
      },
    }),
  }

  async function goOn(returned: ReturnedMailbox, ip: string): Promise<Response> {
    const { page, cookie, request, fields, mailbox } = returned
    return withCookies(await pages[page].proceed({ request, fields, mailbox, ip }), [cookie])
  }

  function refuse(): Response {
    log({ event: 'connect', outcome: 'refused', code: 'cross_site' })
    return signInEnded()
  }
}

/** By the field that only its form has. */
function pageOf(fields: Fields): TripPage {
  if (fields.has('state')) return 'connect'
  return fields.has('link') ? 'link' : 'connections'
}
