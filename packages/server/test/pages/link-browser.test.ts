/** The one-time link in a real browser: where its token goes, with and without script. */
import { createServer, type Server } from 'node:http'
import { findChromium, freePorts, launchBrowser, type TestBrowser } from '@email-connector/testing'
import { getRequestListener } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MailboxApp, startMailboxApp } from '../app/mailbox-app.ts'

describe.skipIf(findChromium() === undefined)('R20: a one-time link in Chromium', () => {
  let app: MailboxApp
  let server: Server
  let browser: TestBrowser
  /** What a log or a proxy could see of each request. */
  const seen: string[] = []

  beforeAll(async () => {
    const [port = 0] = await freePorts(1)
    app = await startMailboxApp({ settings: { publicUrl: `http://localhost:${port}` } })
    const listener = getRequestListener((request) => app.test.app.fetch(request, { ip: '127.0.0.1' }), {
      overrideGlobalObjects: false,
    })
    server = createServer((incoming, outgoing) => {
      seen.push(`${incoming.method} ${incoming.url} ${incoming.headers.referer ?? 'no referer'}`)
      return listener(incoming, outgoing)
    }).listen(port, '127.0.0.1')
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser.close()
    server.close()
    server.closeAllConnections()
    await app.close()
  })

  it.each([
    { javaScript: true, added: 'bob@test.example' },
    { javaScript: false, added: 'cid@test.example' },
  ])(
    'adds a mailbox (script: $javaScript), and no URL or Referer holds its token',
    async ({ javaScript, added }) => {
      const link = await app.createLink(await app.connect({ name: 'Claude' }))
      const page = await browser.newPage({ javaScript })
      const complaints: string[] = []
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      async function fill(address: string) {
        await page.check('#provider-generic')
        await page.fill('#imap_host', 'localhost')
        await page.fill('#imap_port', String(app.imap.port))
        await page.fill('#smtp_host', 'localhost')
        await page.fill('#address', address)
        await page.fill('#password', 'right')
      }

      await page.goto(link)
      expect(await page.locator('#link').isVisible()).toBe(!javaScript)
      if (javaScript) await page.waitForURL(`${app.test.publicUrl}/oauth/link`)
      else await page.fill('#link', link)
      await fill('ann@test.example')
      await page.click('text=Continue')
      await page.getByText('What you agree to').waitFor()
      const consent = (await page.locator('main').textContent()) ?? ''
      for (const part of ['What you agree to', 'Claude', 'Organise and draft', 'ann@test.example']) {
        expect(consent).toContain(part)
      }
      expect(await page.locator('[name=permission]').count()).toBe(0)
      await fill(added)
      await page.click('text=Allow and connect')
      await page.getByText(`${added} was added`).waitFor()

      const [, token = 'missing'] = link.split('#')
      expect(seen.some((line) => line.includes('/oauth/link'))).toBe(true)
      expect(seen.filter((line) => line.includes(token) || !line.endsWith('no referer'))).toEqual([])
      expect(complaints).toEqual([])
      await page.context().close()
    },
  )

  it('R20 R41: the link cannot be finished in another browser', async () => {
    const link = await app.createLink(await app.connect({ name: 'Claude' }))
    const mine = await browser.newPage()
    await mine.goto(link)
    await mine.check('#provider-generic')
    await mine.fill('#imap_host', 'localhost')
    await mine.fill('#imap_port', String(app.imap.port))
    await mine.fill('#smtp_host', 'localhost')
    await mine.fill('#address', 'ann@test.example')
    await mine.fill('#password', 'right')
    await mine.click('text=Continue')
    await mine.locator('text=Allow and connect').waitFor()
    await mine.context().clearCookies()
    await mine.click('text=Allow and connect')
    expect(await mine.locator('h1').textContent()).toContain('does not work any more')
    await mine.context().close()
  })
})
