import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, launchBrowser, screenshot } from '../src/browser.ts'
import { type CookieJar, completeSignIn } from '../src/sign-in-form.ts'

interface Seen {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}
const seen: Seen[] = []
let url: string
const server = createServer(async (incoming, outgoing) => {
  let body = ''
  for await (const chunk of incoming) body += chunk
  const { method = '', headers } = incoming
  seen.push({ method, url: incoming.url ?? '', headers, body })
  if (method === 'GET') {
    outgoing.setHeader('Set-Cookie', ['sign-in=one; HttpOnly; SameSite=Lax', 'old=; Max-Age=0'])
    outgoing.setHeader('Content-Type', 'text/html')
    outgoing.end(`<title>Sign in</title><form method="post" action="/oauth/connect">
      <input type=hidden name="state" value="a&quot;b&amp;c"><input name="password" type="password" value="">
      <button>Connect</button></form>`)
  } else if (new URLSearchParams(body).get('password') === 'right') {
    outgoing.writeHead(303, {
      Location: 'http://localhost:6274/oauth/callback?code=c0de&state=s&iss=http%3A%2F%2Fus',
    })
    outgoing.end()
  } else {
    outgoing.writeHead(401, { 'Content-Type': 'text/html' }).end('<p>Wrong password</p>')
  }
})
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

describe('Signing in through fetch', () => {
  test('posts the hidden fields with the page’s cookie, as a browser on a no-referrer page does', async () => {
    const jar: CookieJar = new Map([['old', 'x']])
    const outcome = await completeSignIn({
      authorizeUrl: `${url}/oauth/authorize?client_id=x`,
      fields: { provider: 'gmail', password: 'right' },
      jar,
    })
    expect(outcome).toMatchObject({
      redirected: true,
      status: 303,
      code: 'c0de',
      state: 's',
      issuer: 'http://us',
    })
    const post = seen.at(-1)
    expect(post).toMatchObject({ method: 'POST', url: '/oauth/connect' })
    expect(post?.headers).toMatchObject({
      cookie: 'sign-in=one',
      origin: 'null',
      'sec-fetch-site': 'same-origin',
    })
    expect(Object.fromEntries(new URLSearchParams(post?.body))).toEqual({
      state: 'a"b&c',
      provider: 'gmail',
      password: 'right',
    })
  })

  test('hands back the page when there is no redirect', async () => {
    const outcome = await completeSignIn({
      authorizeUrl: `${url}/oauth/authorize`,
      fields: { password: 'no' },
    })
    expect(outcome).toEqual({ redirected: false, status: 401, html: '<p>Wrong password</p>' })
  })
})

describe.skipIf(!findChromium())('Chromium', () => {
  test('shows one of our pages and takes its picture', async () => {
    const chromium = await launchBrowser()
    try {
      const page = await chromium.newPage({ width: 400 })
      await page.goto(url)
      expect(await page.title()).toBe('Sign in')
      const picture = await screenshot(page, 320)
      expect(picture.subarray(1, 4).toString()).toBe('PNG')
      expect(picture.readUInt32BE(16)).toBe(320)
    } finally {
      await chromium.close()
    }
  })
})
