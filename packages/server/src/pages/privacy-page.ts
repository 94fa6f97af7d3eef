/** `/privacy`: what is stored, for how long, who can read it. As true as docs/storage-schema.md; change both together. */
import { daySeconds } from '../clock.ts'
import type { ServerSettings } from '../settings.ts'
import { type Html, html } from './html.ts'
import { toPageResponse } from './page.ts'

export function privacyPage({ lifetimes, gate }: Pick<ServerSettings, 'lifetimes' | 'gate'>): Response {
  const idleDays = Math.round(lifetimes.refreshIdleSeconds / daySeconds)
  const absoluteDays = Math.round(lifetimes.refreshAbsoluteSeconds / daySeconds)
  return toPageResponse({
    title: 'Privacy',
    body: html`
<div class="hero">
<h1>What this server keeps about you</h1>
<p class="lead">No mail: each request of your app opens your mailbox, answers and forgets. What is kept is below, all of it.</p>
</div>
<section class="card" aria-labelledby="kept-title">
<h2 id="kept-title">What is stored</h2>
<table>
<thead>
<tr>
<th scope="col">What</th>
<th scope="col">For how long</th>
<th scope="col">Who can read it</th>
</tr>
</thead>
<tbody>
${row('Your address, mail servers, and password or (after “Sign in with …”) your provider’s tokens', `Until you revoke the app, at most ${absoluteDays} days. After ${idleDays} days without use no token is left that opens it`, 'Nobody from the database alone, nor with the server’s own key: the app’s access token is part of the key')}
${row('Addresses and folder names, to answer faster', 'As above', 'Who holds a token of the app')}
${row('Which app, what it may do, how many mailboxes, when connected and last used (to the hour)', 'As above', 'The operator of this server')}
${row('A fingerprint of your mail server and address, so that you find your connections', `As above; for a sign-in that was verified but not completed, up to ${absoluteDays + 90} days`, 'The operator cannot reverse it, but holds its key and so can check whether a particular mailbox is connected')}
${gate && row(`Who you are at ${gate.name}, where you sign in before you connect: its number for you, the rule that let you in, and its token to ask whether you still belong there. Not your name or address there`, 'As the first; for an hour at most until you have connected', 'Who holds a token of the app')}
${row('What you decided about an app: limits, hidden folders, names, signatures', 'Until you revoke the app, at most as above', 'Who holds a token of the app, and who signs in to the mailbox. The operator could with the database, the server’s secret and your address together')}
${row('What an app did: which tool, when, how it ended, how many emails. Nothing of the emails themselves', '90 days, also after you revoke the app, with the app’s name and when it ended', 'As above; the operator sees in which hours an app was busy')}
${row('The app’s name and version, and open questions to you', 'Up to 24 hours', 'The name and version: the operator. The questions: who holds a token of the app')}
${row('Fingerprint and outcome of a mail you sent, so that it is sent once', 'Up to 24 hours', 'The outcome: who holds a token of the app')}
${row('Which email and file a download link is for', '15 minutes', 'Who holds the link, in a browser that you have paired')}
${row('Which draft a review link is for, and the key to your settings that it needs', '24 hours', 'Who holds the link, in a browser that you have paired')}
${row('A sign-in or one-time link under way, and counts of failed sign-ins', 'Up to an hour', 'The operator; addresses stand there as fingerprints only')}
</tbody>
</table>
</section>
<section class="card" aria-labelledby="logs-title">
<h2 id="logs-title">Logs, cookies, backups</h2>
<p class="text">Logs hold times, outcomes and numbers. No address, password, token, subject or text has a place in them. The only cookies are those that tie a sign-in to your browser, for 15 minutes, or your connections’ page, for an hour, and one for each mailbox that you signed in to here: for 90 days it keeps strangers’ wrong passwords from locking your browser out. It holds no address and opens nothing. A browser that you pair keeps a cookie for 30 days, too, by which links of your app open there. Nothing is loaded from elsewhere and nobody else is told.</p>
<p class="text">Revoking deletes at once, except the list of what the app did, which is yours to look at for 90 days. What has expired is refused at once and erased by the database within days. Where the operator keeps backups, they go back 35 days at most and hold the encrypted record; what opens it is not backed up unless the operator has decided otherwise.</p>
</section>
<section class="card" aria-labelledby="limits-title">
<h2 id="limits-title">What no encryption can promise</h2>
<p class="text">While a request runs, the server has your password and the mail that was asked for in its memory, and a key for up to five minutes after it. The operator of this server could change its program and read along. The app you connect reads what you let it read, and keeps that under its own rules.</p>
</section>
<section class="card" aria-labelledby="delete-title">
<h2 id="delete-title">See it, revoke it, delete it</h2>
<p class="text">On <a href="/oauth/connections">your connections</a> you sign in with a connected mailbox, see every app, and revoke one or delete everything. Changing the password at your mail provider locks every app out as well.</p>
</section>`,
  })
}

function row(what: string, howLong: string, who: string): Html {
  return html`<tr>
<th scope="row">${what}</th>
<td data-label="For how long">${howLong}</td>
<td data-label="Who can read it">${who}</td>
</tr>`
}
