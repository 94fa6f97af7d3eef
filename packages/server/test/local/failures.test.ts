/**
 * What a person reads on the page, and a model from a tool, when the mail server is not as it should be: one sentence of
 * ours, soon, and nothing half-written. The servers are scripted, so that each can change its mind between two calls.
 */
import {
  type CertificateAuthority,
  completeSignIn,
  createCertificateAuthority,
  createTempFolder,
  freePort,
  type ImapHandler,
  type ScriptedImap,
  type ScriptedImapOptions,
  type SmtpSink,
  startScriptedImap,
  startSmtpSink,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faultsOf } from '../e2e/clients.ts'
import { type LocalRunner, listRows, loopbackMail, startLocalRunner } from '../e2e/local-runner.ts'
import { createAuthorizationRequest, postToolCall, register, signIn, type Tokens } from '../e2e/raw-client.ts'

const login = { address: 'ann@test.example', password: 'correct horse 7' }
/** What product.md promises. */
const answerMs = 25_000

let authority: CertificateAuthority
let certificate: Awaited<ReturnType<CertificateAuthority['issue']>>
let smtp: SmtpSink
beforeAll(async () => {
  authority = await createCertificateAuthority()
  certificate = await authority.issue({ names: ['localhost'] })
  smtp = await startSmtpSink({ tls: 'implicit', certificate, password: login.password })
})
afterAll(async () => {
  await smtp.stop()
  await authority.remove()
})

const startImap = (options: ScriptedImapOptions = {}) =>
  startScriptedImap({ tls: 'implicit', certificate, password: login.password, ...options })

const fieldsFor = (imap: { port: number }, changes: Record<string, string> = {}) => ({
  provider: 'generic',
  ...login,
  imap_host: 'localhost',
  imap_port: String(imap.port),
  imap_tls: 'true',
  smtp_host: 'localhost',
  smtp_port: String(smtp.port),
  smtp_secure: 'true',
  permission: 'send',
  ...changes,
})

/** Posts the form and expects it again, with sentences. */
async function failSignIn(runner: LocalRunner, fields: Record<string, string>) {
  const { url } = createAuthorizationRequest(runner.url, await register(runner.url))
  const startedAt = performance.now()
  const outcome = await completeSignIn({ authorizeUrl: url, fields })
  expect(performance.now() - startedAt).toBeLessThan(answerMs)
  if (outcome.redirected) throw new Error('The sign-in went through')
  expect(outcome.status).toBe(422)
  expect(outcome.html).not.toContain(fields.password)
  for (const kept of ['address', 'imap_host', 'imap_port', 'smtp_port'])
    expect(outcome.html).toContain(`value="${fields[kept]}"`)
  return faultsOf(outcome.html)
}

describe('on the sign-in page', () => {
  let runner: LocalRunner
  let imap: ScriptedImap
  beforeAll(async () => {
    runner = await startLocalRunner({ environment: loopbackMail(authority.caPath) })
    imap = await startImap()
  })
  afterAll(async () => {
    await runner.remove()
    await imap.stop()
  })

  test('a wrong password: says so, names no server text, and the SMTP server is not even asked', async () => {
    const before = smtp.connectionCount()
    expect(await failSignIn(runner, fieldsFor(imap, { password: 'wrong horse 7' }))).toEqual([
      'The mail server refused this address and password. Check both and try again.',
    ])
    expect(smtp.connectionCount()).toBe(before)
  })

  test('a password that only the outgoing server refuses: says which server, and the way out', async () => {
    smtp.faults.AUTH = { reply: '535 5.7.8 no' }
    const [sentence] = await failSignIn(runner, fieldsFor(imap))
    delete smtp.faults.AUTH
    expect(sentence).toMatch(/^Reading works, but the server for outgoing mail refused/)
  })

  test('an unknown host', async () => {
    expect(await failSignIn(runner, fieldsFor(imap, { imap_host: 'no-such-host.invalid' }))).toEqual([
      `No server for incoming mail could be reached at no-such-host.invalid, port ${imap.port}. Check the name and the port.`,
    ])
  })

  test('R36: a server without STARTTLS: says so, and the password never left', async () => {
    const plain = await startImap({ tls: 'none' })
    const faults = await failSignIn(runner, fieldsFor(plain, { imap_tls: 'false' }))
    expect(faults).toEqual([
      `localhost does not offer STARTTLS on port ${plain.port}, so the password was not sent. Choose TLS and port 993.`,
    ])
    expect(plain.clear()).not.toContain(login.password)
    expect(plain.clear()).not.toContain(
      Buffer.from(`\0${login.address}\0${login.password}`).toString('base64'),
    )
    await plain.stop()
  })

  test('a stopped mail server', async () => {
    const stopped = await startImap()
    await stopped.stop()
    expect(await failSignIn(runner, fieldsFor(stopped))).toEqual([
      `No server for incoming mail could be reached at localhost, port ${stopped.port}. Check the name and the port.`,
    ])
  })

  test('after all that the store holds no grant, record, index, code or token, and the log names only codes', async () => {
    expect(runner.output()).not.toContain(login.address)
    expect(runner.output()).not.toContain('wrong horse')
    for (const code of ['login_refused', 'host_unreachable', 'starttls_missing'])
      expect(runner.output()).toContain(`"code":"${code}"`)
    await runner.stop()
    const tables = new Set((await listRows(runner.dataDir)).map(([key]) => key.split('!')[0]))
    expect([...tables].filter((table) => table !== 'count' && table !== 'distinct')).toEqual(['txn'])
  })
})

