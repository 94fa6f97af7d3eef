/** Rules that a stranger's request meets early, each alone: nothing else here refuses the same thing. */
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { isEqualText } from '../src/digest.ts'
import { isSameOrigin } from '../src/index.ts'
import {
  authorizeQuery,
  authorizeRequest,
  createDeployment,
  form,
  issuer,
  pkce,
  problem,
} from './deployment.ts'

const compared = vi.hoisted(() => ({ times: 0 }))

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  return {
    ...crypto,
    timingSafeEqual: (...given: Parameters<typeof crypto.timingSafeEqual>) => {
      compared.times += 1
      return crypto.timingSafeEqual(...given)
    },
  }
})

describe('what an attacker may guess at', () => {
  beforeEach(() => {
    compared.times = 0
  })

  test('R09: is compared in constant time, whatever its length and content', () => {
    for (const [one, other, equal] of [
      ['same', 'same', true],
      ['same', 'some', false],
      ['same', 'same but longer', false],
      ['', 'same', false],
    ] as const) {
      compared.times = 0
      expect(isEqualText(one, other)).toBe(equal)
      expect(compared.times).toBe(1)
    }
  })

  test('R09: so is a client secret, at the token endpoint', async () => {
    const { server } = createDeployment()
    const fields = { grant_type: 'refresh_token', client_id: 'claude-team', client_secret: 'wrong' }
    expect(await problem(server.token(form('token', fields)))).toBe('401 invalid_client')
    expect(compared.times).toBeGreaterThan(0)
  })
})

describe('R41: a form of another page', () => {
  const from = (headers: Record<string, string>) =>
    isSameOrigin(new Request(`${issuer}/oauth/connect`, { method: 'POST', headers }), issuer)

  test.each([
    ['of a sibling site, with our origin', { 'Sec-Fetch-Site': 'same-site', Origin: issuer }],
    ['of a sibling site, without an origin', { 'Sec-Fetch-Site': 'same-site' }],
    ['of another site, with our origin', { 'Sec-Fetch-Site': 'cross-site', Origin: issuer }],
    ['of nobody, as a bookmark', { 'Sec-Fetch-Site': 'none' }],
    ['of another origin', { Origin: 'https://mail.example.evil' }],
    ['of a hidden origin', { Origin: 'null' }],
  ])('%s is foreign', (_, headers) => {
    expect(from(headers)).toBe(false)
  })

  test.each([
    ['with our origin', { Origin: issuer }],
    ['with neither header', {}],
    [
      'with a hidden origin that the browser vouches for',
      { Origin: 'null', 'Sec-Fetch-Site': 'same-origin' },
    ],
  ])('%s is ours', (_, headers) => {
    expect(from(headers)).toBe(true)
  })
})

test('R17: strangers’ documents do not fill the memory: after a hundred others the first is fetched again', async () => {
  const fetched: string[] = []
  const { server } = createDeployment({
    fetchClientMetadata: async (url) => {
      fetched.push(url)
      return { document: { client_id: url, redirect_uris: ['http://localhost/callback'] } }
    },
  })
  const open = async (index: number) => {
    const client_id = `https://app.example/${index}.json`
    const redirect_uri = 'http://localhost:4000/callback'
    const query = authorizeQuery(pkce().challenge, { client_id, redirect_uri })
    expect((await server.authorize(authorizeRequest(query))).kind).toBe('page')
    return fetched.length
  }
  expect(await open(0)).toBe(1)
  expect(await open(0)).toBe(1)
  for (let index = 1; index <= 100; index += 1) await open(index)
  expect(fetched).toHaveLength(101)
  expect(await open(0)).toBe(102)
})

test('R09: a code for one resource is no code for another deployment over the same store', async () => {
  const one = createDeployment()
  const { redemption } = await one.signIn()
  const other = createDeployment({ ...one.options, resource: 'https://other.example/mcp' }, one.store)
  const { resource: _, ...withoutResource } = redemption
  expect(await problem(other.server.token(form('token', withoutResource)))).toBe('400 invalid_grant')
  expect(one.events.at(-1)).toMatchObject({ reason: 'resource_refused' })
  expect((await one.server.token(form('token', withoutResource))).status).toBe(200)
})
