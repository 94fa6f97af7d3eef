/** An app of the tests on a port of its own, and Chromium to look at it with; what a person types into its forms. */
import type { RequestListener } from 'node:http'
import { launchBrowser, type Page, type TestBrowser } from '@email-connector/testing'
import type { TestApp } from './harness.ts'
import { listen } from './listening.ts'

export interface InBrowser<A> {
  readonly app: A
  readonly url: string
  readonly browser: TestBrowser
  close(): Promise<void>
}

interface Startable {
  readonly test: TestApp
  close(): Promise<void>
}

/** @param start The app, with `publicUrl` as its own URL. `seen` is told of each request. */
export async function startInBrowser<A extends Startable>(
  start: (options: { settings: { publicUrl: string } }) => Promise<A>,
  seen?: RequestListener,
): Promise<InBrowser<A>> {
  const listening = await listen()
  const { url } = listening
  const [app, browser] = await Promise.all([start({ settings: { publicUrl: url } }), launchBrowser()])
  listening.answerWith(app.test.app, seen)
  return {
    ...{ app, url, browser },
    async close() {
      await browser.close()
      listening.close()
      await app.close()
    },
  }
}

/** What its owner types of a mailbox: `provider`, and the fields of the form that such a provider has. */
export async function typeMailbox(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  const { provider, imap_tls, smtp_secure, ...typed } = fields
  await page.check(`#provider-${provider}`)
  for (const [field, value] of Object.entries(typed)) await page.fill(`#${field}`, value)
  if (imap_tls !== undefined) await page.selectOption('#imap_tls', imap_tls)
  if (smtp_secure !== undefined) await page.selectOption('#smtp_secure', smtp_secure)
}

/** From the login to a browser that may open links. */
export async function pairBrowser(
  page: Page,
  url: string,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  await page.goto(`${url}/oauth/connections`)
  await typeMailbox(page, fields)
  await page.press('#password', 'Enter')
  await page.getByRole('button', { name: /^Paired browsers/ }).click()
  await page.getByRole('button', { name: 'Pair this browser' }).click()
  await page.getByText('This browser is paired.').waitFor()
}
