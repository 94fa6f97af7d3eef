/** A person with a real browser, from the client's link to the client's callback, and on the page of connections. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  findChromium,
  launchBrowser,
  listenToPage,
  type Page,
  type TestBrowser,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { typeMailbox } from '../../app/in-browser.ts'
import type { Running } from '../product.ts'
import {
  type AuthorizationRequest,
  createAuthorizationRequest,
  postToolCall,
  register,
  requestTokens,
  type Tokens,
} from '../raw-client.ts'

type Fields = Readonly<Record<string, string>>

export function describeBrowser(name: string, running: () => Running, { demo }: { demo?: Fields } = {}) {
  describe.skipIf(findChromium() === undefined)(`${name}: in Chromium`, () => {
    let browser: TestBrowser
    let client: Server
    let redirectUri: string
    const arrivals: { method: string; url: URL }[] = []

    beforeAll(async () => {
      browser = await launchBrowser()
      client = createServer((request, response) => {
        const url = new URL(request.url ?? '/', 'http://localhost')
        if (url.pathname === '/callback') arrivals.push({ method: request.method ?? '', url })
        response.end('<title>Back in the app</title>')
      })
      await new Promise<void>((resolve) => client.listen(0, '127.0.0.1', resolve))
      redirectUri = `http://localhost:${(client.address() as AddressInfo).port}/callback`
    })
    afterAll(async () => {
      await browser?.close()
      client?.close()
      client?.closeAllConnections()
    })

    async function openSignIn(settings: { javaScript?: boolean; clientName?: string } = {}) {
      const { url } = running().product
      const clientId = await register(url, settings.clientName ?? 'Some app', redirectUri)
      const request = createAuthorizationRequest(url, clientId, redirectUri)
      const page = await browser.newPage(settings)
      page.setDefaultTimeout(15_000)
      const complaints = listenToPage(page)
      const statuses: number[] = []
      page.on('response', (response) => {
        if (new URL(response.url()).pathname === '/oauth/connect') statuses.push(response.status())
      })
      await page.goto(request.url.href)
      return { page, complaints, statuses, request, clientId }
    }

    /** Waits for the callback, checks what came with it, and redeems the code as the client would. */
    async function arrive(page: Page, request: AuthorizationRequest, clientId: string): Promise<Tokens> {
      const { product, canaries } = running()
      await page.waitForURL((url) => url.href.startsWith(redirectUri))
      expect(await page.title()).toBe('Back in the app')
      const { method, url } = arrivals.at(-1) ?? { method: '', url: new URL('http://nothing') }
      expect(method).toBe('GET')
      expect([...url.searchParams.keys()].sort()).toEqual(['code', 'iss', 'state'])
      expect(url.searchParams.get('iss')).toBe(product.url)
      expect(url.searchParams.get('state')).toBe(request.url.searchParams.get('state'))
      const code = url.searchParams.get('code') ?? ''
      const tokens = await requestTokens(product.url, {
        grant_type: 'authorization_code',
        code,
        client_id: clientId,
        redirect_uri: redirectUri,
        code_verifier: request.verifier,
      })
      canaries.add('code', code)
      canaries.add('verifier', request.verifier)
      canaries.add('token', tokens.access_token, tokens.refresh_token)
      return tokens
    }

    const alicesFields = () => running().product.mailboxFields(running().mail.imap.alice)
    const accountsOf = async ({ access_token }: Tokens) =>
      (await postToolCall(running().product.url, access_token, 'list_accounts')).text()

    test.each([
      ['with script', true],
      ['without JavaScript', false],
    ])(
      "R19: %s the form ends at the client's callback by a 303 with code, state and iss; the policy has nothing to report",
      async (_how, javaScript) => {
        const { page, complaints, statuses, request, clientId } = await openSignIn({ javaScript })
        await typeMailbox(page, alicesFields())
        await page.check('#permission-write')
        await page.click('button[value=connect]')
        const tokens = await arrive(page, request, clientId)
        expect(statuses).toEqual([303])
        expect(complaints).toEqual([])
        expect(await accountsOf(tokens)).toContain(running().mail.imap.alice.address)
        await page.context().close()
      },
    )

    if (demo !== undefined)
      test('the demo mailbox needs two clicks: what it may do, and connect', async () => {
        const { page, complaints, request, clientId } = await openSignIn()
        await page.check('#permission-read')
        await page.click('button[value=connect]')
        const tokens = await arrive(page, request, clientId)
        expect(complaints).toEqual([])
        expect(await accountsOf(tokens)).toContain(demo.address)
        await page.context().close()
      })

    test('by keyboard alone, from the first Tab to the callback', async () => {
      const { page, request, clientId } = await openSignIn()
      const { keyboard } = page
      const tabTo = async (selector: string) => {
        for (let presses = 0; presses < 60; presses++) {
          await keyboard.press('Tab')
          if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return
        }
        throw new Error(`Tab never reaches ${selector}`)
      }
      /** Arrow keys move within a group of radio buttons and choose at once; a space chooses where none is chosen. */
      const choose = async (group: string, id: string) => {
        await tabTo(`[name=${group}]`)
        await keyboard.press('Space')
        for (let presses = 0; presses < 12; presses++) {
          if (await page.locator(`#${id}`).isChecked()) return
          await keyboard.press('ArrowDown')
        }
        throw new Error(`The arrow keys never choose ${id}`)
      }
      const fields = alicesFields()
      await choose('provider', 'provider-generic')
      for (const field of ['imap_host', 'imap_port', 'smtp_host', 'smtp_port', 'address', 'password']) {
        await tabTo(`#${field}`)
        await keyboard.press('Control+A')
        await keyboard.type(fields[field] ?? '')
      }
      await choose('permission', 'permission-read')
      await tabTo('button[value=connect]')
      await keyboard.press('Enter')
      await arrive(page, request, clientId)
      await page.context().close()
    })

    test('a wrong password keeps all that was typed but the password, and the next try goes through', async () => {
      const { page, statuses, request, clientId } = await openSignIn()
      const fields = alicesFields()
      await typeMailbox(page, { ...fields, password: 'not the password' })
      await page.check('#permission-send')
      await page.click('button[value=connect]')
      await page.locator('#errors').waitFor()
      for (const field of ['imap_host', 'imap_port', 'smtp_host', 'smtp_port', 'address'])
        expect(await page.locator(`#${field}`).inputValue()).toBe(fields[field])
      expect(await page.locator('#password').inputValue()).toBe('')
      expect(await page.locator('#provider-generic').isChecked()).toBe(true)
      expect(await page.locator('#permission-send').isChecked()).toBe(true)
      await page.fill('#password', fields.password ?? '')
      await page.click('button[value=connect]')
      await arrive(page, request, clientId)
      expect(statuses).toEqual([422, 303])
      await page.context().close()
    })

    test("R20: the owner sees the client on the page of connections and revokes it; the client's next call is 401", async () => {
      const clientName = '<b onmouseover=alert(1)>Revoke me</b>'
      const signIn = await openSignIn({ clientName })
      await typeMailbox(signIn.page, alicesFields())
      await signIn.page.check('#permission-send')
      await signIn.page.click('button[value=connect]')
      const tokens = await arrive(signIn.page, signIn.request, signIn.clientId)
      const call = () => postToolCall(running().product.url, tokens.access_token, 'list_accounts')
      expect((await call()).status).toBe(200)

      const page = await browser.newPage()
      await page.goto(`${running().product.url}/oauth/connections`)
      await typeMailbox(page, alicesFields())
      await page.getByRole('button', { name: 'Show my connections' }).click()
      const row = page.locator('li', { hasText: clientName })
      expect(await row.locator('b[onmouseover]').count()).toBe(0)
      await row.locator('button[name=revoke]').click()
      await page.getByRole('status').waitFor()
      // It is among those that ended, for what it did.
      expect(await row.locator('button[name=revoke]').count()).toBe(0)
      expect((await call()).status).toBe(401)
      await page.context().close()
      await signIn.page.context().close()
    })
  })
}
