/** What a request and an answer are on their way through API Gateway: nothing is lost, joined or decoded twice. */
import { describe, expect, test } from 'vitest'
import { type HttpEvent, type RestEvent, toGatewayResult, toRequest } from '../../src/lambda/gateway-event.ts'

const publicUrl = 'https://mail.example'
const { signal } = new AbortController()

const restEvent = (given: Partial<RestEvent>): RestEvent => ({
  httpMethod: 'GET',
  path: '/oauth/authorize',
  requestContext: { identity: { sourceIp: '192.0.2.7' } },
  ...given,
})

const httpEvent = (given: Partial<HttpEvent>): HttpEvent => ({
  version: '2.0',
  rawPath: '/oauth/token',
  rawQueryString: '',
  headers: {},
  requestContext: { http: { method: 'POST', sourceIp: '192.0.2.7' } },
  ...given,
})

describe('the event of a REST API', () => {
  test('keeps a parameter that was sent twice, and what the gateway decoded', () => {
    const { request, ip } = toRequest(
      restEvent({
        multiValueQueryStringParameters: { scope: ['a b', 'c&d=é'], state: ['+'], none: undefined },
      }),
      publicUrl,
      signal,
    )
    const url = new URL(request.url)
    expect(`${url.origin}${url.pathname}`).toBe('https://mail.example/oauth/authorize')
    expect([...url.searchParams]).toEqual([
      ['scope', 'a b'],
      ['scope', 'c&d=é'],
      ['state', '+'],
    ])
    expect(ip).toBe('192.0.2.7')
  })

  test('joins a header that was sent twice, and is built on no Host header', () => {
    const { request } = toRequest(
      restEvent({ multiValueHeaders: { Authorization: ['Bearer a', 'Bearer b'], Host: ['evil.example'] } }),
      publicUrl,
      signal,
    )
    expect(request.headers.get('authorization')).toBe('Bearer a, Bearer b')
    expect(new URL(request.url).host).toBe('mail.example')
  })

  test.each([
    ['as text', 'grüße', false],
    ['in base64', Buffer.from('grüße').toString('base64'), true],
  ])('has its body %s', async (_, body, isBase64Encoded) => {
    const { request } = toRequest(restEvent({ httpMethod: 'POST', body, isBase64Encoded }), publicUrl, signal)
    expect(await request.text()).toBe('grüße')
  })

  test.each(['GET', 'HEAD'])('has no body with %s', (httpMethod) => {
    expect(toRequest(restEvent({ httpMethod, body: 'x' }), publicUrl, signal).request.body).toBeNull()
  })
})

test('the event of an HTTP API keeps its query as it was sent, and its cookies', () => {
  const event = httpEvent({
    rawQueryString: 'a=1&a=%2B',
    headers: { Accept: '*/*' },
    cookies: ['a=1', 'b=2'],
  })
  const { request } = toRequest(event, publicUrl, signal)
  expect(request.url).toBe('https://mail.example/oauth/token?a=1&a=%2B')
  expect(request.headers.get('cookie')).toBe('a=1; b=2')
})

describe('an answer', () => {
  const cookies = ['a=1; Path=/', 'b=2; Path=/']
  const answer = (type: string, body: string | Uint8Array<ArrayBuffer>) => {
    const headers = new Headers({ 'Content-Type': type })
    for (const cookie of cookies) headers.append('Set-Cookie', cookie)
    return new Response(body, { status: 201, headers })
  }

  test.each(['text/html; charset=utf-8', 'application/json', 'application/problem+json'])(
    'of %s goes out as text',
    async (type) => {
      expect(await toGatewayResult(restEvent({}), answer(type, 'grüße'))).toEqual({
        statusCode: 201,
        body: 'grüße',
        isBase64Encoded: false,
        multiValueHeaders: { 'content-type': [type], 'set-cookie': cookies },
      })
    },
  )

  test('of any other type goes out in base64', async () => {
    const bytes = Uint8Array.of(0, 255, 128)
    expect(await toGatewayResult(httpEvent({}), answer('application/pdf', bytes))).toEqual({
      statusCode: 201,
      body: 'AP+A',
      isBase64Encoded: true,
      headers: { 'content-type': 'application/pdf' },
      cookies,
    })
  })
})
