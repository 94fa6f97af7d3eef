/** The owner's page in a real browser, with and without script, by keyboard alone. Says so where Chromium is missing. */
import { readFile } from 'node:fs/promises'
import { findChromium, listenToPage } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type InBrowser, startInBrowser, typeMailbox } from '../app/in-browser.ts'
import { type MailboxApp, startMailboxApp } from '../app/mailbox-app.ts'

describe.skipIf(findChromium() === undefined)('the owner’s page in Chromium', () => {
  let inBrowser: InBrowser<MailboxApp>
  beforeAll(async () => {
    inBrowser = await startInBrowser(startMailboxApp)
  })
  afterAll(async () => await inBrowser?.close())

  test.each([true, false])(
    'R20: settings are saved, kept after a fault, and the list downloaded, by keyboard (script: %s)',
    async (javaScript) => {
      const { app, browser } = inBrowser
      const address = javaScript ? 'ann@test.example' : 'bob@test.example'
      const token = await app.connect({ address, permission: 'send' })
      const page = await browser.newPage({ javaScript, width: 390 })
      const complaints = listenToPage(page)
      await page.goto(`${app.test.publicUrl}/oauth/connections`)
      await typeMailbox(page, app.mailbox(address))
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
  )
})
