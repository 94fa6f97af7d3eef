/** R17 against a real TLS server: what is fetched, what is refused, and that a refused URL costs no connection. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent, createServer, type RequestOptions, type Server } from 'node:https'
import type { AddressInfo, LookupFunction } from 'node:net'
import { createHostPolicy } from '@email-connector/mail'
import { type CertificateAuthority, createCertificateAuthority } from '@email-connector/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { maxAgeOf } from '../../src/client-metadata/cache-control.ts'
import { createClientMetadataFetch } from '../../src/client-metadata/client-metadata.ts'

const host = 'app.example'
const url = `https://${host}/client.json`
const document = { client_id: url, client_name: 'An app', redirect_uris: ['http://localhost/callback'] }
const publicAddress = '93.184.215.14'

type Answer = (request: IncomingMessage, response: ServerResponse) => void
const json: Answer = (_request, response) => {
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(document))
}
/** With the document, so that the status alone decides. */
const answerWith =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response
      .writeHead(status, { 'Content-Type': 'application/json', ...headers })
      .end(JSON.stringify(document))

let authority: CertificateAuthority
let server: Server
/** Requests that reached the canary server. */
let requests: IncomingMessage[] = []
/** Addresses the connections asked for. */
let dialled: string[] = []
let answer: Answer = json

