/** A link in a browser that is not paired. The same for every link, so that it says nothing of its owner or its subject. */
import { html } from './html.ts'
import { messagePage } from './page.ts'

export function unpairedPage(path: '/files' | '/review', token: string): Response {
  return messagePage({
    status: 403,
    title: 'Pair this browser first',
    text: 'This link opens only in a browser that you have paired with the mailbox. Open “Your connections”, sign in, and open “Paired browsers” beside the app and press “Pair this browser”. Then come back here. Pair only a browser that no assistant controls.',
    more: html`<p><a class="button" href="/oauth/connections" target="_blank" rel="noopener">Your connections (new tab)</a></p>
<form method="post" action="${path}" data-once>
<input type="hidden" name="link" value="${token}">
<div class="actions"><button type="submit" class="quiet">Try again</button></div>
</form>`,
  })
}
