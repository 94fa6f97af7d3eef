/** Pair, open a link, download: in a real browser, without script. Says so where Chromium or Dovecot is missing. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { findChromium, findDovecot, freePorts, launchBrowser } from '@email-connector/testing'
import { getRequestListener } from '@hono/node-server'
import { describe, expect, it } from 'vitest'
import { startDovecotApp } from './dovecot-app.ts'

const content = randomBytes(1_500_000)
const raw = [
  'From: joerg@test.example',
  'Subject: Figures',
  'Content-Type: text/html; name="page.html"',
  'Content-Disposition: attachment; filename="page.html"',
  'Content-Transfer-Encoding: base64',
  '',
  content.toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
].join('\r\n')

describe.skipIf(findChromium() === undefined || findDovecot() === undefined)(
  'R103: /files in Chromium',
  () => {
    it.each([true, false])(
      'an unpaired browser is led away, paired, and back to the file, which is saved and not shown (script: %s)',
      { timeout: 60_000 },
      async (javaScript) => {
        const [port = 0] = await freePorts(1)
        const url = `http://localhost:${port}`
        const app = await startDovecotApp({ settings: { publicUrl: url } })
        const listener = getRequestListener((request) => app.test.app.fetch(request, { ip: '127.0.0.1' }), {
          overrideGlobalObjects: false,
        })
        const server = createServer(listener).listen(port, '127.0.0.1')
        const browser = await launchBrowser()
        try {
          const { alice } = app.dovecot
          await app.dovecot.appendRaw(alice, 'INBOX', raw)
          const token = await app.connect(alice)
          const listed = await app.call(token, 'get_recent_emails', {})
          const [{ id }] = listed.structuredContent.emails
          const told = await app.call(token, 'get_attachment', { id, attachment_id: '1', max_chars: 1 })
          const link = told.structuredContent?.download_url ?? ''
          expect(link, JSON.stringify(told).slice(0, 500)).toMatch(/\/files#[0-9a-f]{64}$/)

          const page = await browser.newPage({ javaScript, width: 390 })
          await page.goto(link)
          // Without script nothing takes the token out of the address; it is pasted.
          if (javaScript) await page.waitForURL((at) => at.hash === '')
          else await page.fill('#link', link)
          expect(new URL(page.url()).hash === '').toBe(javaScript)
          await page.getByRole('button', { name: 'Continue' }).click()
          await page.getByText('Pair this browser first').waitFor()

          const owner = await page.context().newPage()
          await owner.goto(`${url}/oauth/connections`)
          await owner.check('#provider-generic')
          for (const [name, value] of Object.entries(app.fields(alice)))
            if (['imap_host', 'imap_port', 'smtp_host', 'smtp_port', 'address', 'password'].includes(name))
              await owner.fill(`#${name}`, value)
          await owner.press('#password', 'Enter')
          await owner.getByRole('button', { name: /^Paired browsers/ }).click()
          await owner.getByRole('button', { name: 'Pair this browser' }).click()
          await owner.getByText('This browser is paired.').waitFor()

          await page.getByRole('button', { name: 'Try again' }).click()
          await page.getByText('page.html').waitFor()
          const saved = page.waitForEvent('download')
          await page.getByRole('button', { name: 'Download' }).click()
          const download = await saved
          expect(download.suggestedFilename()).toBe('page.html')
          expect(Buffer.compare(await readFile(await download.path()), content)).toBe(0)
        } finally {
          await browser.close()
          server.close()
          server.closeAllConnections()
          await app.close()
        }
      },
    )
  },
)
