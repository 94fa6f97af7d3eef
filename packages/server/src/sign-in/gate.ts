/**
 * The identity gate: before a page offers a mailbox form, the browser goes to the organisation's login and comes back to the
 * callback of all providers. Who is let in gets a pass for that sign-in, or for the owner's pages; who is not reads why.
 * What a page does behind it is the page's. Loaded only where a gate is set.
 */
import type { EpochSeconds } from '@email-connector/oauth'
import type { GateClient } from '../gate/gate-client.ts'
import { createGatePasses } from '../gate/gate-pass.ts'
import { judge } from '../gate/gate-rules.ts'
import { type GateWord, stillCounts } from '../gate/gate-word.ts'
import type { GateSettings } from '../gate-settings.ts'
import type { Log } from '../log.ts'
import { type GateStop, gateStopped } from '../pages/gate-pages.ts'
import { leavingPage } from '../pages/leaving-page.ts'
import { ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import type { OnceStore } from '../store/once-store.ts'
import type { Fields } from './form.ts'
import { withCookies } from './known-browser.ts'
import type { PendingGate, PendingSignIns, TripPage } from './pending-sign-in.ts'

export interface Gate {
  readonly name: string
  /** The page that sends the browser to the login. `fields`: what the page goes on with afterwards. */
  leave(trip: { readonly page: TripPage; readonly fields: Fields }): Promise<Response>
  /** Of a browser that came back: the Set-Cookie value of its pass, or the page that stops it here. */
  admit(
    callback: URL,
    kept: PendingGate,
  ): Promise<{ readonly cookie: string; readonly word: GateWord } | Response>
  /** Who passed in this browser: for the sign-in of this handle, or for the owner's pages. */
  find(request: Request, handle?: string): Promise<GateWord | undefined>
}

/** Puts it together when it is first asked for. */
export type OpenGate = () => Promise<Gate>

export function createGate(options: {
  readonly gate: GateSettings
  readonly client: GateClient
  readonly pending: PendingSignIns
  readonly once: Pick<OnceStore, 'createPageState' | 'findPageState'>
  readonly publicUrl: string
  readonly redirectUri: string
  readonly log: Log
  readonly now: () => EpochSeconds
}): Gate {
  const { gate, client, pending, publicUrl, redirectUri, log, now } = options
  const passes = createGatePasses({ store: options.once, publicUrl, now })

  function stop(why: GateStop): Response {
    const isOurs = why === 'misconfigured' || why === 'unavailable'
    const code = isOurs || why === 'not_genuine' ? why : 'not_allowed'
    log({ event: 'connect', outcome: isOurs ? 'unavailable' : 'refused', code })
    return gateStopped(why, gate.name)
  }

  return {
    name: gate.name,

    async leave({ page, fields }) {
      try {
        const { issuer, clientId, name } = gate
        const { url, pending: redirect } = await client.begin(redirectUri, { lasting: page === 'connect' })
        const cookie = await pending.keep({
          ...{ kind: 'gate', page, issuer, clientId, redirect },
          fields: [...fields],
        })
        return withCookies(leavingPage({ name, url: url.href }), [cookie])
      } catch (error) {
        return stop(whyRefused(error))
      }
    },

    async admit(callback, { issuer, clientId, redirect, fields }) {
      // Another gate was set up meanwhile.
      if (issuer !== gate.issuer || clientId !== gate.clientId) return stop('not_genuine')
      try {
        const { claims, ...person } = await client.redeem(callback, redirect)
        const { by, refusal } = judge(claims, gate.allow)
        if (refusal !== undefined) return stop(refusal)
        const word = { issuer, clientId, ...person, by, saidAt: now() }
        return { word, cookie: await passes.make(word, new Map(fields).get('state')) }
      } catch (error) {
        return stop(whyRefused(error))
      }
    },

    async find(request, handle) {
      const word = await passes.find(request, handle)
      return word !== undefined && stillCounts(word, gate) ? word : undefined
    },
  }
}

function whyRefused(error: unknown): GateStop {
  if (!(error instanceof ProviderRefusedError)) throw error
  switch (error.refusal) {
    case 'misconfigured':
    case 'not_genuine':
      return error.refusal
    case 'unavailable':
    case 'unanswered':
      return 'unavailable'
    default:
      return 'not_signed_in'
  }
}