beforeAll(async () => {
  authority = await createCertificateAuthority()
  server = createServer(await authority.issue({ names: [host] }), (request, response) => {
    requests.push(request)
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await authority.remove()
})
beforeEach(() => {
  requests = []
  dialled = []
  answer = json
})

/** Stands for the network: every address is the canary server's machine, and each one is written down. */
class LoopbackAgent extends Agent {
  override createConnection(options: RequestOptions) {
    const { port } = server.address() as AddressInfo
    const lookup: LookupFunction = (name, wanted, give) => {
      options.lookup?.(name, wanted, (error, addresses) => {
        dialled.push(...[addresses].flat().map((one) => (typeof one === 'string' ? one : one.address)))
        give(error, [{ address: '127.0.0.1', family: 4 }])
      })
    }
    return super.createConnection({ ...options, port, lookup, ca: authority.ca })
  }
}

interface Network {
  /** What the resolver answers, one list for each lookup; the last one stays. */
  readonly resolves?: readonly (readonly string[])[]
  readonly deadlineMs?: number
}

function fetchOver({ resolves = [[publicAddress]], ...rest }: Network = {}) {
  const left = [...resolves]
  const resolve = async () => (left.length > 1 ? left.shift() : left[0]) ?? []
  return createClientMetadataFetch({
    policy: createHostPolicy({ resolve }),
    agent: new LoopbackAgent({ keepAlive: false, maxCachedSessions: 0 }),
    ...rest,
  })
}

describe('A client metadata document', () => {
  test('R17: is fetched from the checked address under its own name, and says how long it may be kept', async () => {
    answer = (_request, response) => {
      response.setHeader('Content-Type', 'application/json; charset=utf-8')
      response.setHeader('Cache-Control', 'public, max-age=600').end(JSON.stringify(document))
    }
    const addresses = [publicAddress, '2606:2800:21f:cb07:6820:80da:af6b:8b2c']
    expect(await fetchOver({ resolves: [addresses] })(url)).toEqual({ document, maxAgeSeconds: 600 })
    expect(dialled).toEqual(addresses)
    const [request] = requests
    expect(request?.headers).toEqual({
      host,
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'email-connector',
      connection: 'close',
    })
  })

  test.each([
    ['loopback', ['127.0.0.1']],
    ['a private network', ['10.0.0.8']],
    ['the metadata address of a cloud', ['169.254.169.254']],
    ['shared address space', ['100.64.0.1']],
    ['IPv6 loopback', ['::1']],
    ['a mapped address', ['::ffff:127.0.0.1']],
    ['a unique local address', ['fd00::1']],
    ['one public and one private', [publicAddress, '192.168.1.1']],
    ['nothing', []],
  ])('R17: a name that stands for %s costs no connection [cimd-6]', async (_, addresses) => {
    await expect(fetchOver({ resolves: [addresses] })(url)).rejects.toThrow()
    expect([dialled, requests]).toEqual([[], []])
  })

  test('R17 R33: a name that turns private after the check is not looked up again', async () => {
    const rebinding = fetchOver({ resolves: [[publicAddress], ['127.0.0.1']] })
    await rebinding(url)
    expect(dialled).toEqual([publicAddress])
    await expect(rebinding(url)).rejects.toThrow()
    expect(requests).toHaveLength(1)
  })

  test.each([
    ['http', 'http://app.example/client.json'],
    ['another port', 'https://app.example:8443/client.json'],
    ['an IPv4 address', `https://${publicAddress}/client.json`],
    ['a short IPv4 address', 'https://127.1/client.json'],
    ['an IPv6 address', 'https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/client.json'],
    ['no URL', 'client.json'],
    ['a name that is none', 'https://app_.example/client.json'],
  ])('R17: %s costs no connection', async (_, odd) => {
    await expect(fetchOver()(odd)).rejects.toThrow()
    expect([dialled, requests]).toEqual([[], []])
  })

  test.each<[string, Answer]>([
    ['a redirect', answerWith(302, { Location: `${url}?again` })],
    ['a permanent redirect', answerWith(308, { Location: url })],
    ['404', answerWith(404)],
    ['203', answerWith(203)],
    ['204', (_q, response) => response.writeHead(204).end()],
    ['HTML', (_q, response) => response.setHeader('Content-Type', 'text/html').end(JSON.stringify(document))],
    ['no content type', (_q, response) => response.end(JSON.stringify(document))],
    ['no JSON', (_q, response) => response.setHeader('Content-Type', 'application/json').end('{')],
    [
      'bytes that are not UTF-8',
      (_q, response) =>
        response.setHeader('Content-Type', 'application/json').end(Buffer.from([0x22, 0xff, 0x22])),
    ],
    [
      'a compressed body',
      (_q, response) =>
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }).end(),
    ],
    [
      'a body of 5 KB and one byte',
      (_q, response) =>
        response.setHeader('Content-Type', 'application/json').end(JSON.stringify('x'.repeat(5 * 1024 - 1))),
    ],
    [
      'headers without end',
      (_q, response) =>
        response
          .writeHead(200, { 'Content-Type': 'application/json', 'X-Long': 'x'.repeat(9_000) })
          .end('{}'),
    ],
    ['a connection that breaks', (request) => request.socket.destroy()],
    [
      'half a body',
      (request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' })
        response.write('{')
        setImmediate(() => request.socket.destroy())
      },
    ],
  ])('R17: %s is refused after one request [cimd-6]', async (_, given) => {
    answer = given
    await expect(fetchOver()(url)).rejects.toThrow()
    expect(requests).toHaveLength(1)
  })

  test('R17: a body of 5 KB is accepted', async () => {
    const text = 'x'.repeat(5 * 1024 - 2)
    answer = (_request, response) => {
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(text))
    }
    expect((await fetchOver()(url)).document).toBe(text)
  })

  test('R17: a body without end is cut at the cap, and its connection closed', async () => {
    let closed: Promise<unknown> = Promise.resolve()
    answer = (request, response) => {
      closed = once(request.socket, 'close')
      response.setHeader('Content-Type', 'application/json')
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(1024)));
      }
      response.on('drain', pour)
      pour()
    }
    await expect(fetchOver()(url)).rejects.toThrow('Too large')
    await closed
  })

  test.each([
    ['404', 404, 'application/json'],
    ['a redirect', 302, 'application/json'],
    ['HTML', 200, 'text/html'],
  ])(
    'R17: %s with a body without end is not read: its connection is closed long before the deadline',
    async (_, status, contentType) => {
      let socket: IncomingMessage['socket'] | undefined
      answer = (request, response) => {
        socket = request.socket
        response.writeHead(status, { 'Content-Type': contentType }).write('{')
      }
      await expect(fetchOver({ deadlineMs: 60_000 })(url)).rejects.toThrow(/^Not /)
      await expect.poll(() => socket?.destroyed).toBe(true)
    },
  )

  test.each<[string, Answer]>([
    ['silence', () => undefined],
    [
      'a body that never ends',
      (_q, response) => response.setHeader('Content-Type', 'application/json').write('{'),
    ],
  ])('R17: %s ends at the deadline, and its connection is closed [cimd-6]', async (_, given) => {
    let closed: Promise<unknown> = Promise.resolve()
    answer = (request, response) => {
      closed = once(request.socket, 'close')
      given(request, response)
    }
    await expect(fetchOver({ deadlineMs: 150 })(url)).rejects.toThrow()
    await closed
  })

  test('R17: of 12 at once 10 are fetched; when they are done others may', async () => {
    const left: ServerResponse[] = []
    answer = (_request, response) => left.push(response)
    const fetchClientMetadata = fetchOver()
    const asked = Array.from({ length: 12 }, () => fetchClientMetadata(url))
    const settled = Promise.allSettled(asked)
    while (left.length < 10) await once(server, 'request')
    for (const response of left) json({} as IncomingMessage, response)
    expect((await settled).map(({ status }) => status).sort()).toEqual([
      ...Array(10).fill('fulfilled'),
      ...Array(2).fill('rejected'),
    ])
    expect(requests).toHaveLength(10)
    answer = json
    await fetchClientMetadata(url)
  })

  test('R17: a resolver that does not answer ends at the deadline', async () => {
    const fetchClientMetadata = createClientMetadataFetch({
      policy: createHostPolicy({
        resolve: (_host, signal) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      }),
      deadlineMs: 20,
    })
    // Keeps the process alive: a deadline alone does not, and needs not in a server.
    const awake = setInterval(() => undefined, 1_000)
    await expect(fetchClientMetadata(url)).rejects.toThrow()
    clearInterval(awake)
  })

  test('R17 R35: a certificate of another name is refused before anything is asked', async () => {
    const other = 'https://other.example/client.json'
    await expect(fetchOver()(other)).rejects.toThrow(/altnames/i)
    expect(requests).toEqual([])
  })

  test('R17: the local runner’s leave to reach private mail servers does not extend to documents', () => {
    const policy = createHostPolicy({ allowPrivate: true })
    expect(() => createClientMetadataFetch({ policy })).toThrow('public')
  })
})

test.each([
  [undefined, undefined],
  ['', undefined],
  ['public', undefined],
  ['max-age=60', 60],
  ['public, MAX-AGE="60"', 60],
  ['max-age=600, max-age=60', 60],
  ['max-age=-1', undefined],
  ['max-age=99999999999', undefined],
  ['s-maxage=60', undefined],
  ['no-store, max-age=60', 0],
  ['no-cache="set-cookie", max-age=60', 0],
])('Cache-Control %s may be kept %s seconds', (header, seconds) => {
  expect(maxAgeOf(header)).toBe(seconds)
})
