/** The owner's page in a real browser, with and without script, by keyboard alone. Says so where Chromium is missing. */
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { findChromium, freePorts, launchBrowser, type TestBrowser } from '@email-connector/testing'
import { getRequestListener } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MailboxApp, startMailboxApp } from '../app/mailbox-app.ts'

describe.skipIf(findChromium() === undefined)('the owner’s page in Chromium', () => {
  let app: MailboxApp
  let server: Server
  let browser: TestBrowser

  beforeAll(async () => {
    const [port = 0] = await freePorts(1)
    app = await startMailboxApp({ settings: { publicUrl: `http://localhost:${port}` } })
    const listener = getRequestListener((request) => app.test.app.fetch(request, { ip: '127.0.0.1' }), {
      overrideGlobalObjects: false,
    })
    server = createServer(listener).listen(port, '127.0.0.1')
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser.close()
    server.close()
    server.closeAllConnections()
    await app.close()
  })

  it.each([true, false])(
    'R20: settings are saved, kept after a fault, and the list downloaded, by keyboard (script: %s)',
    async (javaScript) => {
      const address = javaScript ? 'ann@test.example' : 'bob@test.example'
      const token = await app.connect({ address, permission: 'send' })
      const page = await browser.newPage({ javaScript, width: 390 })
      const complaints: string[] = []
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      await page.goto(`${app.test.publicUrl}/oauth/connections`)
      await page.check('#provider-generic')
      const fields = app.mailbox(address)
      for (const name of ['imap_host', 'imap_port', 'smtp_host', 'address', 'password'])
        await page.fill(`#${name}`, fields[name] ?? '')
      await page.press('#password', 'Enter')

      const press = (name: RegExp | string) => page.getByRole('button', { name }).press('Enter')
      await press(/^Names and folders/)
      await page.fill('#name', 'Ann Smith')
      await page.fill('#hidden', '\nPrivate\nWork')
      await page.fill('#aliases', 'no address')
      await page.press('#name', 'Enter')
      await page.locator('#errors').waitFor()
      expect(await page.locator('#name').inputValue()).toBe('Ann Smith')
      expect(await page.locator('#hidden').inputValue()).toBe('\nPrivate\nWork')
      await page.fill('#aliases', '')
      await page.selectOption('#time_zone', 'Europe/Rome')
      await page.press('#name', 'Enter')
      await page.getByText('Saved.').waitFor()

      await press('Back to your connections')
      await press(/^What may go out/)
      await page.getByRole('radio', { name: /^Only I send/ }).press('Space')
      await press('Save')
      await page.getByText('Saved.').waitFor()
      const settings = await app.asCaller(
        token,
        async (caller) => (await app.test.grantAccounts(caller).open()).settings,
      )
      expect(settings).toMatchObject({
        account: { name: 'Ann Smith', hidden: ['Private', 'Work'], timeZone: 'Europe/Rome' },
        grant: { ask: 'always' },
      })

      await press('Back to your connections')
      await press(/^What it did/)
      for (let time = 0; time < 2; time++) {
        const download = page.waitForEvent('download')
        await press('Download it as CSV')
        const path = await (await download).path()
        expect(await readFile(path, 'utf8')).toMatch(/^time,app,tool,outcome,error,emails\r\n/)
      }
      await press('Show this day')
      await page.getByRole('heading', { name: /^\d{4}-/ }).waitFor()
      expect(complaints.filter((text) => !text.includes('422'))).toEqual([])
      await page.context().close()
    },
    120_000,
  )
})
