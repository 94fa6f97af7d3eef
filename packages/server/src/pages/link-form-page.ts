/** Where the owner's own pages begin: the link of a tool, to paste, or taken from the fragment by the page's script. */
import { html } from './html.ts'
import { toPageResponse } from './page.ts'

export function linkFormPage(page: {
  readonly path: '/files' | '/review'
  readonly title: string
  readonly lead: string
  readonly hint: string
  readonly isFaulty?: boolean
}): Response {
  const { path, title, lead, hint, isFaulty = false } = page
  return toPageResponse({
    title: isFaulty ? 'Please check the form' : title,
    status: isFaulty ? 422 : 200,
    body: html`<div class="hero">
<h1>${title}</h1>
<p class="lead">${lead}</p>
</div>
<form class="narrow" method="post" action="${path}" novalidate data-once>
<section class="card" data-link>
<div class="field">
<label class="text" for="link">The link from your app</label>
<input id="link" name="link" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" aria-required="true"${isFaulty && html` aria-invalid="true" aria-describedby="link-fault"`}>${
      isFaulty && html`<p class="fault" id="link-fault">Paste the whole link that your app shows.</p>`
    }</div>
<p class="hint">${hint}</p>
</section>
<div class="actions">
<button type="submit" data-busy="Looking…">Continue</button>
</div>
</form>`,
  })
}
