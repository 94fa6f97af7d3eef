/**
 * Whether a person sees a word of an HTML mail, said by Chromium: the picture changes when the word does. No rule of
 * ours is in it, so it judges masks, filters and what lies over the text like everything else. No script, no network.
 */
import { launchBrowser } from './browser.ts'

export interface VisibleTextJudge {
  /** `html` holds the word; in the second picture it is `other`, which has to be as wide. */
  sees(html: string, word: string, other: string): Promise<boolean>
  /** The words of the page as a person would copy them: without what `display` and `visibility` take away. */
  words(html: string): Promise<string[]>
  close(): Promise<void>
}

/** The page that the renderer is built for. */
const viewport = { width: 800, height: 1200 } as const
const address = 'http://mail.invalid/'

export async function startVisibleTextJudge(): Promise<VisibleTextJudge> {
  const browser = await launchBrowser()
  const page = await browser.newPage({ ...viewport, javaScript: false })
  let body = ''
  await page.route('**/*', (route) =>
    route.request().url() === address && route.request().isNavigationRequest()
      ? route.fulfill({ body, contentType: 'text/html; charset=utf-8' })
      : route.abort(),
  )

  async function take(html: string): Promise<Buffer> {
    body = html
    await page.goto(address, { waitUntil: 'load' })
    return await page.screenshot({ animations: 'disabled', caret: 'hide' })
  }
  return {
    async sees(html, word, other) {
      const [one, two] = [await take(html), await take(html.replaceAll(word, other))]
      return !one.equals(two)
    },
    async words(html) {
      body = html
      await page.goto(address, { waitUntil: 'load' })
      // biome-ignore lint/performance/useDomNodeTextContent: what layout makes of the page is the question
      return (await page.innerText('body')).split(/\s+/).filter((word) => word !== '')
    },
    close: () => browser.close(),
  }
}
