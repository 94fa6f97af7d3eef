import { describe, expect, test } from 'vitest'
import { isDocumentUrl } from '../src/clients.ts'
import { knownClients } from '../src/known-clients.ts'
import {
  authorizeQuery,
  authorizeRequest,
  claudeId,
  claudeUri,
  createDeployment,
  pkce,
} from './deployment.ts'

const url = 'https://app.example/client.json'
const document = { client_id: url, client_name: 'An app', redirect_uris: ['http://localhost/callback'] }
const query = () =>
  authorizeRequest(
    authorizeQuery(pkce().challenge, { client_id: url, redirect_uri: 'http://localhost:4000/callback' }),
  )

function withDocument(given: () => unknown, maxAgeSeconds?: number) {
  let fetches = 0
  const deployment = createDeployment({
    fetchClientMetadata: async () => {
      fetches += 1
      return { document: given(), ...(maxAgeSeconds !== undefined && { maxAgeSeconds }) }
    },
  })
  return { ...deployment, fetches: () => fetches }
}

describe('Client ID Metadata Documents', () => {
  test('R17: a fetched document opens a page, with the host that vouches for it [cimd-6-host]', async () => {
    const { server } = withDocument(() => document)
    const page = await server.authorize(query())
    if (page.kind !== 'page') throw new Error('No page')
    expect(page.client).toEqual({ clientId: url, name: 'An app', host: 'app.example', loopbackOnly: true })
  })

  test('R17: is kept for a day, well under 7, and a failure is never kept [cimd-4-cache]', async () => {
    let isUp = false
    const { server, clock, fetches } = withDocument(() => {
      if (!isUp) throw new Error('down')
      return document
    })
    expect((await server.authorize(query())).kind).toBe('response')
    isUp = true
    expect((await server.authorize(query())).kind).toBe('page')
    isUp = false
    clock.now += 86_399
    expect((await server.authorize(query())).kind).toBe('page')
    expect(fetches()).toBe(2)
    clock.now += 1
    expect((await server.authorize(query())).kind).toBe('response')
    expect(fetches()).toBe(3)
  })

  test.each([
    ['nothing', undefined, 86_400],
    ['an hour', 3600, 3600],
    ['nothing at all, to be kept 5 minutes', 0, 300],
    ['a year, to be kept 7 days', 31_536_000, 604_800],
  ])(
    'R17: a document whose server says %s is kept within bounds [cimd-4-cache]',
    async (_, maxAgeSeconds, kept) => {
      const { server, clock, fetches } = withDocument(() => document, maxAgeSeconds)
      await server.authorize(query())
      clock.now += kept - 1
      await server.authorize(query())
      expect(fetches()).toBe(1)
      clock.now += 1
      await server.authorize(query())
      expect(fetches()).toBe(2)
    },
  )

  test('R17: at most 100 documents are kept, so that strangers cannot fill the memory', async () => {
    const fetched: string[] = []
    const { server } = createDeployment({
      fetchClientMetadata: async (client_id) => {
        fetched.push(client_id)
        return { document: { ...document, client_id } }
      },
    })
    const ask = async (number: number) => {
      const change = { client_id: `${url}?${number}`, redirect_uri: 'http://localhost:4000/callback' }
      expect((await server.authorize(authorizeRequest(authorizeQuery(pkce().challenge, change)))).kind).toBe(
        'page',
      )
    }
    for (let number = 0; number < 100; number++) await ask(number)
    await ask(0)
    expect(fetched).toHaveLength(100)
    await ask(100)
    await ask(0)
    expect(fetched.slice(100)).toEqual([`${url}?100`, `${url}?0`])
  })

  test.each([
    [
      'cannot be read',
      'client_document_unreadable',
      'unreadable_document',
      () => Promise.reject(new Error('down')),
    ],
    [
      'is no client’s',
      'client_document_unfit',
      'unfit_document',
      async () => ({ document: { client_id: url } }),
    ],
  ])(
    'R17: a document that %s is told apart from an unknown app, and named',
    async (_, reason, kind, fetch) => {
      const refused: unknown[] = []
      const { server, events } = createDeployment({
        fetchClientMetadata: fetch,
        errorPage: (status, _sentence, _headers, address) => {
          refused.push(status, address)
          return new Response(null, { status })
        },
      })
      await server.authorize(query())
      expect(refused).toEqual([401, { kind, shown: url }])
      expect(events).toEqual([expect.objectContaining({ error: 'invalid_client', reason })])
    },
  )

  test('R17: a document that is no client is fetched again the next time', async () => {
    const { server, fetches } = withDocument(() => ({ ...document, client_id: 'https://app.example/other' }))
    await server.authorize(query())
    await server.authorize(query())
    expect(fetches()).toBe(2)
  })

  test('R17: a known client the owner switched off is unknown, and its document is not fetched', async () => {
    let fetches = 0
    for (const { id, document } of knownClients) {
      if (document === undefined) continue
      const deployment = createDeployment({
        redirectUris: { withoutClients: [id] },
        fetchClientMetadata: async () => {
          fetches += 1
          return { document }
        },
      })
      const [uri = ''] = document.redirect_uris
      const outcome = await deployment.server.authorize(
        authorizeRequest(
          authorizeQuery(pkce().challenge, {
            client_id: document.client_id,
            redirect_uri: uri.replace('localhost/', 'localhost:4000/'),
          }),
        ),
      )
      expect(outcome.kind === 'response' && outcome.response.status, id).toBe(401)
    }
    expect(fetches).toBe(0)
  })

  test.each([
    ['another client_id', { ...document, client_id: 'https://app.example/other.json' }],
    ['no redirect_uris', { client_id: url }],
    ['redirect_uris that are no list', { ...document, redirect_uris: 'http://localhost/callback' }],
    ['a key for authentication', { ...document, token_endpoint_auth_method: 'private_key_jwt' }],
    ['no object', 'text'],
    ['null', null],
    ['another redirect URI', { ...document, redirect_uris: [claudeUri] }],
    ['51 redirect_uris', { ...document, redirect_uris: Array(51).fill('http://localhost/callback') }],
  ])('R17: a document with %s is refused [cimd-4]', async (_, given) => {
    expect((await withDocument(() => given).server.authorize(query())).kind).toBe('response')
  })

  test('R17: when the fetch fails, the built-in document of a known client is used', async () => {
    const { server } = withDocument(() => {
      throw new Error('down')
    })
    const page = await server.authorize(authorizeRequest(authorizeQuery(pkce().challenge)))
    expect(page.kind === 'page' && page.client.clientId).toBe(claudeId)
  })

  test('R17: only https with a path, in one spelling, is fetched at all [cimd-3]', async () => {
    for (const odd of [
      ...[
        'http://app.example/client.json',
        'https://app.example',
        'https://app.example/',
        'https://u@app.example/c',
      ],
      ...[
        'https://app.example/c#x',
        'https://app.example/a/../c',
        'https://APP.example/c',
        'https://app.example:443/c',
      ],
      ...[
        ' https://app.example/c',
        'https://app.example\\c',
        `https://app.example/${'c'.repeat(500)}`,
        'https://',
      ],
    ]) {
      expect(isDocumentUrl(odd), odd).toBe(false)
      const { server, fetches } = withDocument(() => ({ ...document, client_id: odd }))
      await server.authorize(authorizeRequest(authorizeQuery(pkce().challenge, { client_id: odd })))
      expect(fetches(), odd).toBe(0)
    }
    expect(isDocumentUrl(url)).toBe(true)
  })

  test('the token endpoint fetches nothing', async () => {
    const deployment = withDocument(() => document)
    const { tokens } = await deployment.connect({
      query: { client_id: url, redirect_uri: 'http://localhost:4000/callback' },
    })
    expect(deployment.fetches()).toBe(1)
    expect((await deployment.refresh(tokens.refresh_token, { client_id: url })).status).toBe(200)
    expect(deployment.fetches()).toBe(1)
  })
})
