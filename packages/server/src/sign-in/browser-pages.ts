/**
 * The paired browsers of one mailbox in one connection: shown, paired, unpaired, behind a proved login. What is paired is
 * the browser that presses the button; what its cookie is worth is accounts/paired-browser.ts.
 */
import type { EpochSeconds } from '@email-connector/oauth'
import type { OpenOwnersGrant, OwnersGrant } from '../accounts/owners-grant.ts'
import { findPairings, livePairings, pairBrowser, withPairing } from '../accounts/paired-browser.ts'
import { type AccountSettings, defaultAccountSettings } from '../accounts/settings.ts'
import { browsersPage } from '../pages/browsers-page.ts'
import { ownerStoppedPage } from '../pages/owner-form.ts'
import type { Fields } from './form.ts'
import { withCookies } from './known-browser.ts'
import type { OwnedGrants } from './owned-grants.ts'
import type { PageProof } from './page-proof.ts'
import { stopped } from './settings-pages.ts'

export interface BrowserPages {
  show(request: Request, proof: PageProof, grantId: string): Promise<Response>
  pair(request: Request, proof: PageProof, grantId: string): Promise<Response>
  unpair(request: Request, proof: PageProof, fields: Fields): Promise<Response>
}

type Notice = 'paired' | 'unpaired' | 'changed'

export function createBrowserPages(options: {
  readonly owned: OwnedGrants
  readonly openOwnersGrant: OpenOwnersGrant
  readonly publicUrl: string
  readonly now: () => EpochSeconds
}): BrowserPages {
  const { owned, openOwnersGrant, publicUrl, now } = options

  /** A page that says why, where there are no settings. The keys are zeroed after `use`. */
  async function withRoom(
    proof: PageProof,
    grantId: string,
    use: (room: OwnersGrant, clientName: string) => Promise<Response>,
  ): Promise<Response> {
    const stop = (name: keyof typeof stopped) => ownerStoppedPage({ proof: proof.handle, ...stopped[name] })
    const grant = await owned.find(proof.owner, grantId)
    if (grant === undefined) return stop('ended')
    const opened = await openOwnersGrant(grant, proof.owner)
    if (opened.state !== 'open') return stop(opened.state)
    try {
      return await use(opened.room, grant.clientName)
    } finally {
      opened.room.close()
    }
  }

  async function page(
    { request, proof, grantId }: { request: Request; proof: PageProof; grantId: string },
    notice?: Notice,
    /** Its cookie leaves with this very page. */
    paired: readonly string[] = [],
  ): Promise<Response> {
    return await withRoom(proof, grantId, async ({ account }, clientName) => {
      const { browsers } = account ?? defaultAccountSettings
      return browsersPage({
        ...{ proof: proof.handle, grantId, clientName, address: proof.owner.address },
        browsers: livePairings(browsers, now()),
        own: [...findPairings(request, browsers, { publicUrl, now: now() }), ...paired],
        ...(notice && { notice }),
      })
    })
  }

  async function save(
    place: { request: Request; proof: PageProof; grantId: string },
    change: (settings: AccountSettings) => AccountSettings,
  ): Promise<'written' | Response> {
    let outcome: 'written' | 'changed' | undefined
    const stop = await withRoom(place.proof, place.grantId, async (room) => {
      outcome = await room.saveAccount(change(room.account ?? defaultAccountSettings))
      return new Response()
    })
    if (outcome === undefined) return stop
    return outcome === 'written' ? outcome : await page(place, 'changed')
  }

  return {
    show: (request, proof, grantId) => page({ request, proof, grantId }),

    async pair(request, proof, grantId) {
      const place = { request, proof, grantId }
      const { browser, cookie } = pairBrowser({ request, publicUrl, now: now() })
      const saved = await save(place, (settings) => withPairing(settings, browser, now()))
      if (saved !== 'written') return saved
      return withCookies(await page(place, 'paired', [browser.hash]), [cookie])
    },

    async unpair(request, proof, fields) {
      const place = { request, proof, grantId: fields.get('grant') ?? '' }
      const hash = fields.get('unpair')
      const saved = await save(place, (settings) => ({
        ...settings,
        browsers: settings.browsers.filter((one) => one.hash !== hash),
      }))
      return saved === 'written' ? await page(place, 'unpaired') : saved
    },
  }
}