test('R40: without ALLOW_PRIVATE_MAIL_HOSTS a private address gets the very sentence of a host that does not exist, as late', async () => {
  const runner = await startLocalRunner({ environment: { NODE_EXTRA_CA_CERTS: authority.caPath } })
  const fields = { ...fieldsFor({ port: 993 }), smtp_port: '465' }
  const timed = async (imap_host: string) => {
    const startedAt = performance.now()
    const [sentence = ''] = await failSignIn(runner, { ...fields, imap_host })
    return { sentence: sentence.replace(imap_host, 'HOST'), seconds: (performance.now() - startedAt) / 1000 }
  }
  const [refused, metadata, unknown] = await Promise.all(
    ['127.0.0.1', '169.254.169.254', 'no-such-host.invalid'].map(timed),
  )
  expect(refused?.sentence).toBe(unknown?.sentence)
  expect(metadata?.sentence).toBe(unknown?.sentence)
  for (const one of [refused, metadata, unknown]) expect(one?.seconds).toBeGreaterThan(4.9)
  await runner.remove()
})

describe('as a tool error', () => {
  const place = { dataDir: '', port: 0 }
  let runner: LocalRunner
  let imap: ScriptedImap
  let tokens: Tokens
  const options: ScriptedImapOptions = { tls: 'starttls' }

  beforeAll(async () => {
    place.dataDir = createTempFolder('failures').path
    place.port = await freePort()
    runner = await startLocalRunner({ ...place, environment: loopbackMail(authority.caPath) })
    Object.assign(options, { certificate, password: login.password })
    imap = await startScriptedImap(options)
    const clientId = await register(runner.url)
    tokens = await signIn(runner.url, clientId, fieldsFor(imap, { imap_tls: 'false' }))
  })
  afterAll(async () => {
    await runner.remove()
    await imap.stop()
  })

  async function call(tool: string, parameters: Record<string, unknown> = {}) {
    const startedAt = performance.now()
    const response = await postToolCall(runner.url, tokens.access_token, tool, parameters)
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
  async function withHandlers<T>(handlers: Record<string, ImapHandler>, work: () => Promise<T>): Promise<T> {
    const before = { ...imap.handlers }
    Object.assign(imap.handlers, handlers)
    try {
      return await work()
    } finally {
      Object.assign(imap.handlers, before)
    }
  }

  test('while all is well the mailboxes are listed', async () => {
    expect((await call('list_mailboxes')).isError).toBe(false)
  })

  test('a password that was changed: the sentence leads the owner to a new sign-in, the server is not quoted', async () => {
    const refuse: ImapHandler = (tag, _args, connection) =>
      connection.send(`${tag} NO [AUTHENTICATIONFAILED] Your secret server text`)
    const refused = await withHandlers({ AUTHENTICATE: refuse, LOGIN: refuse }, () => call('list_mailboxes'))
    expect(refused).toMatchObject({ isError: true, code: 'login_refused' })
    expect(refused.sentence).toMatch(/^The mail server refuses the stored password: .*http:\/\/localhost/)
    expect(refused.sentence).not.toContain('secret server text')
  })

  test('a server that lost STARTTLS: nothing is sent to it', async () => {
    options.tls = 'none'
    const commandsBefore = imap.commands().length
    const lost = await call('list_mailboxes')
    options.tls = 'starttls'
    expect(lost).toMatchObject({ isError: true, code: 'starttls_missing' })
    expect(lost.sentence).toContain('offers no encryption, so nothing was sent to it')
    expect(imap.commands().slice(commandsBefore).join()).not.toMatch(/LOGIN|AUTHENTICATE/)
    expect(imap.clear()).not.toContain(login.password)
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
    expect(imap.commands().filter((command) => command.startsWith('APPEND'))).toEqual([])
  })

  const unreachable = {
    isError: true,
    code: 'host_unreachable',
    sentence: expect.stringMatching(/^The mail server cannot be reached/),
  }
  test('a stopped mail server', async () => {
    await imap.stop()
    expect(await call('list_mailboxes')).toEqual(unreachable)
  })

  test('a mail server that the restarted runner may not reach any more: the same, and no connection is tried', async () => {
    const before = imap.connections.length
    await runner.stop()
    runner = await startLocalRunner({ ...place, environment: { NODE_EXTRA_CA_CERTS: authority.caPath } })
    expect(await call('list_mailboxes')).toEqual(unreachable)
    expect(imap.connections.length).toBe(before)
  })
})
