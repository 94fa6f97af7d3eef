/**
 * What the authorization server shows when a request cannot go back to an app. The sentence is its own; where an address
 * was refused, the page names it and what its reader can do. The address is a stranger's, so it is never a link.
 */
import type { ErrorPage, RefusedAddress } from '@email-connector/oauth'
import { extraRedirectUris } from '../settings.ts'
import { type Html, html } from './html.ts'
import { messagePage } from './page.ts'

export const signInStopped: ErrorPage = (status, sentence, headers, address) =>
  messagePage({
    status,
    title: 'This sign-in cannot go on',
    text: sentence,
    headers,
    ...(address && { more: html`<p><code>${address.shown}</code></p>${adviceOn(address.kind)}` }),
  })

const setting = html`<code>${extraRedirectUris}</code>`

function adviceOn(kind: RefusedAddress['kind']): Html {
  switch (kind) {
    case 'redirect_uri':
      return html`<p>If you run this server and know the app at this address, add the address to the setting ${setting}, restart the server, and connect again from the app. If you do not know it, close this page.</p>`
    case 'unregistered_redirect_uri':
      return html`<p>Remove this server from the app and add it again, so that the app registers the address. The setting ${setting} does not change this: the app has to name the address itself.</p>`
    case 'unreadable_document':
      return html`<p>Try again in a minute. If the page stays, the document is missing, larger than 5 KB, or its server does not answer this one: tell the maker of the app. The owner of this server can let the app in with an id of its own (<code>OAUTH_CLIENT_ID</code> and <code>OAUTH_CLIENT_SECRET</code>).</p>`
    case 'unfit_document':
      return html`<p>Tell the maker of the app. The document must name its own address as <code>client_id</code>, list its <code>redirect_uris</code>, and ask for no secret or key.</p>`
  }
}
