/**
 * Sends a browser from our form to a provider. A redirect would be a part of the form's navigation, whose every hop the
 * page's policy would have to name, and an organisation's sign-in has hops that nobody knows. A page is a navigation of
 * its own; without script it goes on by itself all the same.
 */
import { html } from './html.ts'
import { toPageResponse } from './page.ts'

export function leavingPage({ name, url }: { readonly name: string; readonly url: string }): Response {
  return toPageResponse({
    title: `Sign in with ${name}`,
    head: html`<meta http-equiv="refresh" content="0;url=${url}">`,
    body: html`<div class="hero">
<section class="card">
<h1>Sign in with ${name}</h1>
<p class="lead">You are being taken to ${name}, where you sign in. This server does not see your password.</p>
<p><a class="button" href="${url}" rel="noreferrer">Continue to ${name}</a></p>
</section>
</div>`,
  })
}
