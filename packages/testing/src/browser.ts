/**
 * Debian's Chromium, driven by playwright-core (loaded only when a browser is asked for). It makes no connection of
 * its own and keeps nothing: a fresh profile in a temporary folder each time.
 */
import { existsSync } from 'node:fs'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { createTempFolder } from './temp-folder.ts'

export type { Locator, Page }

const chromium = '/usr/bin/chromium'

export interface TestBrowser {
  readonly browser: Browser
  /** A page in a context of its own: no cookies, nothing shared. */
  newPage(options?: { width?: number; height?: number; javaScript?: boolean }): Promise<Page>
  newContext(): Promise<BrowserContext>
  close(): Promise<void>
}

/** Undefined where Chromium is not installed, so that a test can say plainly that it was not run. */
export function findChromium(): string | undefined {
  return existsSync(chromium) ? chromium : undefined
}

/** @param hosts `name:port` that are found elsewhere, with whatever certificate: `{'mail.test.example:443': '127.0.0.1:8443'}` */
export async function launchBrowser(hosts: Readonly<Record<string, string>> = {}): Promise<TestBrowser> {
  const rules = Object.entries(hosts).map(([name, address]) => `MAP ${name} ${address}`)
  const executablePath = findChromium()
  if (!executablePath) throw new Error('Chromium is not installed: run scripts/install-test-servers.sh')
  const { chromium } = await import('playwright-core')
  // Chromium writes crash reports and caches below HOME whatever the profile.
  const home = createTempFolder('chromium')
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    env: { ...process.env, HOME: home.path, XDG_CONFIG_HOME: home.path, XDG_CACHE_HOME: home.path } as Record<
      string,
      string
    >,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(rules.length > 0
        ? [`--host-resolver-rules=${rules.join(',')}`, '--ignore-certificate-errors']
        : []),
    ],
  })
  return {
    browser,
    async newPage({ width = 1024, height = 800, javaScript = true } = {}) {
      const context = await browser.newContext({ viewport: { width, height }, javaScriptEnabled: javaScript })
      return context.newPage()
    },
    newContext: () => browser.newContext(),
    async close() {
      await browser.close()
      await home.remove()
    },
  }
}

/** What a page says in its console from here on, and what went wrong in its scripts. */
export function listenToPage(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  return complaints
}

/** The whole page as a PNG at that width. */
export async function screenshot(page: Page, width: number): Promise<Buffer> {
  await page.setViewportSize({ width, height: 800 })
  return page.screenshot({ fullPage: true, animations: 'disabled' })
}
