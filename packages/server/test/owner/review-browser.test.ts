/** Hold, open the link, pair, read, answer: in a real browser, with script and without, wide and narrow, light and dark. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { findChromium, findDovecot, type Page, type TestBrowser } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type InBrowser, pairBrowser, startInBrowser } from '../app/in-browser.ts'
import { keepPicture, pixelsTooWide, prepareAxe, violationsIn } from '../pages/axe.ts'
import { type DovecotApp, startDovecotApp } from './dovecot-app.ts'
import { holdWith } from './review-as-owner.ts'

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
    let inBrowser: InBrowser<DovecotApp>
    let app: DovecotApp
    let url: string
    let browser: TestBrowser
    let token: string
    /** Where a hostile draft would lead or load from, and how often it did. */
    const evil = createServer((_, answer) => {
      visits += 1
      answer.end()
    })
    let evilUrl: string
    let visits = 0

    beforeAll(async () => {
      await once(evil.listen(0, '127.0.0.1'), 'listening')
      evilUrl = `http://127.0.0.1:${(evil.address() as AddressInfo).port}`
      inBrowser = await startInBrowser(startDovecotApp)
      ;({ app, url, browser } = inBrowser)
      token = await app.connect(app.dovecot.alice, { permission: 'send' })
    })
    afterAll(async () => {
      await inBrowser?.close()
      evil.close()
      evil.closeAllConnections()
    })

    const inMailbox = async (mailbox: string, subject: string) =>
      (await app.dovecot.reader(app.dovecot.alice).messages(mailbox)).filter((one) => one.subject === subject)

    const pair = (page: Page) => pairBrowser(page, url, app.fields(app.dovecot.alice))

    async function expectAccessible(page: Page, name: string): Promise<void> {
      await keepPicture(page, `review-${name}`)
      expect(await violationsIn(page, { iframes: false }), name).toEqual([])
      expect(await pixelsTooWide(page), name).toBeLessThanOrEqual(0)
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
      await prepareAxe(page)
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
        if (javaScript) await prepareAxe(page)
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
    })
  },
)
