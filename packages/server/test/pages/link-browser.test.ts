/** The one-time link in a real browser: where its token goes, with and without script. */
import { findChromium, listenToPage } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type InBrowser, startInBrowser, typeMailbox } from '../app/in-browser.ts'
import { type MailboxApp, startMailboxApp } from '../app/mailbox-app.ts'

describe.skipIf(findChromium() === undefined)('R20: a one-time link in Chromium', () => {
  let inBrowser: InBrowser<MailboxApp>
  /** What a log or a proxy could see of each request. */
  const seen: string[] = []

  beforeAll(async () => {
    inBrowser = await startInBrowser(startMailboxApp, ({ method, url, headers }) =>
      seen.push(`${method} ${url} ${headers.referer ?? 'no referer'}`),
    )
  })
  afterAll(async () => await inBrowser?.close())

  test.each([
    { javaScript: true, added: 'bob@test.example' },
    { javaScript: false, added: 'cid@test.example' },
  ])(
    'adds a mailbox (script: $javaScript), and no URL or Referer holds its token',
    async ({ javaScript, added }) => {
      const { app, browser } = inBrowser
      const link = await app.createLink(await app.connect({ name: 'Claude' }))
      const page = await browser.newPage({ javaScript })
      const complaints = listenToPage(page)
      await page.goto(link)
      expect(await page.locator('#link').isVisible()).toBe(!javaScript)
      if (javaScript) await page.waitForURL(`${app.test.publicUrl}/oauth/link`)
      else await page.fill('#link', link)
      await typeMailbox(page, app.mailbox('ann@test.example'))
      await page.click('text=Continue')
      await page.getByText('What you agree to').waitFor()
      const consent = (await page.locator('main').textContent()) ?? ''
      for (const part of ['What you agree to', 'Claude', 'Organise and draft', 'ann@test.example']) {
        expect(consent).toContain(part)
      }
      expect(await page.locator('[name=permission]').count()).toBe(0)
      await typeMailbox(page, app.mailbox(added))
      await page.click('text=Allow and connect')
      await page.getByText(`${added} was added`).waitFor()

      const [, token = 'missing'] = link.split('#')
      expect(seen.some((line) => line.includes('/oauth/link'))).toBe(true)
      expect(seen.filter((line) => line.includes(token) || !line.endsWith('no referer'))).toEqual([])
      expect(complaints).toEqual([])
      await page.context().close()
    },
  )

  test('R20 R41: the link cannot be finished in another browser', async () => {
    const { app, browser } = inBrowser
    const link = await app.createLink(await app.connect({ name: 'Claude' }))
    const mine = await browser.newPage()
    await mine.goto(link)
    await typeMailbox(mine, app.mailbox('ann@test.example'))
    await mine.click('text=Continue')
    await mine.locator('text=Allow and connect').waitFor()
    await mine.context().clearCookies()
    await mine.click('text=Allow and connect')
    expect(await mine.locator('h1').textContent()).toContain('does not work any more')
    await mine.context().close()
  })
})
