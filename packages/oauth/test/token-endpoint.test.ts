import { beforeAll, describe, expect, test } from 'vitest'
import { claudeId, createDeployment, type Deployment, issuer, ok, problem } from './deployment.ts'

const formType = { 'Content-Type': 'application/x-www-form-urlencoded' }

describe('R11: the token endpoint takes one form with one meaning', () => {
  let deployment: Deployment
  let good: string
  beforeAll(async () => {
    deployment = createDeployment()
    good = new URLSearchParams((await deployment.signIn()).redemption).toString()
  })
  const ask = (init: RequestInit) =>
    deployment.server.token(new Request(`${issuer}/oauth/token`, { method: 'POST', ...init }))

  test.each([
    ['a parameter given twice', `&client_id=${encodeURIComponent(claudeId)}`, '400 invalid_request'],
    ['an unknown parameter given twice', '&x=1&x=1', '400 invalid_request'],
    ['a parameter given again without a value', '&code=', '400 invalid_request'],
    ['a broken escape', '&x=%zz', '400 invalid_request'],
    ['bytes that are not UTF-8', '&x=%ff', '400 invalid_request'],
    ['17 KB', `&x=${'x'.repeat(17_000)}`, '413 invalid_request'],
  ])('%s is refused', async (_, added, expected) => {
    expect(await problem(ask({ headers: formType, body: good + added }))).toBe(expected)
  })

  test.each([
    'application/json',
    'text/plain',
    'multipart/form-data',
    'application/x-www-form-urlencoded; charset=utf-16',
    'application/x-www-form-urlencoded-evil',
  ])('the content type %s is refused', async (type) => {
    expect(await problem(ask({ headers: { 'Content-Type': type }, body: good }))).toBe('400 invalid_request')
  })

  test('raw bytes that are not UTF-8 are refused', async () => {
    const body = Buffer.concat([Buffer.from(`${good}&x=`), Buffer.from([0xff, 0xfe])])
    expect(await problem(ask({ headers: formType, body }))).toBe('400 invalid_request')
  })

  test('a body that breaks off is refused', async () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new Error('reset'))
      },
    })
    const init = { headers: formType, body, duplex: 'half' } as RequestInit
    expect(await problem(ask(init))).toBe('400 invalid_request')
  })

  test('a body without end is not read past 16 KB', async () => {
    let pieces = 0
    const body = new ReadableStream({
      pull(controller) {
        pieces += 1
        if (pieces > 1_000) controller.close()
        else controller.enqueue(new Uint8Array(1024).fill(0x78))
      },
    })
    const init = { headers: formType, body, duplex: 'half' } as RequestInit
    expect(await problem(ask(init))).toBe('413 invalid_request')
    expect(pieces).toBeLessThan(50)
  })

  test.each(['GET', 'PUT', 'DELETE'])(
    '%s is answered with 405 and what is allowed [oauth21-3.2]',
    async (method) => {
      for (const endpoint of ['token', 'revoke', 'register'] as const) {
        const response = await deployment.server[endpoint](
          new Request(`${issuer}/oauth/${endpoint}`, { method }),
        )
        expect(response.headers.get('allow')).toBe('POST')
        expect(await problem(response)).toBe('405 invalid_request')
      }
    },
  )

  test('none of all that has consumed the code', async () => {
    await ok(
      ask({ headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' }, body: good }),
    )
  })
})
