/**
 * What a person reads on the page, and a model from a tool, when the mail server is not as it should be: one sentence of
 * ours, soon, and nothing half-written. The servers are scripted, so that each can change its mind between two calls.
 */
import {
  type CertificateAuthority,
  completeSignIn,
  createCertificateAuthority,
  type ImapHandler,
  type ScriptedImap,
  type ScriptedImapOptions,
  type SmtpSink,
  startScriptedImap,
  startSmtpSink,
  testHosts,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faultsOf } from '../clients.ts'
import type { MailPorts, Product } from '../product.ts'
import { createAuthorizationRequest, postToolCall, register, signIn, type Tokens } from '../raw-client.ts'

const user = { address: 'ann@test.example', login: 'ann@test.example', password: 'correct horse 7' }
const login = { address: user.address, password: user.password }
/** Every call answers within it (R58). */
const answerMs = 25_000

export function describeFailures(name: string, startProduct: (mail: MailPorts) => Promise<Product>) {
  let authority: CertificateAuthority
  let smtp: SmtpSink
  let imap: ScriptedImap
  /** The port for STARTTLS; `options.tls` may change while it runs. */
  let plain: ScriptedImap
  const options: ScriptedImapOptions = { tls: 'starttls', password: login.password }
  let product: Product
  let tokens: Tokens
  beforeAll(async () => {
    authority = await createCertificateAuthority()
    const certificate = await authority.issue({ names: testHosts })
    smtp = await startSmtpSink({ tls: 'implicit', certificate, password: login.password })
    imap = await startScriptedImap({ tls: 'implicit', certificate, password: login.password })
    options.certificate = certificate
    plain = await startScriptedImap(options)
    product = await startProduct({
      imap: { authority, imapsPort: imap.port, imapPort: plain.port },
      submission: { smtpsPort: smtp.port, smtpPort: smtp.port },
    })
    tokens = await signIn(product.url, await register(product.url), fields('false'))
  })
  afterAll(async () => {
    await product?.stop()
    await Promise.all([smtp?.stop(), imap?.stop(), plain?.stop()])
    await authority.remove()
  })

  const fields = (imapTls: 'true' | 'false' = 'true'): Record<string, string> => ({
    ...product.mailboxFields(user, imapTls),
    permission: 'send',
    ask: 'never',
  })

  describe(`${name}: failures on the sign-in page`, () => {
    test('a wrong password: says so, names no server text, and the SMTP server is not even asked', async () => {
      const before = smtp.connectionCount()
      expect(await failSignIn(product.url, { ...fields(), password: 'wrong horse 7' })).toEqual([
        'The mail server refused this address and password. Check both and try again.',
      ])
      expect(smtp.connectionCount()).toBe(before)
    })

    test('a password that only the outgoing server refuses: says which server, and the way out', async () => {
      smtp.faults.AUTH = { reply: '535 5.7.8 no' }
      const [sentence] = await failSignIn(product.url, fields())
      delete smtp.faults.AUTH
      expect(sentence).toMatch(/^Reading works, but the server for outgoing mail refused/)
    })

    test('an unknown host', async () => {
      expect(await failSignIn(product.url, { ...fields(), imap_host: 'no-such-host.invalid' })).toEqual([
        `No server for incoming mail could be reached at no-such-host.invalid, port ${fields().imap_port}. Check the name and the port.`,
      ])
    })

    test('R36: a server without STARTTLS: says so, and the password never left', async () => {
      options.tls = 'none'
      const typed = fields('false')
      expect(await failSignIn(product.url, typed)).toEqual([
        `${typed.imap_host} does not offer STARTTLS on port ${typed.imap_port}, so the password was not sent. Choose TLS and port 993.`,
      ])
      options.tls = 'starttls'
      expect(plain.clear()).not.toContain(login.password)
      expect(plain.clear()).not.toContain(
        Buffer.from(`\0${login.address}\0${login.password}`).toString('base64'),
      )
    })

    test('a stopped mail server', async () => {
      await imap.stop()
      const typed = fields()
      expect(await failSignIn(product.url, typed)).toEqual([
        `No server for incoming mail could be reached at ${typed.imap_host}, port ${typed.imap_port}. Check the name and the port.`,
      ])
    })

    test('R45: the log names only codes', () => {
      const output = product.output()
      expect(output).not.toContain(login.address)
      expect(output).not.toContain('wrong horse')
      for (const code of ['login_refused', 'host_unreachable', 'starttls_missing'])
        expect(output).toContain(`"code":"${code}"`)
    })
  })

  describe(`${name}: failures as a tool error`, () => {
    async function call(tool: string, parameters: Record<string, unknown> = {}) {
      const startedAt = performance.now()
      const response = await postToolCall(product.url, tokens.access_token, tool, parameters)
      expect(response.status).toBe(200)
      const text = await response.text()
      expect(performance.now() - startedAt).toBeLessThan(answerMs)
      const message = text.startsWith('{') ? text : (/^data: (\{.*"result".*)$/m.exec(text)?.[1] ?? '')
      const { result } = JSON.parse(message)
      return {
        code: result.structuredContent?.code as string | undefined,
        sentence: result.content[0].text as string,
        isError: result.isError === true,
      }
    }
    async function withHandlers<T>(
      handlers: Record<string, ImapHandler>,
      work: () => Promise<T>,
    ): Promise<T> {
      const before = { ...plain.handlers }
      Object.assign(plain.handlers, handlers)
      try {
        return await work()
      } finally {
        Object.assign(plain.handlers, before)
      }
    }

    test('while all is well the mailboxes are listed', async () => {
      expect((await call('list_mailboxes')).isError).toBe(false)
    })

    test('a password that was changed: the sentence leads the owner to a new sign-in, the server is not quoted', async () => {
      const refuse: ImapHandler = (tag, _args, connection) =>
        connection.send(`${tag} NO [AUTHENTICATIONFAILED] Your secret server text`)
      const refused = await withHandlers({ AUTHENTICATE: refuse, LOGIN: refuse }, () =>
        call('list_mailboxes'),
      )
      expect(refused).toMatchObject({ isError: true, code: 'login_refused' })
      expect(refused.sentence).toMatch(/^The mail server refuses the stored password: .*http:\/\/localhost/)
      expect(refused.sentence).not.toContain('secret server text')
    })

    test('a server that lost STARTTLS: nothing is sent to it', async () => {
      options.tls = 'none'
      const commandsBefore = plain.commands().length
      const lost = await call('list_mailboxes')
      options.tls = 'starttls'
      expect(lost).toMatchObject({ isError: true, code: 'starttls_missing' })
      expect(lost.sentence).toContain('offers no encryption, so nothing was sent to it')
      expect(plain.commands().slice(commandsBefore).join()).not.toMatch(/LOGIN|AUTHENTICATE/)
      expect(plain.clear()).not.toContain(login.password)
    })

    test('a mail server that falls silent after the login: an answer before 25 s', {
      timeout: 60_000,
    }, async () => {
      const silent: ImapHandler = (_tag, _args, connection) => connection.closed
      const answer = await withHandlers({ LIST: silent, EXAMINE: silent, SELECT: silent }, () =>
        call('list_mailboxes'),
      )
      expect(answer).toMatchObject({ isError: true, code: 'timeout' })
      expect(answer.sentence).toContain('did not answer in time')
    })

    test('a stopped server for outgoing mail: nothing was sent, and no copy is in Sent', async () => {
      await smtp.stop()
      const unsent = await call('send_email', { to: ['bob@test.example'], subject: 'Later', body: 'Later' })
      expect(unsent).toMatchObject({ isError: true, code: 'host_unreachable' })
      expect(unsent.sentence).toMatch(/^The outgoing mail server cannot be reached/)
      expect(plain.commands().filter((command) => command.startsWith('APPEND'))).toEqual([])
    })

    test('a stopped mail server', async () => {
      await plain.stop()
      expect(await call('list_mailboxes')).toEqual({
        isError: true,
        code: 'host_unreachable',
        sentence: expect.stringMatching(/^The mail server cannot be reached/),
      })
    })
  })
}

/** Posts the form and expects it again, with sentences. */
export async function failSignIn(publicUrl: string, typed: Record<string, string>) {
  const { url } = createAuthorizationRequest(publicUrl, await register(publicUrl))
  const startedAt = performance.now()
  const outcome = await completeSignIn({ authorizeUrl: url, fields: typed })
  expect(performance.now() - startedAt).toBeLessThan(answerMs)
  if (outcome.redirected) throw new Error('The sign-in went through')
  expect(outcome.status).toBe(422)
  expect(outcome.html).not.toContain(typed.password)
  for (const kept of ['address', 'imap_host', 'imap_port', 'smtp_port'])
    expect(outcome.html).toContain(`value="${typed[kept]}"`)
  return faultsOf(outcome.html)
}
