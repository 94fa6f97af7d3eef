/** `/`: what this is, the URL to paste, how to connect each client, which providers work, what happens to the mail. */
import type { Provider } from '@email-connector/mail'
import type { KnownClientId } from '@email-connector/oauth'
import { appName } from '../deployment-names.ts'
import { isLoopback } from '../loopback.ts'
import type { ServerSettings } from '../settings.ts'
import { type Html, html } from './html.ts'
import { toPageResponse } from './page.ts'

type HomeSettings = Pick<
  ServerSettings,
  'publicUrl' | 'resource' | 'disabledClients' | 'demo' | 'signInProviders'
>

export function homePage(settings: HomeSettings, providers: readonly Provider[]): Response {
  return toPageResponse({
    title: 'Connect your mailbox to your assistant',
    body: html`
<div class="hero">
<h1>Your mailbox, in your assistant</h1>
<p class="lead">Let Claude, ChatGPT or another assistant read, find, sort, draft and send your mail. It works with any mailbox that speaks IMAP, and you decide how much it may do.</p>
</div>
<section class="card" aria-labelledby="url-title">
<h2 id="url-title">Paste this URL into your assistant</h2>
<div class="url">
<code id="mcp-url">${settings.resource}</code>
<button type="button" data-script hidden data-copy="${settings.resource}" data-source="mcp-url">Copy</button>
</div>
<p class="hint">It then opens a page of this server where you sign in to your mailbox and choose what is allowed.</p>
</section>
<section class="card" aria-labelledby="clients-title">
<h2 id="clients-title">How to connect</h2>
${
  isLoopback(new URL(settings.publicUrl).hostname) &&
  html`<div class="note warn">
<p><strong>This server runs on your own computer.</strong> Programs on it, such as Claude Code, VS Code and the Inspector, can connect. Claude on the web and ChatGPT call from the internet and cannot reach it; deploy it for those.</p>
</div>`
}
${clients(settings).map(
  (client, index) =>
    html`<details${index === 0 && html` open`}><summary>${client.name}</summary>
<div class="in">${client.steps}</div>
</details>`,
)}
</section>
<section class="card" aria-labelledby="providers-title">
<h2 id="providers-title">Which mailboxes work</h2>
<table>${settings.signInProviders
      .filter(({ id }) => id === 'organisation')
      .map(
        ({ name }) =>
          html`<tr>
<th scope="row">${name}<br><span class="tag">Sign in with ${name}</span></th>
<td>You sign in at ${name}; this server never sees your password.</td>
</tr>`,
      )}${providers.map(
      (provider) =>
        html`<tr>
<th scope="row">${provider.name}<br>${standing(provider, settings)}</th>
<td>${noteOf(provider, settings)}${
          provider.appPasswordUrl !== undefined &&
          html` <a href="${provider.appPasswordUrl}" rel="noreferrer">Create an app password</a>`
        }</td>
</tr>`,
    )}</table>
</section>
<section class="card" aria-labelledby="privacy-title">
<h2 id="privacy-title">What happens to your mail</h2>
<p class="text">Mail passes through this server while your assistant asks for it, and none of it is stored. Your mailbox password is kept encrypted with a key that is made for each connected app and that only that app's access token can unlock; neither the database nor its operator's key alone opens it. You can <a href="/oauth/connections">see and revoke</a> every connection at any time, which deletes what was stored for it.</p>
<p class="text">A mail can try to give your assistant orders. Unless you choose otherwise, nothing is sent without your yes; what it reads, changes and files is as far as you let it.</p>
</section>`,
  })
}

function noteOf(provider: Provider, settings: HomeSettings): string {
  const signIn = settings.signInProviders.find(({ id }) => id === provider.id)
  if (signIn === undefined) return provider.note
  const signsIn = `You sign in at ${signIn.name}; this server never sees your password.`
  return provider.signIn === 'oauth' ? signsIn : `${signsIn} Or with an app password: ${provider.note}`
}

function standing(provider: Provider, settings: HomeSettings): Html {
  const signIn = settings.signInProviders.find(({ id }) => id === provider.id)
  if (signIn !== undefined) return html`<span class="tag">Sign in with ${signIn.name}</span>`
  switch (provider.signIn) {
    case 'oauth':
      return html`<span class="tag no">Not available</span>`
    case 'bridge':
      return html`<span class="tag maybe">Needs Bridge</span>`
    case 'app_password':
      return html`<span class="tag">App password</span>`
    case 'password':
      return html`<span class="tag">Password</span>`
  }
}

function clients(settings: HomeSettings): { name: string; steps: Html }[] {
  const url = settings.resource
  const vscode = JSON.stringify({ name: appName, type: 'http', url })
  const cursor = JSON.stringify({ mcpServers: { [appName]: { url } } }, null, 2)
  const all: { id?: KnownClientId; hosted?: boolean; name: string; steps: Html }[] = [
    {
      id: 'claude',
      hosted: true,
      name: 'Claude (web, desktop, mobile)',
      steps: html`<ol>
<li>Open <b>Settings</b>, then <b>Connectors</b>.</li>
<li>Choose <b>Add custom connector</b>, paste <code>${url}</code>, then <b>Add</b>.</li>
<li>Choose <b>Connect</b> and sign in to your mailbox.</li>
</ol>`,
    },
    {
      id: 'claude-code',
      name: 'Claude Code',
      steps: html`<pre><code>claude mcp add --transport http email-connector ${url}</code></pre>
<p>Then type <code>/mcp</code> in Claude Code, choose <b>email-connector</b> and <b>Authenticate</b>.</p>`,
    },
    {
      id: 'chatgpt',
      hosted: true,
      name: 'ChatGPT',
      steps: html`<ol>
<li>Open <b>Settings</b>, then <b>Apps &amp; Connectors</b>, <b>Advanced settings</b>, and turn on <b>Developer mode</b>.</li>
<li>Choose <b>Create</b>, paste <code>${url}</code> as the MCP server URL, and <b>OAuth</b> as the authentication.</li>
<li>Choose <b>Connect</b> and sign in to your mailbox.</li>
</ol>`,
    },
    {
      id: 'vscode',
      name: 'VS Code',
      steps: html`<pre><code>code --add-mcp '${vscode}'</code></pre>
<p>Or run <b>MCP: Add Server</b> from the command palette, choose <b>HTTP</b> and paste the URL.</p>`,
    },
    {
      id: 'cursor',
      name: 'Cursor',
      steps: html`<p>Add this to <code>~/.cursor/mcp.json</code>:</p>
<pre><code>${cursor}</code></pre>`,
    },
    {
      name: 'MCP Inspector',
      steps: html`<pre><code>npx @modelcontextprotocol/inspector</code></pre>
<p>Choose <b>Streamable HTTP</b>, paste <code>${url}</code> and connect.</p>`,
    },
  ]
  const offered = all.filter(
    (client) => client.id === undefined || !settings.disabledClients.includes(client.id),
  )
  // What cannot reach a server on this computer comes last.
  return isLoopback(new URL(settings.publicUrl).hostname)
    ? [...offered.filter((client) => !client.hosted), ...offered.filter((client) => client.hosted)]
    : offered
}
