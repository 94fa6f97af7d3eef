import { providers } from '@email-connector/mail'
import { describe, expect, test } from 'vitest'
import { formActionOf } from '../../src/http/headers.ts'
import { homePage } from '../../src/pages/home-page.ts'
import { html } from '../../src/pages/html.ts'
import { messagePage } from '../../src/pages/page.ts'

const home = (settings = {}) =>
  homePage(
    {
      publicUrl: 'https://a.example',
      resource: 'https://a.example/mcp',
      disabledClients: [],
      demo: false,
      signInProviders: [],
      ...settings,
    },
    providers,
  )

describe('markup', () => {
  test('R46: every value is escaped, in text, in attributes, in lists; nested markup is not escaped twice', () => {
    const evil = `<b>&"'`
    const made = html`<p title="${evil}">${evil}${[evil, html`<i>${evil}</i>`]}${false}${undefined}${0}</p>`
    const escaped = '&lt;b&gt;&amp;&quot;&#39;'
    expect(made.text).toBe(`<p title="${escaped}">${escaped}${escaped}<i>${escaped}</i>0</p>`)
  })

  test('R46: an object that only looks like markup is refused', () => {
    const forged = { text: '<script>' } as unknown as string
    expect(() => html`${forged}`).toThrow()
  })
})

describe('a page', () => {
  test('runs and shows only what carries its nonce, a new one each time, and loads nothing', async () => {
    const [one, other] = [home(), home()]
    const policy = one.headers.get('content-security-policy') ?? ''
    const nonce = /style-src 'nonce-([^']+)'/.exec(policy)?.[1]
    expect(policy).toBe(
      `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
    )
    expect(other.headers.get('content-security-policy')).not.toContain(nonce)
    const text = await one.text()
    expect(text).not.toMatch(/\ssrc=|\sstyle="|\son[a-z]+="|@import|url\(/)
    expect([...text.matchAll(/<(?:style|script)(.*?)>/g)].map(([, attributes]) => attributes)).toEqual([
      ` nonce="${nonce}"`,
      ` nonce="${nonce}"`,
    ])
  })

  test('shows what belongs to the chosen provider, for every provider there is', async () => {
    const text = await home().text()
    for (const id of [...providers.map((provider) => provider.id), 'demo'])
      expect(text).toContain(`form:has(#provider-${id}:checked) [data-provider~="${id}"]{display:block}`)
  })

  test('names every client with its exact line, and leaves out those the owner switched off', async () => {
    const text = await home().text()
    expect(text).toContain('claude mcp add --transport http email-connector https://a.example/mcp')
    expect(text).toContain('<summary>ChatGPT</summary>')
    expect(await home({ disabledClients: ['chatgpt'] }).text()).not.toContain('<summary>ChatGPT</summary>')
  })

  test('tells the truth about providers', async () => {
    const text = await home().text()
    for (const { name } of providers) expect(text).toContain(html`${name}`.text)
    expect(text).toMatch(/Outlook[\s\S]{0,120}Not available/)
    expect(text).toMatch(/Proton[\s\S]{0,120}Needs Bridge/)
  })

  test('says on a laptop which clients cannot reach it', async () => {
    const text = await home({ publicUrl: 'http://localhost:1', resource: 'http://localhost:1/mcp' }).text()
    expect(text).toContain('cannot reach it')
  })

  test('R46: a message page escapes its words', async () => {
    expect(await messagePage({ status: 400, title: '<x>', text: '<y>' }).text()).not.toMatch(/<[xy]>/)
  })
})

describe('R19: where a form may end', () => {
  test.each([
    ['https://claude.ai/api/mcp/auth_callback', 'https://claude.ai'],
    ['http://localhost:6274/oauth/callback', 'http://localhost:6274'],
    ['http://127.0.0.1:33418/', 'http://127.0.0.1:33418'],
    ['http://[::1]:8080/callback', 'http:'],
    ['cursor://anysphere.cursor-mcp/oauth/callback', 'cursor:'],
  ])('%s allows %s', (uri, source) => {
    expect(formActionOf(uri)).toContain(source)
  })

  test('opens no scheme and no other host for a redirect to the web', () => {
    expect(formActionOf('https://chatgpt.com/connector_platform_oauth_redirect')).toEqual([
      'https://chatgpt.com',
    ])
  })
})
