import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { createOpaqueToken, tokenId, unwrapSecret, type WrappedFields, wrapSecret } from '../src/index.ts'
import { openAnswer, sealAnswer } from '../src/repeatable-answer.ts'
import { createDeployment, form, ok } from './deployment.ts'

/** Every buffer that node:crypto gave back as a derived key or as opened text, and what keys were derived from. */
const seen = vi.hoisted((): { buffers: Uint8Array[]; materials: Uint8Array[] } => ({
  buffers: [],
  materials: [],
}))

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  return {
    ...crypto,
    hkdfSync: (...given: Parameters<typeof crypto.hkdfSync>) => {
      const key = crypto.hkdfSync(...given)
      seen.buffers.push(new Uint8Array(key))
      if (given[1] instanceof Uint8Array) seen.materials.push(given[1])
      return key
    },
    createDecipheriv: (...given: Parameters<typeof crypto.createDecipheriv>) => {
      const decipher = crypto.createDecipheriv(...given)
      const update = decipher.update.bind(decipher)
      return Object.assign(decipher, {
        update: (bytes: Uint8Array) => {
          const plain = update(bytes)
          seen.buffers.push(plain)
          return plain
        },
      })
    },
  }
})

const secret = randomBytes(32)
const token = createOpaqueToken()
const shared = {
  v: 1,
  id: tokenId(token),
  grantId: 'grant',
  generation: 3,
  clientId: 'client',
  scope: 'email:read',
  permission: 'read',
  resource: 'https://mail.example/mcp',
  issuedAt: 1,
  expiresAt: 2,
} as const
const rows: WrappedFields[] = [
  { ...shared, type: 'access' },
  { ...shared, type: 'link' },
  { ...shared, type: 'refresh', grantExpiresAt: 3, accessTokenId: 'a' },
  {
    ...shared,
    type: 'code',
    redirectUriHash: 'h',
    codeChallenge: 'c',
    grantExpiresAt: 3,
    accountIds: ['a', 'b'],
  },
]

/** Texts that a lenient decoder takes for the same bytes. */
function otherSpellings(text: string): string[] {
  const bytes = Buffer.from(text, 'base64url')
  const spareBits = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].map(
    (letter) => `${text.slice(0, -1)}${letter}`,
  )
  const all = [
    ...[`${text}=`, `${text}==`, `${text}\n`, ` ${text}`, `${text.slice(0, 9)}.${text.slice(9)}`],
    ...[`${text}=AAAA`, bytes.toString('base64'), text.replaceAll('-', '+'), text.replaceAll('_', '/')],
    ...spareBits,
  ]
  return all.filter((one) => one !== text && Buffer.from(one, 'base64url').equals(bytes))
}

