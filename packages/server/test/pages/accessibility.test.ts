/** axe-core's rules (WCAG 2.2 A and AA, best practices) over every page in Chromium, narrow and wide, light and dark. */
import { findChromium, launchBrowser, listenToPage, type TestBrowser } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MailboxApp, startMailboxApp } from '../app/mailbox-app.ts'
import { keepPicture, pixelsTooWide, prepareAxe, violationsIn } from './axe.ts'
import { answerEveryPage } from './every-page.ts'

describe.skipIf(findChromium() === undefined)('every page in Chromium', () => {
  let app: MailboxApp
  let browser: TestBrowser
  let pages: ReadonlyMap<string, Response>

  beforeAll(async () => {
    app = await startMailboxApp()
    browser = await launchBrowser()
    pages = await answerEveryPage(app)
  })
  afterAll(async () => {
    await browser.close()
    await app.close()
  })

  test('narrow and light, wide and dark: axe-core finds no violation, the console stays empty', async () => {
    const page = await browser.newPage()
    await prepareAxe(page)
    const problems = listenToPage(page)
    for (const [name, answer] of pages) {
      const [headers, body] = [Object.fromEntries(answer.headers), await answer.clone().text()]
      // A page's own status would only add the browser's note about it to the console.
      await page.route('**/*', (route) => route.fulfill({ status: 200, headers, body }))
      await page.goto(`${app.test.publicUrl}/page`)
      for (const [width, colorScheme] of [
        [390, 'light'],
        [1280, 'dark'],
      ] as const) {
        await page.setViewportSize({ width, height: 800 })
        await page.emulateMedia({ colorScheme })
        await keepPicture(page, `${name.replace(/\W+/g, '-')}-${width}-${colorScheme}`)
        expect(await violationsIn(page), `${name}, ${width}`).toEqual([])
        const overflow = await pixelsTooWide(page)
        if (overflow > 0) problems.push(`${name}, ${width}: ${overflow} pixels too wide`)
      }
      await page.unrouteAll()
    }
    expect(problems).toEqual([])
    await page.context().close()
  })
})
