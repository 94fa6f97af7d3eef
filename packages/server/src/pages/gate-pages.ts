/** What the identity gate shows in the place of a mailbox form: who is not let in and why, and the way to the login. */
import { html } from './html.ts'
import { described, errorSummary, faultText, type MailboxForm } from './mailbox-fields.ts'
import { messagePage, toPageResponse } from './page.ts'

export type GateStop =
  | 'not_listed'
  | 'too_many_groups'
  /** The provider itself let nobody in. */
  | 'not_signed_in'
  | 'not_genuine'
  /** A link of a connection that somebody else has made. */
  | 'not_yours'
  | 'misconfigured'
  | 'unavailable'

export function gateStopped(why: GateStop, name: string): Response {
  const isOurs = why === 'misconfigured' || why === 'unavailable'
  return messagePage({
    status: isOurs ? 503 : 403,
    title: isOurs ? `${name} cannot be asked` : `${name} decides who may connect here`,
    text: sentenceOf(why, name),
    ...(isOurs && { headers: { 'Retry-After': '60' } }),
  })
}

function sentenceOf(why: GateStop, name: string): string {
  switch (why) {
    case 'not_listed':
      return `You signed in at ${name}, but that account is not among those that may connect a mailbox. If you have another account there, sign out at ${name} first. Otherwise ask the operator of this server to let you in. Then go back to your app and connect again.`
    case 'too_many_groups':
      return `You are in more groups than ${name} tells at a sign-in, so this server cannot see whether you may connect. Ask the operator of this server to let ${name} tell only the groups that are assigned to it.`
    case 'not_signed_in':
      return `${name} did not let you in, or you did not finish there. Go back to your app and connect again. If it stays so, ask the administrator of ${name}.`
    case 'not_genuine':
      return `The answer of ${name} did not belong to this sign-in, so nothing was connected. Go back to your app and connect again.`
    case 'not_yours':
      return `This link belongs to a connection that another account of ${name} has made, or that was made before ${name} was asked. Sign in at ${name} with the account that made it, or connect the app again.`
    case 'misconfigured':
      return `${name} does not accept how this server is registered there. The operator of this server has to correct it.`
    case 'unavailable':
      return `${name} did not answer. Try again in a minute.`
  }
}

/** A one-time link, before the login: its token is behind the `#`, which only a form can carry on. */
export function gateLinkPage(
  name: string,
  page: Pick<MailboxForm, 'faults'> & { readonly status?: number },
): Response {
  const fault = page.faults[0]?.message
  return toPageResponse({
    title: page.faults.length > 0 ? 'Please check the form' : 'Add a mailbox or renew a password',
    status: page.status ?? 200,
    body: html`
<div class="hero">
<h1>Add a mailbox or renew a password</h1>
<p class="lead">First sign in at ${name}, which decides who may connect here.</p>
</div>
${page.faults.length > 0 && errorSummary(page.faults)}
<form class="narrow" method="post" action="/oauth/link" novalidate data-once>
<section class="card" data-link>
<div class="field">
<label class="text" for="link">The link from your app</label>
<input id="link" name="link" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" aria-required="true"${described('link', fault)}>${faultText('link', fault)}</div>
<p class="hint">Your app shows it when you ask for your mail accounts. It works once, for 15 minutes.</p>
</section>
<div class="actions"><button type="submit">Continue to ${name}</button></div>
</form>`,
  })
}
