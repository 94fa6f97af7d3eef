/**
 * R68: one id joins what the gateway, the authorizer and a function say of a request, and what a person reads on a page
 * that failed. A client of a REST API may choose it; nothing but an id gets into our lines that way.
 */
import { describe, expect, test, vi } from 'vitest'
import { missing, postToolsList, useGateway, whenPossible } from './gateway.ts'

type Line = Readonly<Record<string, unknown>>

/** `vi.waitFor` gives up after a second by itself. */
const patience = { timeout: 30_000 }

describe.skipIf(missing !== undefined)(whenPossible('the id of a request'), () => {
  const running = useGateway()

  /** The newest line of the access log; it is written when the connection has seen the whole answer. */
  async function newest(count: number): Promise<Line> {
    const { accessLog } = running().product
    await expect.poll(() => accessLog.length).toBeGreaterThan(count)
    return JSON.parse(accessLog.at(-1) ?? '') as Line
  }

  /** What a function prints arrives beside its answer, maybe after it. */
  async function linesOf(name: 'mcp' | 'oauth' | 'authorizer', requestId: unknown): Promise<Line[]> {
    return await vi.waitFor(() => {
      const text = running().product.functions[name].output.join('')
      const lines = text.split('\n').filter((line) => line.startsWith('{'))
      const found = lines
        .map((line) => JSON.parse(line) as Line)
        .filter((line) => line.requestId === requestId)
      expect(found).not.toEqual([])
      return found
    }, patience)
  }

  async function idOf(
    call: () => Promise<Response>,
  ): Promise<{ response: Response; text: string; line: Line }> {
    const count = running().product.accessLog.length
    const response = await call()
    const text = await response.text()
    return { response, text, line: await newest(count) }
  }

  test('a call: gateway, authorizer and function', async () => {
    const { product, tokens } = running()
    const { line } = await idOf(() => postToolsList(product.url, tokens.access_token))
    expect(line).toMatchObject({
      method: 'POST',
      route: '/mcp',
      status: '200',
      gatewayId: expect.any(String),
    })
    const [allowed] = await linesOf('authorizer', line.requestId)
    expect(allowed).toMatchObject({ event: 'authorize', outcome: 'ok' })
    expect(allowed?.grant).toMatch(/^grant-[0-9a-f]{12}$/)
    expect(await linesOf('mcp', line.requestId)).toMatchObject([
      { event: 'request', route: 'mcp', status: 200 },
    ])
  })

  test('a token that is refused, and a store that is down before it could be read', async () => {
    const { product, tokens } = running()
    const refused = await idOf(() => postToolsList(product.url, '0'.repeat(64)))
    expect(await linesOf('authorizer', refused.line.requestId)).toMatchObject([
      { event: 'authorize', outcome: 'refused' },
    ])
    product.dynamoDb.authorizer.fault = () => 'error'
    const down = await idOf(() => postToolsList(product.url, tokens.access_token))
    product.dynamoDb.authorizer.fault = undefined
    expect(await linesOf('authorizer', down.line.requestId)).toMatchObject([
      { event: 'unavailable', code: 'store' },
    ])
  })

  test('a page', async () => {
    const { product } = running()
    const { line } = await idOf(() => fetch(`${product.url}/oauth/connections`))
    expect(await linesOf('oauth', line.requestId)).toMatchObject([{ event: 'request', route: 'connections' }])
  })

  test('a client that sends text as its id gets none of it into our lines', async () => {
    const { product, tokens } = running()
    const chosen = 'my password is hunter2'
    const { line } = await idOf(() =>
      postToolsList(product.url, tokens.access_token, { 'x-amzn-RequestId': chosen }),
    )
    expect(line.requestId).toBe(chosen)
    // A line that comes after it is here.
    const later = await idOf(() => postToolsList(product.url, tokens.access_token))
    await linesOf('mcp', later.line.requestId)
    expect(product.output()).not.toContain('hunter2')
    expect(product.output()).not.toContain('dropped')
  })
})
