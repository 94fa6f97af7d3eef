/** What a real browser makes of the pages. Needs Debian's Chromium; says so where it is missing. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { findChromium, listenToPage, type Page } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type InBrowser, startInBrowser, typeMailbox } from '../app/in-browser.ts'
import { type MailboxApp, startMailboxApp } from '../app/mailbox-app.ts'

const markup = `<img src=x onerror="document.title='owned'"><b>Evil</b>`

describe.skipIf(findChromium() === undefined)('in Chromium', () => {
  let inBrowser: InBrowser<MailboxApp>
  let clientPort: number
  const arrivals: string[] = []
  const client = createServer((request, response) => {
    if (request.url !== '/favicon.ico') arrivals.push(request.url ?? '')
    response.end('<title>Client</title>')
  })

  beforeAll(async () => {
    await once(client.listen(0), 'listening')
    clientPort = (client.address() as AddressInfo).port
    inBrowser = await startInBrowser(startMailboxApp)
  })
  afterAll(async () => {
    await inBrowser?.close()
    client.close()
    client.closeAllConnections()
  })

  async function open(
    options: { javaScript?: boolean; width?: number; name?: string; redirectUri?: string } = {},
  ) {
    const page = await inBrowser.browser.newPage(options)
    const complaints = listenToPage(page)
    const redirectUri = options.redirectUri ?? `http://localhost:${clientPort}/callback`
    await page.goto(
      await inBrowser.app.test.authorizeUrl({ redirectUri, ...(options.name && { name: options.name }) }),
    )
    return { page, complaints }
  }

  const typeAnn = (page: Page, password: string) =>
    typeMailbox(page, inBrowser.app.mailbox('ann@test.example', password))

  async function fill(page: Page, password: string) {
    await typeAnn(page, password)
    await page.check('#permission-read')
  }

  test.each([true, false])(
    'R19: the form ends at the client on localhost by a GET (script: %s), after a wrong password too',
    async (javaScript) => {
      const { page, complaints } = await open({ javaScript })
      await fill(page, 'wrong')
      await page.click('button[value=connect]')
      const summary = page.locator('#errors')
      await summary.waitFor()
      expect(await summary.textContent()).toContain('refused this address and password')
      expect(await page.locator('#password').inputValue()).toBe('')
      expect(await page.locator('#imap_host').inputValue()).toBe('localhost')
      await page.fill('#password', 'right')
      await page.click('button[value=connect]')
      await page.waitForURL((url) => url.port === String(clientPort))
      const arrived = new URL(arrivals.at(-1) ?? '', 'http://localhost')
      expect(arrived.pathname).toBe('/callback')
      expect([...arrived.searchParams.keys()].sort()).toEqual(['code', 'iss', 'state'])
      expect(complaints.filter((text) => !text.includes('422'))).toEqual([])
      await page.context().close()
    },
  )

  test.each(['https://claude.ai/api/mcp/auth_callback', 'http://127.0.0.1:33418/'])(
    "R19: the page's policy lets the browser reach %s",
    async (redirectUri) => {
      const { page, complaints } = await open({ redirectUri })
      const origin = new URL(redirectUri).origin
      await page.route(`${origin}/**`, (route) => route.fulfill({ body: '<title>Client</title>' }))
      await page.click('button[value=deny]')
      await page.waitForURL(`${origin}/**`)
      expect(page.url()).toContain('error=access_denied')
      expect(complaints).toEqual([])
      await page.context().close()
    },
  )

  test('R18: shows who asks, where the code goes, the warning, and nothing chosen', async () => {
    const { page } = await open({ name: 'Some tool' })
    const text = await page.locator('main').textContent()
    for (const part of [
      'Some tool',
      'Not verified',
      `localhost:${clientPort}`,
      'your own computer',
      '365 days',
    ]) {
      expect(text).toContain(part)
    }
    expect(await page.locator('[name=permission]:checked, [name=provider]:checked').count()).toBe(0)
    expect(await page.locator('#imap_host').isVisible()).toBe(false)
    await page.check('#provider-generic')
    expect(await page.locator('#imap_host').isVisible()).toBe(true)
    await page.context().close()
  })

  test('R46: markup in the client name makes no element and runs nothing', async () => {
    const { page } = await open({ name: markup })
    expect(await page.locator('main img, main h1 b').count()).toBe(0)
    expect(await page.locator('h1').textContent()).toContain('<img')
    expect(await page.title()).toContain('<img')
    await page.context().close()
  })

  test('works by keyboard: the fault summary has the focus, its links lead to the fields', async () => {
    const { page } = await open()
    await page.focus('#address')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#errors')
    await page.waitForFunction(() => document.activeElement?.id === 'errors')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => url.hash === '#provider-gmail')
    await page.context().close()
  })

  test('chooses the provider from the address, unless one was chosen', async () => {
    const { page } = await open()
    await page.fill('#address', 'ann@GMail.com')
    await page.focus('#password')
    expect(await page.locator('#provider-gmail').isChecked()).toBe(true)
    expect(await page.locator('.note[data-provider=gmail] a').isVisible()).toBe(true)
    await page.check('#provider-fastmail')
    await page.fill('#address', 'ann@icloud.com')
    await page.focus('#password')
    expect(await page.locator('#provider-fastmail').isChecked()).toBe(true)
    await page.context().close()
  })

  test.each([320, 390, 768, 1280])(
    'fits a window %i pixels wide, with targets large enough for a thumb',
    async (width) => {
      const { page } = await open({ width })
      await page.check('#provider-generic')
      const measure = () =>
        page.evaluate(() => ({
          overflow: document.documentElement.scrollWidth - innerWidth,
          small: [
            ...document.querySelectorAll(
              'button, input:not([type=hidden],[type=radio],[type=checkbox]), select, .tile, .choice, summary',
            ),
          ]
            .map((element) => ({
              name: element.outerHTML.slice(0, 80),
              box: element.getBoundingClientRect(),
            }))
            .filter(({ box }) => box.height > 0 && box.height < 44)
            .map(({ name }) => name),
        }))
      expect(await measure()).toEqual({ overflow: 0, small: [] })
      for (const path of ['/', '/oauth/connections']) {
        await page.goto(new URL(path, page.url()).href)
        expect(await measure(), path).toEqual({ overflow: 0, small: [] })
      }
      await page.context().close()
    },
  )

  test('R20: the owner revokes a connection from the page, then deletes everything', async () => {
    for (const name of ['Kept app', 'Old app']) {
      const { page } = await open({ name })
      await fill(page, 'right')
      await page.click('button[value=connect]')
      await page.waitForURL((url) => url.port === String(clientPort))
      await page.context().close()
    }
    const { page } = await open()
    await page.goto(`${inBrowser.url}/oauth/connections`)
    await typeAnn(page, 'right')
    await page.click('text=Show my connections')
    const row = page.locator('li', { hasText: 'Old app' })
    await row.getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('status').waitFor()
    // What it did can still be seen, among those that ended.
    expect(await row.getByRole('button', { name: 'Revoke' }).count()).toBe(0)
    expect(await page.locator('main').textContent()).toContain('Kept app')
    const deletion = page.getByRole('button', { name: 'Delete everything' })
    expect(await deletion.isVisible()).toBe(false)
    await page.click('summary')
    await deletion.click()
    await page.getByText('Nothing is connected').waitFor()
    await page.context().close()
  })

  test('keeps 4.5:1 between text and ground, light and dark', async () => {
    const { page } = await open()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const ratios = await page.evaluate(() => {
        const style = getComputedStyle(document.documentElement)
        const luminance = (name: string) => {
          const hex = style.getPropertyValue(name).trim().slice(1)
          const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex
          const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
            const part = Number.parseInt(full.slice(at, at + 2), 16) / 255
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
          })
          return 0.2126 * red + 0.7152 * green + 0.0722 * blue
        }
        const pairs = [
          ['--ink', '--paper'],
          ['--ink', '--card'],
          ['--soft', '--paper'],
          ['--soft', '--card'],
          ['--soft', '--tint'],
          ['--accent', '--card'],
          ['--accent', '--tint'],
          ['--accent-ink', '--accent'],
          ['--bad', '--card'],
          ['--bad', '--bad-tint'],
          ['--warn', '--warn-tint'],
          ['--ink', '--code'],
        ] as const
        return pairs.map(([one, other]) => {
          const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
          return { pair: `${one} on ${other}`, ratio: (light + 0.05) / (dark + 0.05) }
        })
      })
      expect(ratios.filter(({ ratio }) => !(ratio >= 4.5))).toEqual([])
    }
    await page.context().close()
  })
})
