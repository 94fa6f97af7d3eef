/** Hold, open the link, pair, read, answer: in a real browser, with script and without, wide and narrow, light and dark. */
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import {
  findChromium,
  findDovecot,
  freePorts,
  launchBrowser,
  type TestBrowser,
} from '@email-connector/testing'
import { getRequestListener } from '@hono/node-server'
import type { AxeResults, RunOptions } from 'axe-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DovecotApp, startDovecotApp } from './dovecot-app.ts'
import { holdWith } from './review-as-owner.ts'

type Page = Awaited<ReturnType<TestBrowser['newPage']>>

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const pixels =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
/** Another program, or an intruder, may have left such a draft. */
const hostileOf = (evil: string) =>
  [
    ...['From: alice@test.example', 'To: bob@test.example', 'Reply-To: mallory@evil.example'],
    ...['Subject: Figures <b>now</b>', 'Message-ID: <hostile@test.example>', 'MIME-Version: 1.0'],
    ...['Content-Type: multipart/related; boundary=r', '', '--r'],
    ...['Content-Type: multipart/alternative; boundary=a', '', '--a', 'Content-Type: text/plain', ''],
    ...[
      'Pay 100 to Bob. See </pre><script>document.title="run"</script>',
      '--a',
      'Content-Type: text/html',
      '',
    ],
    `<html><head><meta http-equiv="refresh" content="0;url=${evil}/away"><style>p{color:rgb(1,2,3)}</style></head>`,
    '<body onload="document.title=1"><p style="font-weight:700">Pay 900 to Bob.</p><p style="display:none">the ledger of last year</p>',
    `<script>parent.document.title="run"</script><a href="${evil}/?q=1" target="_top">your bank</a>`,
    `<form action="${evil}/"><button>Press</button></form>`,
    `<img src="${evil}/pixel.gif" width="30" height="30"><img id="own" src="cid:own@x" width="20" height="20"></body></html>`,
    ...[
      '--a--',
      '--r',
      'Content-Type: image/png',
      'Content-ID: <own@x>',
      'Content-Transfer-Encoding: base64',
      '',
    ],
    ...[pixels, '--r--', ''],
  ].join('\r\n')

