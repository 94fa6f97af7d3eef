/** What a domain says of its mail, by a real resolver and a real https server: providers, servers, and hostile answers. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Agent, createServer, type RequestOptions, type Server } from 'node:https'
import type { AddressInfo, LookupFunction } from 'node:net'
import { createHostPolicy } from '@email-connector/mail'
import { type CertificateAuthority, createCertificateAuthority } from '@email-connector/testing'
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readAutoconfig } from '../../src/find-servers/autoconfig.ts'
import { createMailDns } from '../../src/find-servers/dns-records.ts'
import { createFindServers } from '../../src/find-servers/find-servers.ts'
import { createGetPublicDocument } from '../../src/http/public-document.ts'
import { type NameServer, startNameServer } from './name-server.ts'

const publicAddress = '93.184.215.14'
const hosts: Record<string, readonly string[]> = {
  'autoconfig.file.example': [publicAddress],
  'well.example': [publicAddress],
  'autoconfig.inside.example': ['10.0.0.7'],
  'autoconfig.half.example': [publicAddress],
  'autoconfig.moved.example': [publicAddress],
  'autoconfig.silent.example': [publicAddress],
}
const config = (imap: string, smtp = 'smtp.file.example') => `<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="file.example">
<!-- <incomingServer type="imap"><hostname>old.example</hostname><port>993</port><socketType>SSL</socketType></incomingServer> -->
<incomingServer type="pop3"><hostname>pop.file.example</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
<incomingServer type="imap"><hostname>plain.file.example</hostname><port>143</port><socketType>plain</socketType></incomingServer>
<incomingServer type="imap"><hostname>${imap}</hostname><port>993</port><socketType>SSL</socketType></incomingServer>
<outgoingServer type="smtp"><hostname>${smtp}</hostname><port>587</port><socketType>STARTTLS</socketType></outgoingServer>
</emailProvider></clientConfig>`

let names: NameServer
let authority: CertificateAuthority
let server: Server
let answer: (response: ServerResponse, host: string) => void
const requests: string[] = []

class LoopbackAgent extends Agent {
  override createConnection(options: RequestOptions) {
    const { port } = server.address() as AddressInfo
    const lookup: LookupFunction = (name, wanted, give) =>
      options.lookup?.(name, wanted, (error) => give(error, [{ address: '127.0.0.1', family: 4 }]))
    return super.createConnection({ ...options, port, lookup, ca: authority.ca })
  }
}

beforeAll(async () => {
  names = await startNameServer({
    'works.example': [
      { mx: [20, 'mx.else.example'] },
      { mx: [10, 'works-example.mail.protection.outlook.com'] },
    ],
    'shop.example': [{ mx: [1, 'ASPMX.L.GOOGLE.COM'] }, { mx: [5, 'alt1.aspmx.l.google.com'] }],
    'family.example': [{ mx: [10, 'mx01.mail.icloud.com'] }],
    'trap.example': [{ mx: [10, 'mail.protection.outlook.com.evil.example'] }],
    'own.example': [{ mx: [10, 'mx.own.example'] }],
    '_imaps._tcp.own.example': [
      { srv: [20, 0, 993, 'second.own.example'] },
      { srv: [10, 1, 993, 'light.own.example'] },
      { srv: [10, 9, 993, 'imap.own.example'] },
    ],
    '_submission._tcp.own.example': [{ srv: [0, 0, 587, 'smtp.own.example'] }],
    '_imaps._tcp.fast.example': [{ srv: [0, 1, 993, 'imap.fastmail.com'] }],
    '_imaps._tcp.none.example': [{ srv: [0, 0, 0, '.'] }],
    '_imaps._tcp.odd.example': [{ srv: [0, 0, 22, 'imap.odd.example'] }, { srv: [1, 0, 993, 'bad_host'] }],
    '_imaps._tcp.half.example': [{ srv: [0, 0, 993, 'imap.half.example'] }],
  })
  authority = await createCertificateAuthority()
  server = createServer(await authority.issue({ names: Object.keys(hosts) }), (request, response) => {
    requests.push(`${request.headers.host}${request.url}`)
    answer(response, request.headers.host ?? '')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(async () => {
  names.close()
  server.close()
  server.closeAllConnections()
  await authority.remove()
})
beforeEach(() => {
  requests.length = 0
  domains.length = 0
  answer = (response) => response.setHeader('Content-Type', 'text/xml').end(config('imap.file.example'))
})

const resolve = async (host: string) => {
  const found = hosts[host]
  if (found === undefined) throw new Error('no such host')
  return found
}
/** Domains that somebody asked about. */
const domains: string[] = []
const dns = () => {
  const real = createMailDns({ servers: [names.address] })
  return {
    ...real,
    exchanges: (domain: string, signal: AbortSignal) => {
      domains.push(domain)
      return real.exchanges(domain, signal)
    },
  }
}
const open = (deadlineMs = 5_000) =>
  createFindServers({
    dns: dns(),
    getDocument: createGetPublicDocument({
      policy: createHostPolicy({ resolve }),
      agent: new LoopbackAgent({ keepAlive: false, maxCachedSessions: 0 }),
    }),
    deadlineMs,
  })

