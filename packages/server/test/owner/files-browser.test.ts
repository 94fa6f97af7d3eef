/** Pair, open a link, download: in a real browser, without script. Says so where Chromium or Dovecot is missing. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { findChromium, findDovecot } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { pairBrowser, startInBrowser } from '../app/in-browser.ts'
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
    test.each([true, false])(
      'an unpaired browser is led away, paired, and back to the file, which is saved and not shown (script: %s)',
      async (javaScript) => {
        const { app, url, browser, close } = await startInBrowser(startDovecotApp)
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

          await pairBrowser(await page.context().newPage(), url, app.fields(alice))

          await page.getByRole('button', { name: 'Try again' }).click()
          await page.getByText('page.html').waitFor()
          const saved = page.waitForEvent('download')
          await page.getByRole('button', { name: 'Download' }).click()
          const download = await saved
          expect(download.suggestedFilename()).toBe('page.html')
          expect(Buffer.compare(await readFile(await download.path()), content)).toBe(0)
        } finally {
          await close()
        }
      },
    )
  },
)
