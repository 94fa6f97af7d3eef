/** R102: no library and no upgrade to TLS asks the system for a name behind the resolver's back. */
import dns from 'node:dns'
import { createCertificateSet, startScriptedImap, startSmtpSink } from '@email-connector/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyImapLogin, verifySmtpLogin } from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'

const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder land 1' }
const { lookup } = dns
let certificates: Awaited<ReturnType<typeof createCertificateSet>>
let asked: string[] = []

beforeAll(async () => {
  certificates = await createCertificateSet()
})
afterAll(async () => {
  Object.assign(dns, { lookup })
  await certificates.authority.remove()
})

test.each(['implicit', 'starttls'] as const)(
  'R102: nothing but the resolver looks up names, %s',
  async (tls) => {
    const options = { tls, certificate: certificates.good }
    const [imap, smtp] = await Promise.all([startScriptedImap(options), startSmtpSink(options)])
    const watched = (...parameters: Parameters<typeof lookup>) => {
      asked.push(parameters[0])
      return lookup(...parameters)
    }
    asked = []
    Object.assign(dns, { lookup: watched })
    try {
      const account = accountOn({ host: 'localhost', port: imap.port, tls }, alice)
      const deps = depsFor(certificates.ca)
      await verifyImapLogin(account, deps)
      await verifySmtpLogin({ ...account, smtp: { host: 'localhost', port: smtp.port, tls } }, deps)
      expect(asked).toEqual([])
    } finally {
      Object.assign(dns, { lookup })
      await Promise.all([imap.stop(), smtp.stop()])
    }
  },
)