const servers = (imap?: object, smtp?: object) => ({
  servers: { ...(imap && { imap }), ...(smtp && { smtp }) },
})
const implicit = (host: string, port = 993) => ({ host, port, tls: 'implicit' })
const startTls = (host: string, port = 587) => ({ host, port, tls: 'starttls' })

describe('an address', () => {
  test.each([
    ['Microsoft 365, by the exchange that is preferred', 'ann@works.example', { provider: 'outlook' }],
    ['Google Workspace, in whatever case', 'ann@Shop.Example', { provider: 'gmail' }],
    ['a domain of its own at iCloud', 'ann@family.example', { provider: 'icloud' }],
    ['a provider that SRV names', 'ann@fast.example', { provider: 'fastmail' }],
    [
      'SRV, by priority and weight',
      'ann@own.example',
      servers(implicit('imap.own.example'), startTls('smtp.own.example')),
    ],
    [
      'its own file',
      'ann@file.example',
      servers(implicit('imap.file.example'), startTls('smtp.file.example')),
    ],
    [
      'the file at the other place',
      'ann@well.example',
      servers(implicit('imap.file.example'), startTls('smtp.file.example')),
    ],
    [
      'SRV before the file, which fills the rest',
      'ann@half.example',
      servers(implicit('imap.half.example'), startTls('smtp.file.example')),
    ],
    ['a name that only looks like a provider', 'ann@trap.example', undefined],
    ['SRV that says "not here"', 'ann@none.example', undefined],
    ['another port, and no host', 'ann@odd.example', undefined],
    ['nothing', 'ann@unknown.example', undefined],
    ['no domain', 'ann@localhost', undefined],
    ['an address of the internet', 'ann@[93.184.215.14]', undefined],
    ['another one', 'ann@93.184.215.14', undefined],
  ])('%s', async (_what, address, expected) => {
    expect(await open()(address)).toEqual(expected)
  })

  test('R32: a file at a private address is not asked for, and no file learns the address of the person', async () => {
    expect(await open()('ann@inside.example')).toBeUndefined()
    expect(requests).toEqual([])
    await open()('ann@file.example')
    expect(requests).toEqual(['autoconfig.file.example/mail/config-v1.1.xml'])
  })

  test.each<[what: string, act: (response: ServerResponse) => void]>([
    [
      'a redirect',
      (response) => response.writeHead(302, { Location: 'https://autoconfig.file.example/' }).end(),
    ],
    [
      'a file that does not end',
      (response) => response.setHeader('Content-Type', 'text/xml').write('x'.repeat(64 * 1024)),
    ],
    [
      'a page',
      (response) => response.setHeader('Content-Type', 'text/html').end(config('imap.file.example')),
    ],
    ['an error', (response) => response.writeHead(500).end(config('imap.file.example'))],
  ])('%s is no answer', async (_what, act) => {
    answer = act
    expect(await open()('ann@moved.example')).toBeUndefined()
    expect(requests).toHaveLength(1)
  })

  test('silence costs the deadline and no more, and a crowd of the curious waits for nobody', async () => {
    answer = () => undefined
    const find = open(300)
    const startedAt = performance.now()
    const many = await Promise.all(Array.from({ length: 30 }, () => find('ann@silent.example')))
    expect(new Set(many)).toEqual(new Set([undefined]))
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(domains).toHaveLength(10)
    expect(requests.length).toBeLessThanOrEqual(10)
    answer = (response) => response.setHeader('Content-Type', 'text/xml').end(config('imap.file.example'))
    expect(await find('ann@works.example')).toEqual({ provider: 'outlook' })
  })
})

describe('a file', () => {
  test('may name its domain by a placeholder, and hosts that are none are passed over', () => {
    expect(readAutoconfig(config('imap.%EMAILDOMAIN%', 'smtp.file.example:25'), 'file.example')).toEqual({
      imap: implicit('imap.file.example'),
    })
    expect(readAutoconfig(config('127.1/x', '<b>'), 'file.example')).toEqual({})
    expect(readAutoconfig('no XML at all', 'file.example')).toEqual({})
  })

  test('is read in time that grows with its length', async () => {
    const readAll = () => {
      for (const piece of [
        '<incomingServer type="imap">',
        '<!--',
        '<hostname>',
        '<incomingServer ',
        '%EMAILDOMAIN%',
      ])
        readAutoconfig(piece.repeat(Math.floor(32_768 / piece.length)), 'file.example')
    }
    expect(await leastCpuMs(1_000, readAll)).toBeLessThan(1_000)
  })
})
