/** The product with its tools over a real Dovecot, and what an owner does with it in a browser: sign in, pair, open a link. */
import { createConnector, createHostPolicy } from '@email-connector/mail'
import {
  completeSignIn,
  type Dovecot,
  type SmtpSink,
  startDovecot,
  startSmtpSink,
  type TestUser,
} from '@email-connector/testing'
import { fetchOf, redeem, startTestApp, type TestApp, type TestAppOptions } from '../app/harness.ts'

// biome-ignore lint/suspicious/noExplicitAny: what came over the wire; each test knows its own shape
type Wire = Record<string, any>

export interface DovecotApp {
  readonly test: TestApp
  readonly dovecot: Dovecot
  /** Where every user's mail goes out. */
  readonly smtp: SmtpSink
  fields(user: TestUser): Record<string, string>
  /** The access token of a new connection. */
  connect(
    user: TestUser,
    /** `through`: further fields of the form, such as the ports of proxies. */
    options?: { permission?: string; ask?: string; through?: Record<string, string> },
  ): Promise<string>
  /** `answers`: what a client says to a question that the same call had before. */
  call(token: string, tool: string, args: Wire, capabilities?: Wire, answers?: Wire): Promise<Wire>
  close(): Promise<void>
}

/** A jar and a sender of forms, as one browser is. */
export interface Browser {
  readonly cookies: Map<string, string>
  post(
    path: string,
    fields: Record<string, string> | FormData,
    headers?: Record<string, string>,
  ): Promise<Response>
}

export async function startDovecotApp(options: TestAppOptions = {}): Promise<DovecotApp> {
  const dovecot = await startDovecot()
  const smtp = await startSmtpSink({
    tls: 'implicit',
    certificate: await dovecot.authority.issue({ names: ['localhost'] }),
    password: dovecot.alice.password,
  })
  const policy = createHostPolicy({ allowPrivate: true })
  const test = await startTestApp({
    connector: createConnector({ policy, ca: [dovecot.ca] }),
    privateHosts: true,
    tools: true,
    ...options,
  })
  const fields = ({ address, password }: TestUser) => ({
    ...{
      provider: 'generic',
      address,
      password,
      imap_host: 'localhost',
      imap_port: String(dovecot.imapsPort),
    },
    ...{ imap_tls: 'true', smtp_host: 'localhost', smtp_port: String(smtp.port), smtp_secure: 'true' },
  })
  return {
    ...{ test, dovecot, smtp, fields },
    async connect(user, { permission = 'read', ask = 'ask', through = {} } = {}) {
      const authorizeUrl = await test.authorizeUrl({ name: 'Claude' })
      const outcome = await completeSignIn({
        authorizeUrl,
        fields: { ...fields(user), ...through, permission, ask },
        fetch: fetchOf(test),
      })
      if (!outcome.redirected || outcome.code === null) throw new Error('The sign-in did not succeed')
      return await redeem(test, authorizeUrl, outcome.code)
    },
    async call(token, name, args, capabilities = {}, answers = {}) {
      const answer = await test.fetch('/mcp', {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          Accept: 'application/json, text/event-stream',
          Authorization: `Bearer ${token}`,
          'MCP-Protocol-Version': '2026-07-28',
          'Mcp-Method': 'tools/call',
          'Mcp-Name': name,
        },
        body: JSON.stringify({
          ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
          params: {
            ...{ name, arguments: args, ...answers },
            _meta: {
              'io.modelcontextprotocol/protocolVersion': '2026-07-28',
              'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
              'io.modelcontextprotocol/clientCapabilities': capabilities,
            },
          },
        }),
      })
      const text = await answer.text()
      const line = text.startsWith('{') ? text : (/^data: (.*)$/m.exec(text)?.[1] ?? '{}')
      const { result, error } = JSON.parse(line) as { result?: Wire; error?: unknown }
      if (result === undefined) throw new Error(`${name}: ${answer.status} ${JSON.stringify(error)}`)
      return result
    },
    async close() {
      await test.close()
      await smtp.stop()
      await dovecot.stop()
    },
  }
}

export function openBrowser(test: TestApp): Browser {
  const cookies = new Map<string, string>()
  return {
    cookies,
    async post(path, fields, headers = {}) {
      const answer = await test.fetch(path, {
        method: 'POST',
        headers: {
          'Sec-Fetch-Site': 'same-origin',
          Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          ...headers,
        },
        body: fields instanceof FormData ? fields : new URLSearchParams(fields),
      })
      for (const line of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        cookies.set(name, value)
      }
      return answer
    },
  }
}

/** What the page of connections shows after the login, and the grant it lists first. */
export async function signIn(app: DovecotApp, browser: Browser, user: TestUser) {
  const page = await (await browser.post('/oauth/connections', app.fields(user))).text()
  const [, proof = ''] = /name="proof" value="([^"]+)"/.exec(page) ?? []
  const [, grant = ''] = /name="browsers" value="([^"]+)"/.exec(page) ?? []
  return { proof, grant, page }
}

/** A browser that its owner has paired. */
export async function pairedBrowser(app: DovecotApp, user: TestUser): Promise<Browser> {
  const browser = openBrowser(app.test)
  const { proof, grant } = await signIn(app, browser, user)
  const page = await (await browser.post('/oauth/connections', { proof, pair: grant })).text()
  if (!page.includes('This browser is paired.')) throw new Error(`Not paired: ${page}`)
  return browser
}
