/** The test app with a mail server that it can reach, and what a person does with both: connect, get a link. */
import { type Connector, createConnector, createHostPolicy } from '@email-connector/mail'
import {
  completeSignIn,
  createCertificateAuthority,
  type ScriptedImap,
  startScriptedImap,
  startSmtpSink,
} from '@email-connector/testing'
import { createLinkMaker } from '../../src/accounts/one-time-link.ts'
import type { Caller } from '../../src/caller.ts'
import { fetchOf, redeem, startTestApp, type TestApp, type TestAppOptions } from './harness.ts'

export interface MailboxApp {
  readonly test: TestApp
  /** Every address has the password `right`. */
  readonly imap: ScriptedImap
  /** What a person types to sign in. */
  mailbox(address: string, password?: string): Record<string, string>
  /** The same with a server that takes mail. */
  sender(address: string): Record<string, string>
  /** The access token of a new connection. */
  connect(options?: { address?: string; name?: string; permission?: string; ip?: string }): Promise<string>
  /** The one-time link that the connection's tools would show. */
  createLink(token: string): Promise<string>
  asCaller<T>(token: string, use: (caller: Caller) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** `elsewhere`: who connects to any host but `localhost`. */
export async function startMailboxApp(
  options: TestAppOptions & { elsewhere?: Connector } = {},
): Promise<MailboxApp> {
  const authority = await createCertificateAuthority()
  const certificate = await authority.issue({ names: ['localhost'] })
  const imap = await startScriptedImap({ tls: 'implicit', certificate, password: 'right' })
  const smtp = await startSmtpSink({ tls: 'implicit', certificate, password: 'right' })
  let call: (caller: Caller) => Promise<unknown> = async () => undefined
  const policy = createHostPolicy({ allowPrivate: true, resolve: async () => ['127.0.0.1'] })
  const own = createConnector({ policy, ca: [authority.ca] })
  const test = await startTestApp({
    connector: {
      ...own,
      connect: (server, call) =>
        (server.host === 'localhost' ? own : (options.elsewhere ?? own)).connect(server, call),
    },
    privateHosts: true,
    mcp: async (_request, caller) => Response.json((await call(caller)) ?? null),
    ...options,
  })

  const mailbox = (address: string, password = 'right') => ({
    provider: 'generic',
    address,
    password,
    imap_host: 'localhost',
    imap_port: String(imap.port),
    imap_tls: 'true',
    smtp_host: 'localhost',
    smtp_port: '465',
    smtp_secure: 'true',
  })

  const sender = (address: string) => ({ ...mailbox(address), smtp_port: String(smtp.port) })

  async function asCaller<T>(token: string, use: (caller: Caller) => Promise<T>): Promise<T> {
    call = use
    const answer = await test.fetch('/mcp', {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}` },
      body: '{}',
    })
    return (await answer.json()) as T
  }

  return {
    ...{ test, imap, mailbox, sender, asCaller },
    async connect({ address = 'ann@test.example', name = 'Claude', permission = 'write', ip } = {}) {
      const authorizeUrl = await test.authorizeUrl({ name })
      const fields = { ...(permission === 'send' ? sender(address) : mailbox(address)), permission }
      const outcome = await completeSignIn({ authorizeUrl, fields, fetch: fetchOf(test, ip) })
      if (!outcome.redirected || outcome.code === null) throw new Error('The sign-in did not succeed')
      return redeem(test, authorizeUrl, outcome.code)
    },
    async createLink(token) {
      const now = () => test.time.seconds
      const { publicUrl } = test
      const maker = createLinkMaker({ store: test.stores.authorization, publicUrl, now })
      return (await asCaller(token, maker)) ?? ''
    },
    async close() {
      await test.close()
      await imap.stop()
      await smtp.stop()
      await authority.remove()
    },
  }
}