describe.skipIf(findChromium() === undefined || findDovecot() === undefined)(
  'R92: /review in Chromium',
  () => {
    let app: DovecotApp
    let url: string
    let server: Server
    let browser: TestBrowser
    let token: string
    /** Where a hostile draft would lead or load from, and how often it did. */
    let evil: Server
    let evilUrl: string
    let visits = 0

    beforeAll(async () => {
      const [port = 0, evilPort = 0] = await freePorts(2)
      url = `http://localhost:${port}`
      app = await startDovecotApp({ settings: { publicUrl: url } })
      const listener = getRequestListener((request) => app.test.app.fetch(request, { ip: '127.0.0.1' }), {
        overrideGlobalObjects: false,
      })
      server = createServer(listener).listen(port, '127.0.0.1')
      evilUrl = `http://127.0.0.1:${evilPort}`
      evil = createServer((_, answer) => {
        visits += 1
        answer.end()
      }).listen(evilPort, '127.0.0.1')
      browser = await launchBrowser()
      token = await app.connect(app.dovecot.alice, { permission: 'send' })
    })
    afterAll(async () => {
      await browser?.close()
      server?.close()
      server?.closeAllConnections()
      evil?.close()
      evil?.closeAllConnections()
      await app?.close()
    })

    const inMailbox = async (mailbox: string, subject: string) =>
      (await app.dovecot.reader(app.dovecot.alice).messages(mailbox)).filter((one) => one.subject === subject)

    async function pair(page: Page): Promise<void> {
      await page.goto(`${url}/oauth/connections`)
      await page.check('#provider-generic')
      for (const [name, value] of Object.entries(app.fields(app.dovecot.alice)))
        if (['imap_host', 'imap_port', 'smtp_host', 'smtp_port', 'address', 'password'].includes(name))
          await page.fill(`#${name}`, value)
      await page.press('#password', 'Enter')
      await page.getByRole('button', { name: /^Paired browsers/ }).click()
      await page.getByRole('button', { name: 'Pair this browser' }).click()
      await page.getByText('This browser is paired.').waitFor()
    }

    async function expectAccessible(page: Page, name: string): Promise<void> {
      if (process.env.SCREENSHOTS !== undefined)
        await page.screenshot({ path: `${process.env.SCREENSHOTS}/review-${name}.png`, fullPage: true })
      const { violations } = await page.evaluate(async () => {
        const { axe } = window as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }
        return axe.run({ resultTypes: ['violations'], iframes: false } as RunOptions)
      })
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
      expect(found, name).toEqual([])
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
        name,
      ).toBeLessThanOrEqual(0)
      const small = await page
        .locator('main button')
        .evaluateAll((all) =>
          all.filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.textContent),
        )
      expect(small, name).toEqual([])
    }

    test('R92: an unpaired browser is paired, comes back, and by keyboard sends what it shows: one DATA, one copy', async () => {
      const more = { body: '# Plan\n\n1. Dear **Bob**\n2. see [the page](https://a.example/x?y=z)' }
      const { link } = await holdWith(app, token, 'By keyboard', more)
      const page = await browser.newPage({ width: 390 })
      await page.context().addInitScript(axeSource)
      await page.goto(link)
      await page.waitForURL((url) => url.hash === '')
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByText('Pair this browser first').waitFor()
      await pair(await page.context().newPage())
      await page.getByRole('button', { name: 'Try again' }).click()
      const frame = page.frameLocator('iframe.mail')
      expect(await frame.locator('h1').textContent()).toBe('Plan')
      expect(await frame.locator('strong').evaluate((one) => getComputedStyle(one).fontWeight)).toBe('700')
      await expectAccessible(page, 'held-390-light')
      for (let tabs = 0; tabs < 20; tabs++) {
        await page.keyboard.press('Tab')
        if ((await page.evaluate(() => document.activeElement?.textContent)) === 'Send') break
      }
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Sent', exact: true }).waitFor()
      await expectAccessible(page, 'sent-390-light')
      expect(app.smtp.dataCount()).toBe(1)
      expect(await inMailbox('Sent', 'By keyboard')).toHaveLength(1)
      expect(await inMailbox('Drafts', 'By keyboard')).toEqual([])
      await page.context().close()
    })

    test('R92: a hostile draft runs, loads and leads nowhere; what it hides is told; without script it is answered too', async () => {
      await app.dovecot.appendRaw(app.dovecot.alice, 'Drafts', hostileOf(evilUrl), ['\\Draft'])
      const found = await app.call(token, 'search_emails', { query: 'subject:Figures', mailbox: 'drafts' })
      const [{ id }] = found.structuredContent.emails
      const { structuredContent: held } = await app.call(token, 'send_draft', { id })
      const [, linkToken = ''] = String(held.review_url).split('#')
      const first = await browser.newPage({ width: 1280 })
      await pair(first)
      const cookies = await first.context().cookies()
      for (const [javaScript, width, colorScheme] of [
        ...(process.env.SCREENSHOTS === undefined
          ? []
          : ([
              [true, 1280, 'light'],
              [true, 390, 'dark'],
            ] as const)),
        [true, 1280, 'dark'],
        [false, 390, 'light'],
      ] as const) {
        const page = await browser.newPage({ javaScript, width })
        await page.emulateMedia({ colorScheme })
        await page.context().addCookies(cookies)
        if (javaScript) await page.context().addInitScript(axeSource)
        await page.goto(`${url}/review`)
        await page.fill('#link', linkToken)
        await page.getByRole('button', { name: 'Continue' }).click()
        await page.locator('iframe.mail').waitFor()
        const frame = page.frameLocator('iframe.mail')
        if (javaScript) {
          const style = await frame
            .locator('p')
            .first()
            .evaluate((one) => getComputedStyle(one))
          expect([style.color, style.fontWeight]).toEqual(['rgb(1, 2, 3)', '700'])
          expect(await frame.locator('#own').evaluate((one: HTMLImageElement) => one.naturalWidth)).toBe(1)
        }
        await frame.getByRole('link', { name: 'your bank' }).click()
        await frame.getByRole('button', { name: 'Press' }).click()
        expect(await page.title()).toContain('Send this email?')
        expect(new URL(page.url()).pathname).toBe('/review')
        const text = await page.locator('main').textContent()
        for (const words of [
          'It says two things',
          'ANSWERS go there',
          'Figures <b>now</b>',
          `${evilUrl}/?q=1`,
        ])
          expect(text).toContain(words)
        expect(text).toMatch(/words go out that a reader does not see.*the ledger of last year/s)
        expect(text).toContain(`not loaded here: ${new URL(evilUrl).host}`)
        expect(text).toContain('</pre><script>document.title="run"</script>')
        expect(visits).toBe(0)
        if (javaScript) await expectAccessible(page, `hostile-${width}-${colorScheme}`)
        else {
          await page.getByRole('button', { name: 'Discard' }).click()
          await page.getByRole('heading', { name: 'Discarded' }).waitFor()
        }
        await page.context().close()
      }
      expect(await inMailbox('Trash', 'Figures <b>now</b>')).toHaveLength(1)
      expect(app.smtp.messages.filter(({ raw }) => raw.includes('Figures'))).toEqual([])
    }, 60_000)
  },
)
