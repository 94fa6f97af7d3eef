/** Mail servers that fail the local runner, what is left in its store then, and hosts that it may not reach. */
import {
  type CertificateAuthority,
  createCertificateAuthority,
  createTempFolder,
  freePort,
  type ScriptedImap,
  type SmtpSink,
  startScriptedImap,
  startSmtpSink,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listRows, loopbackMail, startLocalProduct, startLocalRunner } from '../e2e/local-runner.ts'
import { postToolCall, register, signIn } from '../e2e/raw-client.ts'
import { describeFailures, failSignIn } from '../e2e/suites/failures.ts'

describeFailures('npm start', startLocalProduct)

const login = { address: 'ann@test.example', password: 'correct horse 7' }
let authority: CertificateAuthority
let imap: ScriptedImap
let smtp: SmtpSink
beforeAll(async () => {
  authority = await createCertificateAuthority()
  const server = {
    tls: 'implicit',
    certificate: await authority.issue({ names: ['localhost'] }),
    password: login.password,
  } as const
  imap = await startScriptedImap(server)
  smtp = await startSmtpSink(server)
})
afterAll(async () => {
  await Promise.all([imap.stop(), smtp.stop()])
  await authority.remove()
})

const fields = () => ({
  provider: 'generic',
  ...login,
  imap_host: 'localhost',
  imap_port: String(imap.port),
  imap_tls: 'true',
  smtp_host: 'localhost',
  smtp_port: String(smtp.port),
  smtp_secure: 'true',
  permission: 'send',
  ask: 'never',
})

test('a sign-in that failed leaves no grant, record, index, code or token in the store', async () => {
  const runner = await startLocalRunner({ environment: loopbackMail(authority.caPath) })
  await failSignIn(runner.url, { ...fields(), password: 'wrong horse 7' })
  await runner.stop()
  const tables = new Set((await listRows(runner.dataDir)).map(([key]) => key.split('!')[0]))
  // What limits are counted with, and the page's own transaction.
  const counting = ['count', 'budget', 'used']
  expect([...tables].filter((table) => !counting.includes(table ?? ''))).toEqual(['txn'])
  await runner.remove()
})

test('R40: without ALLOW_PRIVATE_MAIL_HOSTS a private address gets the very sentence of a host that does not exist, as late', async () => {
  const runner = await startLocalRunner({ environment: { NODE_EXTRA_CA_CERTS: authority.caPath } })
  const typed = { ...fields(), imap_port: '993', smtp_port: '465' }
  const timed = async (imap_host: string) => {
    const startedAt = performance.now()
    const [sentence = ''] = await failSignIn(runner.url, { ...typed, imap_host })
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

describe('a mail server that the restarted runner may not reach any more', () => {
  test('is one that cannot be reached, and no connection is tried', async () => {
    const place = { dataDir: createTempFolder('failures').path, port: await freePort() }
    const first = await startLocalRunner({ ...place, environment: loopbackMail(authority.caPath) })
    const { access_token } = await signIn(first.url, await register(first.url), fields())
    await first.stop()
    const before = imap.connections.length
    const runner = await startLocalRunner({
      ...place,
      environment: { NODE_EXTRA_CA_CERTS: authority.caPath },
    })
    const answer = await postToolCall(runner.url, access_token, 'list_mailboxes')
    const text = await answer.text()
    expect(text).toContain('"code":"host_unreachable"')
    expect(text).toContain('The mail server cannot be reached')
    expect(imap.connections.length).toBe(before)
    await runner.remove()
  })
})
