/** What one connection did with one mailbox on one day: the audit, for its owner. */
import type { AuditEntry } from '../accounts/audit.ts'
import { type Html, html } from './html.ts'
import { backForm } from './owner-form.ts'
import { toPageResponse } from './page.ts'

export interface ActivityPage {
  readonly proof: string
  readonly grantId: string
  readonly clientName: string
  readonly address: string
  /** `2026-11-27`. */
  readonly day: string
  readonly firstDay: string
  readonly today: string
  readonly entries: readonly AuditEntry[]
  readonly unreadable: number
  /** Where the next part of the day begins. */
  readonly next?: string
  /** Not the first part of the day. */
  readonly isContinued: boolean
  readonly fault?: string
}

export function activityPage(page: ActivityPage): Response {
  const { entries, unreadable, next, fault } = page
  return toPageResponse({
    title: 'What it did',
    status: fault === undefined ? 200 : 422,
    body: html`<div class="hero">
<h1>What it did</h1>
<p class="lead"><b><bdi>${page.clientName}</bdi></b> with <b><bdi>${page.address}</bdi></b>. Nothing of the emails themselves is kept, and each entry for 90 days.</p>
</div>
${form(
  page,
  html`<section class="card">
<div class="field">
<label class="text" for="day">Day</label>
<input type="date" id="day" name="day" value="${page.day}" min="${page.firstDay}" max="${page.today}" class="short"${fault !== undefined && html` aria-invalid="true" aria-describedby="day-fault"`}>${fault !== undefined && html`<p class="fault" id="day-fault">${fault}</p>`}
<p class="hint">Days and times are in UTC.</p>
</div>
<div class="actions">
<button type="submit" name="activity" value="${page.grantId}">Show this day</button>
<button type="submit" class="quiet" name="csv" value="${page.grantId}">Download it as CSV</button>
</div>
</section>`,
)}
<section class="card" aria-labelledby="entries-title">
<h2 id="entries-title">${page.day}${page.isContinued && ', continued'}</h2>
${unreadable > 0 && html`<div class="note warn"><p><strong>${unreadable === 1 ? 'One entry' : `${unreadable} entries`} cannot be read:</strong> changed from outside, or from a newer version of this server.</p></div>`}
${entries.length === 0 ? html`<p class="soft">Nothing ${page.isContinued ? 'more ' : ''}on this day.</p>` : table(entries)}
${
  next !== undefined &&
  form(
    page,
    html`<input type="hidden" name="day" value="${page.day}">
<input type="hidden" name="after" value="${next}">
<button type="submit" class="quiet" name="activity" value="${page.grantId}">Later on this day</button>`,
  )
}
</section>
${backForm(page.proof)}`,
  })
}

/** Not one submission at a time: a download leaves the page as it is. */
function form({ proof }: ActivityPage, body: Html): Html {
  return html`<form method="post" action="/oauth/connections">
<input type="hidden" name="proof" value="${proof}">
${body}
</form>`
}

function table(entries: readonly AuditEntry[]): Html {
  return html`<table class="entries">
<thead>
<tr><th scope="col">Time</th><th scope="col">What</th><th scope="col">How it ended</th><th scope="col">Emails</th></tr>
</thead>
<tbody>${entries.map(
    ({ at, tool, outcome, code, count }) => html`
<tr><td data-label="Time"><time datetime="${new Date(at * 1000).toISOString()}">${new Date(at * 1000).toISOString().slice(11, 19)}</time></td><td data-label="What"><code>${tool}</code></td><td data-label="How it ended">${endOf(outcome, code)}</td><td data-label="Emails">${count ?? 'none counted'}</td></tr>`,
  )}
</tbody>
</table>`
}

function endOf(outcome: AuditEntry['outcome'], code: string | undefined): Html {
  if (outcome === 'ok') return html`<span class="tag">Done</span>`
  if (outcome === 'asked') return html`<span class="tag maybe">Asked you first</span>`
  if (outcome === 'failed')
    return html`<span class="tag no">Failed</span>${code !== undefined && html` <code>${code}</code>`}`
  return html`<span class="tag maybe">Not finished</span>`
}
