/** The frame of every page, and the response it leaves in: nonce, policy, no caching. */
import { randomBytes } from 'node:crypto'
import { providers } from '@email-connector/mail/providers'
import { appName } from '../deployment-names.ts'
import { pageSecurityPolicy } from '../http/headers.ts'
import { pageCss, pageJs } from './assets.ts'
import { type Html, html, trusted } from './html.ts'

/** Shows what belongs to the chosen provider without script; a browser without :has() shows everything. */
const providerRules = [...providers.map(({ id }) => id), 'organisation', 'demo'].map(
  (id) => `form:has(#provider-${id}:checked) [data-provider~="${id}"]{display:block}\n`,
)
/** Where no password works, neither its field nor the button that sends it is shown; sent all the same, it is not used. */
const signInOnly = ['outlook', 'organisation'].map(
  (id) =>
    `form:has([formaction][data-provider="${id}"]):has(#provider-${id}:checked) :is([data-password],[data-plain]){display:none}\n`,
)
const styleSheet = trusted(pageCss + providerRules.join('') + signInOnly.join(''))
const pageScript = trusted(pageJs)

const mark = (ink: string, ground: string) =>
  `<rect width="32" height="32" rx="9" fill="${ground}"/><path d="M7 11.5 16 18l9-6.5M9 9.5h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H9a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2Z" fill="none" stroke="${ink}" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>`

const icon = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${mark('#fff', '#0b5d4b')}</svg>`,
)}`

const brandMark = trusted(
  `<svg viewBox="0 0 32 32" aria-hidden="true">${mark('var(--accent-ink)', 'var(--accent)')}</svg>`,
)

export interface PageContent {
  readonly title: string
  readonly body: Html
  readonly head?: Html
  readonly status?: number
  /** Sources beyond 'self' that the page's form may end at. */
  readonly formAction?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** A sandboxed frame in it shows an email, with the email's own styles. */
  readonly framesMail?: boolean
}

export function toPageResponse(page: PageContent): Response {
  const nonce = randomBytes(16).toString('base64')
  const markup = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${page.title} · ${appName}</title>
<link rel="icon" href="${icon}">${page.head}
<style nonce="${nonce}">${styleSheet}</style>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top"><a class="brand" href="/">${brandMark}${appName}</a><nav aria-label="Site"><a href="/oauth/connections">Your connections</a></nav>
</header>
<main id="main">${page.body}</main>
<footer>No mail is stored here. Passwords are kept encrypted, and only a connected app's own key opens them. <a href="/privacy">Privacy</a></footer>
<script nonce="${nonce}">${pageScript}</script>
</body>
</html>
`
  return new Response(markup.text, {
    status: page.status ?? 200,
    headers: {
      ...page.headers,
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Content-Security-Policy': pageSecurityPolicy(nonce, page),
    },
  })
}

/** A page with one message: what went wrong and what to do. */
export function messagePage(message: {
  status: number
  title: string
  text: string
  more?: Html
  headers?: Readonly<Record<string, string>>
}): Response {
  return toPageResponse({
    title: message.title,
    status: message.status,
    ...(message.headers === undefined ? {} : { headers: message.headers }),
    body: html`<div class="hero">
<section class="card">
<h1>${message.title}</h1>
<p class="lead">${message.text}</p>
${message.more}
</section>
</div>`,
  })
}
