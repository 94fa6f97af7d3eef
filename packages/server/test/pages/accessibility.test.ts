/** axe-core's rules (WCAG 2.2 A and AA, best practices) over every page in Chromium, narrow and wide, light and dark. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { findChromium, launchBrowser, type TestBrowser } from '@email-connector/testing'
import type { AxeResults, RunOptions } from 'axe-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MailboxApp, startMailboxApp } from '../app/mailbox-app.ts'
import { answerEveryPage } from './every-page.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Some twenty pages, each looked at by some hundred rules: seconds alone, more beside other suites. */
const timeoutMs = 120_000

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

  it.each([
    [390, 'light'],
    [1280, 'dark'],
  ] as const)(
    '%i pixels wide, %s: axe-core finds no violation, the console stays empty',
    async (width, colorScheme) => {
      const page = await browser.newPage({ width })
      await page.emulateMedia({ colorScheme })
      // Before the page's policy is in force: it would refuse a script that was added later.
      await page.context().addInitScript(axeSource)
      const problems: string[] = []
      page.on('console', (message) => problems.push(message.text()))
      page.on('pageerror', (error) => problems.push(error.message))
      for (const [name, answer] of pages) {
        const [headers, body] = [Object.fromEntries(answer.headers), await answer.clone().text()]
        // A page's own status would only add the browser's note about it to the console.
        await page.route('**/*', (route) => route.fulfill({ status: 200, headers, body }))
        await page.goto(`${app.test.publicUrl}/page`)
        if (process.env.SCREENSHOTS !== undefined) {
          const file = `${name.replace(/\W+/g, '-')}-${width}-${colorScheme}.png`
          await page.screenshot({ path: `${process.env.SCREENSHOTS}/${file}`, fullPage: true })
        }
        const { violations } = await page.evaluate(async () => {
          const { axe } = window as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }
          return axe.run({ resultTypes: ['violations'] })
        })
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
        expect(found, name).toEqual([])
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        if (overflow > 0) problems.push(`${name}: ${overflow} pixels too wide`)
        await page.unrouteAll()
      }
      expect(problems).toEqual([])
      await page.context().close()
    },
    timeoutMs,
  )
})