describe('Token wraps', () => {
  test('id(t) is SHA-256 of "tid", NUL and the token', () => {
    expect(tokenId('0'.repeat(64))).toBe('5607300edfdfcc12bfad1296b2bfd3f798b5d4c23a883446d4ea66109ee061ba')
    expect(tokenId(token)).toMatch(/^[0-9a-f]{64}$/)
  })

  test.each(rows)('R24: a $type row opens as it was written and with nothing changed', (row) => {
    const wrap = wrapSecret(token, row, secret)
    expect(Buffer.from(unwrapSecret(token, Object.assign({ ...row }, { wrap })) ?? [])).toEqual(secret)
    for (const [name, value] of Object.entries(row)) {
      const changed = typeof value === 'number' ? value + 1 : typeof value === 'string' ? `${value}x` : ['a']
      const type = row.type === 'access' ? 'link' : 'access'
      const mutant = Object.assign({ ...row }, { wrap, [name]: name === 'type' ? type : changed })
      expect(unwrapSecret(token, mutant), name).toBeUndefined()
    }
    expect(unwrapSecret(createOpaqueToken(), Object.assign({ ...row }, { wrap }))).toBeUndefined()
  })

  test('R26: nonces differ, a short tag and a changed bit are refused', () => {
    const row = rows[0] as WrappedFields
    const wraps = Array.from({ length: 1000 }, () => wrapSecret(token, row, secret))
    expect(new Set(wraps.map((wrap) => wrap.slice(0, 16))).size).toBe(1000)
    const bytes = Buffer.from(wraps[0] ?? '', 'base64url')
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(unwrapSecret(token, { ...row, wrap: changed.toString('base64url') })).toBeUndefined()
    }
    for (const length of [0, 12, 16, 27, 48, 59]) {
      expect(
        unwrapSecret(token, { ...row, wrap: bytes.subarray(0, length).toString('base64url') }),
      ).toBeUndefined()
    }
  })

  test('R24: a wrap opens in the one spelling in which it was written', () => {
    const row = rows[0] as WrappedFields
    const wrap = wrapSecret(token, row, secret)
    const opens = (text: string) => unwrapSecret(token, { ...row, wrap: text }) !== undefined
    expect(opens(wrap)).toBe(true)
    for (const text of otherSpellings(wrap)) expect(opens(text), JSON.stringify(text)).toBe(false)
  })

  test('R24: a repeatable answer opens in the one spelling in which it was written', () => {
    const keys = [{ kid: 'k', key: randomBytes(32) }]
    const binding = { oldToken: token, grantId: 'g', refreshTokenId: 'r' }
    for (const answer of ['a', 'ab', 'abc']) {
      const sealed = sealAnswer(keys, binding, answer)
      expect(openAnswer(keys, binding, sealed)).toBe(answer)
      for (const text of otherSpellings(sealed.slice(2)))
        expect(openAnswer(keys, binding, `k.${text}`), JSON.stringify(text)).toBeUndefined()
    }
  })

  test('R29: a secret that was zeroed, or is not 32 bytes, is not wrapped', () => {
    expect(() => wrapSecret(token, rows[0] as WrappedFields, new Uint8Array(32))).toThrow()
    expect(() => wrapSecret(token, rows[0] as WrappedFields, randomBytes(16))).toThrow()
  })

  test('what opens is no Buffer: a `slice` of it is a copy', () => {
    const row = rows[0] as WrappedFields
    const opened = unwrapSecret(token, { ...row, wrap: wrapSecret(token, row, secret) })
    expect(opened).not.toBeInstanceOf(Buffer)
    const copy = opened?.slice()
    opened?.fill(0)
    expect(Buffer.from(copy ?? [])).toEqual(secret)
  })

  test('a repeatable answer opens with the old token and the handoff key, for its own row', () => {
    const keys = [{ kid: 'k', key: randomBytes(32) }]
    const binding = { oldToken: token, grantId: 'g', refreshTokenId: 'r' }
    const sealed = sealAnswer(keys, binding, '{"a":1}')
    expect(openAnswer(keys, binding, sealed)).toBe('{"a":1}')
    expect(openAnswer(keys, { ...binding, oldToken: createOpaqueToken() }, sealed)).toBeUndefined()
    expect(openAnswer(keys, { ...binding, grantId: 'h' }, sealed)).toBeUndefined()
    expect(openAnswer(keys, { ...binding, refreshTokenId: 's' }, sealed)).toBeUndefined()
    expect(openAnswer([{ kid: 'k', key: randomBytes(32) }], binding, sealed)).toBeUndefined()
    expect(openAnswer([{ kid: 'l', key: randomBytes(32) }], binding, sealed)).toBeUndefined()
  })
})

describe('R29: derived keys and opened secrets are zeroed', () => {
  const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0)
  beforeEach(() => {
    seen.buffers = []
    seen.materials = []
  })

  test('after a redemption, a refresh and a repeated answer', async () => {
    const deployment = createDeployment()
    const { tokens } = await deployment.connect()
    await ok(deployment.refresh(tokens.refresh_token))
    await ok(deployment.refresh(tokens.refresh_token))
    expect(seen.buffers.length).toBeGreaterThan(8)
    expect(seen.buffers.filter((bytes) => !isZero(bytes))).toEqual([])
    // The tokens themselves, as bytes.
    expect(seen.materials.length).toBeGreaterThan(4)
    expect(seen.materials.filter((bytes) => !isZero(bytes))).toEqual([])
  })

  test('when the store fails, or throws what nobody expects, at any write', async () => {
    for (const operation of [
      'createToken',
      'extendAccounts',
      'commitRedemption',
      'commitRefresh',
      'retireAccessToken',
    ]) {
      for (const name of ['StoreUnavailableError', 'Error']) {
        const deployment = createDeployment()
        const { tokens } = await deployment.connect()
        const { redemption } = await deployment.signIn()
        seen.buffers = []
        deployment.store.hooks.before = (one) => {
          if (one === operation) throw Object.assign(new Error(), { name })
        }
        await deployment.refresh(tokens.refresh_token).catch(() => undefined)
        await deployment.server.token(form('token', redemption)).catch(() => undefined)
        expect(seen.buffers.length).toBeGreaterThan(1)
        expect(seen.buffers.filter((bytes) => !isZero(bytes))).toEqual([])
      }
    }
  })

  test('when a row does not open', () => {
    const row = rows[0] as WrappedFields
    const changed: WrappedFields & { wrap?: string } = { ...row, expiresAt: 9 }
    changed.wrap = wrapSecret(token, row, secret)
    expect(unwrapSecret(token, changed)).toBeUndefined()
    expect(seen.buffers.length).toBe(3)
    expect([...seen.buffers, ...seen.materials].filter((bytes) => !isZero(bytes))).toEqual([])
  })
})
