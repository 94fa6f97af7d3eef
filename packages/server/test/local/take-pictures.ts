/**
 * Takes the pictures of the pages in docs/pictures, from a fresh runner with the demo mailbox:
 * `node --import tsx packages/server/test/local/take-pictures.ts`. Port 8993 must be free, since the pages show it.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { launchBrowser, type Page, screenshot } from '@email-connector/testing'
import { startLocalRunner } from '../e2e/local-runner.ts'
import { createAuthorizationRequest, register, signIn } from '../e2e/raw-client.ts'
import { demoFields } from './demo-fields.ts'
import { toPalettePng } from './palette-png.ts'

/** GitHub shows them in a README; larger ones only slow it down. */
const maxBytes = 150_000
const folder = join(import.meta.dirname, '../../../../docs/pictures')
const callback = 'http://localhost:6274/oauth/callback'

mkdirSync(folder, { recursive: true })
const runner = await startLocalRunner({ port: 8993 })
const browser = await launchBrowser()
try {
  await signIn(runner.url, await register(runner.url, 'Claude Code'), demoFields)
  await signIn(runner.url, await register(runner.url, 'MCP Inspector'), { ...demoFields, permission: 'read' })
  for (const width of [390, 1280]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ width })
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const name = (subject: string) => `${subject}-${width}${colorScheme === 'dark' ? '-dark' : ''}.png`
      await page.goto(runner.url)
      await take(page, width, name('home'))
      await openSignIn(page)
      await take(page, width, name('sign-in'))
      await openConnections(page)
      await take(page, width, name('connections'))
      await page.context().close()
    }
  }
} finally {
  await browser.close()
  await runner.remove()
}

async function openSignIn(page: Page) {
  const clientId = await register(runner.url, 'Claude Code', callback)
  await page.goto(createAuthorizationRequest(runner.url, clientId, callback).url.href)
  await page.check('#permission-write')
}

async function openConnections(page: Page) {
  await page.goto(`${runner.url}/oauth/connections`)
  await page.check('#provider-demo')
  await page.fill('#address', demoFields.address)
  await page.fill('#password', demoFields.password)
  await page.getByRole('button', { name: 'Show my connections' }).click()
  await page.getByRole('button', { name: 'Revoke' }).first().waitFor()
}

async function take(page: Page, width: number, name: string) {
  // Nothing is focused in a picture, and what sticks to the window is where it starts.
  await page.evaluate(() => {
    ;(document.activeElement as HTMLElement | null)?.blur()
    scrollTo(0, 0)
  })
  const picture = toPalettePng(await screenshot(page, width))
  if (picture.length > maxBytes) throw new Error(`${name} has ${picture.length} bytes`)
  writeFileSync(join(folder, name), picture)
}
