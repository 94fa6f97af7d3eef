/**
 * The paired browsers of one mailbox in one connection: shown, paired, unpaired, behind a proved login. What is paired is
 * the browser that presses the button; what its cookie is worth is accounts/paired-browser.ts.
 */
import type { EpochSeconds } from '@email-connector/oauth'
import type { OpenOwnersGrant } from '../accounts/owners-grant.ts'
import { findPairings, livePairings, pairBrowser, withPairing } from '../accounts/paired-browser.ts'
import type { AccountSettings } from '../accounts/settings.ts'
import { browsersPage } from '../pages/browsers-page.ts'
import type { Fields } from './form.ts'
import { withCookies } from './known-browser.ts'
import type { OwnedGrants } from './owned-grants.ts'
import type { PageProof } from './page-proof.ts'
import { createWithRoom } from './with-room.ts'

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
  const { publicUrl, now } = options
  const withRoom = createWithRoom(options)

  async function page(
    { request, proof, grantId }: { request: Request; proof: PageProof; grantId: string },
    notice?: Notice,
    /** Its cookie leaves with this very page. */
    paired: readonly string[] = [],
  ): Promise<Response> {
    return await withRoom(proof, grantId, async ({ room: { account }, grant: { clientName }, stop }) => {
      // Pairing must not put defaults in the place of settings that somebody has taken away.
      if (account === undefined) return stop('unreadable')
      const { browsers } = account
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
    const outcome = await withRoom(place.proof, place.grantId, async ({ room, stop }) =>
      room.account === undefined ? stop('unreadable') : await room.saveAccount(change(room.account)),
    )
    if (outcome instanceof Response) return outcome
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
