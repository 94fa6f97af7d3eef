import { expect, test } from 'vitest'
import { createCanaries } from './secrets.ts'

test.each([
  ['text', (secret: string) => `{"x":"${secret}"}`],
  ['text in other case', (secret: string) => `x ${secret.toUpperCase()} x`],
  ['percent-encoding', (secret: string) => `/?p=${encodeURIComponent(secret)}`],
  ['hex', (secret: string) => Buffer.from(`a${secret}`).toString('hex')],
  ['base64', (secret: string) => Buffer.from(`ab${secret}cd`).toString('base64')],
  ['base64url', (secret: string) => Buffer.from(`a${secret}`).toString('base64url')],
])('a canary is found as %s, and only where it is', (_name, disguise) => {
  const canaries = createCanaries()
  canaries.add('password', 'wonder?land & 1>')
  canaries.add('token', null, undefined, '')
  expect(canaries.foundIn(disguise('wonder?land & 1>')).length).toBeGreaterThan(0)
  expect(canaries.foundIn(disguise('some other text'))).toEqual([])
  expect(canaries.count()).toBe(1)
})
