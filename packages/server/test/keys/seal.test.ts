/** The one form of sealing, and what is built on it: records and hints. */
import { createCipheriv, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openRecord, type RecordContext, sealRecord } from '../../src/keys/record.ts'
import { canonical, deriveKey, fromText, open, SealBrokenError, seal, toText } from '../../src/keys/seal.ts'
import { createHintCipher } from '../../src/keys/token-cipher.ts'
import { type CryptoSpy, isSameMemory, isZeroed, spyOnCrypto } from './crypto-spy.ts'

const secret = () => new Uint8Array(randomBytes(32))
const bytes = (text: string) => new Uint8Array(Buffer.from(text))
const formOne: RecordContext = {
  version: 1,
  grantId: 'grant',
  accountId: 'account',
  credentialVersion: 1,
  issuer: 'http://localhost:8993',
  clientId: 'client',
  permission: 'read',
  resource: 'http://localhost:8993/mcp',
  absoluteExpiresAt: 1_800_000_000,
}

describe('sealing', () => {
  test('R24: a sealed text opens with its key and associated parts; any changed bit anywhere breaks it', () => {
    const key = secret()
    const sealed = seal(key, bytes('plain'), bytes('associated'))
    expect(Buffer.from(open(key, sealed, bytes('associated'))).toString()).toBe('plain')
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = sealed.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => open(key, changed, bytes('associated'))).toThrow(SealBrokenError)
    }
    expect(() => open(key, sealed, bytes('associatee'))).toThrow(SealBrokenError)
    expect(() => open(secret(), sealed, bytes('associated'))).toThrow(SealBrokenError)
  })

  test('what opens is no Buffer: a `slice` of it is a copy', () => {
    const key = secret()
    const opened = open(key, seal(key, bytes('plain'), bytes('a')), bytes('a'))
    expect(opened).not.toBeInstanceOf(Buffer)
    const copy = opened.slice()
    opened.fill(0)
    expect(Buffer.from(copy).toString()).toBe('plain')
  })

  test('R26: a genuine tag cut to any shorter length is refused', () => {
    const key = secret()
    const nonce = randomBytes(12)
    for (const authTagLength of [4, 8, 12, 13, 14, 15]) {
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength })
      const body = Buffer.concat([cipher.update('plain'), cipher.final()])
      const cut = Buffer.concat([nonce, body, cipher.getAuthTag()])
      expect(() => open(key, cut, new Uint8Array())).toThrow(SealBrokenError)
    }
    for (let length = 0; length < 28; length += 1) {
      expect(() => open(key, new Uint8Array(length), new Uint8Array())).toThrow(SealBrokenError)
    }
  })

  test('R26: no nonce comes twice in 20,000 seals of one text', () => {
    const key = secret()
    const nonces = new Set<string>()
    for (let count = 0; count < 20_000; count += 1) {
      nonces.add(toText(seal(key, new Uint8Array(), new Uint8Array()).subarray(0, 12)))
    }
    expect(nonces.size).toBe(20_000)
  })

  test('R24: two different lists of parts never have the same canonical bytes', () => {
    const lists = fc.array(fc.string({ maxLength: 4 }), { maxLength: 4 })
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        const same = toText(canonical(a)) === toText(canonical(b))
        expect(same).toBe(JSON.stringify(a) === JSON.stringify(b))
      }),
    )
    expect(canonical(['ab', 'c'])).not.toEqual(canonical(['a', 'bc']))
  })

  test('R24: one text per value: a character changed in padding bits, or added, is refused', () => {
    expect(fromText(toText(bytes('a')))).toEqual(Buffer.from('a'))
    for (const malleated of ['YR', 'YQ==', 'YQ ', 'Y!Q', '+/8', ' YQ']) {
      expect(() => fromText(malleated)).toThrow(SealBrokenError)
    }
  })

  test('R29: a secret that was zeroed seals nothing any more', () => {
    expect(() => deriveKey(new Uint8Array(32), new Uint8Array(), 'hint')).toThrow('zeroed')
    expect(() => deriveKey(new Uint8Array(31).fill(1), new Uint8Array(), 'hint')).toThrow('missing')
  })
})

describe.each([1, 2])('records of form %i', (version) => {
  const context = { ...formOne, version }
  /** Form 2 takes its keys from the account's own secret, made first. */
  const derivations = version
  const dataKey = secret()
  const owner = secret()
  const sealed = () => sealRecord(bytes('{"login":"a"}'), owner, Uint8Array.from(dataKey), context)

  test('R23: a record opens only with the secret and the data key together', () => {
    const record = sealed()
    expect(Buffer.from(openRecord(record, owner, Uint8Array.from(dataKey), context)).toString()).toBe(
      '{"login":"a"}',
    )
    expect(() => openRecord(record, secret(), Uint8Array.from(dataKey), context)).toThrow('another key')
    expect(() => openRecord(record, owner, secret(), context)).toThrow('another key')
  })

  test.each(Object.keys(formOne) as (keyof RecordContext)[])(
    'R24: with another %s it does not open',
    (name) => {
      const value = context[name]
      const changed = { ...context, [name]: typeof value === 'number' ? value + 1 : `${value}x` }
      expect(() => openRecord(sealed(), owner, Uint8Array.from(dataKey), changed)).toThrow(
        expect.objectContaining({ name: 'KeyRefusedError' }),
      )
    },
  )

  test('R26: the commitment is compared before anything is decrypted', () => {
    const record = sealed()
    const other = sealRecord(bytes('{}'), owner, secret(), context)
    const spy = spyOnCrypto()
    try {
      const mixed = { ...record, commitment: other.commitment }
      expect(() => openRecord(mixed, owner, Uint8Array.from(dataKey), context)).toThrow('another key')
      // The commitment's own derivation and nothing else: no record key, no plain text.
      expect(spy.buffers).toHaveLength(derivations)
    } finally {
      spy.restore()
    }
    for (const commitment of ['', record.commitment.slice(2), `${record.commitment}AA`]) {
      expect(() => openRecord({ ...record, commitment }, owner, Uint8Array.from(dataKey), context)).toThrow(
        expect.objectContaining({ name: 'KeyRefusedError' }),
      )
    }
  })

  describe('R29: every key and plain text is zeroed', () => {
    let spy: CryptoSpy
    beforeEach(() => {
      spy = spyOnCrypto()
    })
    afterEach(() => spy.restore())

    test('after sealing', () => {
      const plain = bytes('plain')
      const key = Uint8Array.from(dataKey)
      sealRecord(plain, owner, key, context)
      expect(spy.buffers).toHaveLength(2 * derivations)
      for (const buffer of [...spy.buffers, plain, key]) expect(isZeroed(buffer)).toBe(true)
      expect(isZeroed(owner)).toBe(false)
    })

    test('after opening; the plain text is its receiver’s', () => {
      const record = sealed()
      spy.buffers.length = 0
      const key = Uint8Array.from(dataKey)
      const plain = openRecord(record, owner, key, context)
      const others = spy.buffers.filter((buffer) => !isSameMemory(buffer, plain))
      expect(others).toHaveLength(2 * derivations)
      for (const buffer of [...others, key]) expect(isZeroed(buffer)).toBe(true)
    })

    test.each([
      ['a wrong commitment', { commitment: toText(secret()) }, {}],
      ['a broken text', { sealed: toText(secret()) }, {}],
      ['text that is not base64url', { sealed: '!' }, {}],
      ['another context', {}, { permission: 'send' }],
    ])('after refusing %s', (_, record, changed) => {
      const genuine = sealed()
      spy.buffers.length = 0
      const key = Uint8Array.from(dataKey)
      expect(() => openRecord({ ...genuine, ...record }, owner, key, { ...context, ...changed })).toThrow()
      expect(spy.buffers.length).toBeGreaterThan(0)
      for (const buffer of [...spy.buffers, key]) expect(isZeroed(buffer)).toBe(true)
    })

    test('after a hint, opened or refused', () => {
      const cipher = createHintCipher(owner)
      const hint = cipher.seal('memory/a', 'grant', bytes('plain'))
      const plain = cipher.open('memory/a', 'grant', hint)
      expect(() => cipher.open('memory/a', 'other', hint)).toThrow(SealBrokenError)
      for (const buffer of spy.buffers.filter((one) => !isSameMemory(one, plain)))
        expect(isZeroed(buffer)).toBe(true)
    })
  })
})

describe('hints', () => {
  test('R24: a hint opens for its purpose, grant and secret only', () => {
    const owner = secret()
    const cipher = createHintCipher(owner)
    const sealed = cipher.seal('memory/a', 'grant', bytes('folders'))
    expect(Buffer.from(cipher.open('memory/a', 'grant', sealed)).toString()).toBe('folders')
    expect(() => cipher.open('memory/b', 'grant', sealed)).toThrow(SealBrokenError)
    expect(() => cipher.open('memory/a', 'tnarg', sealed)).toThrow(SealBrokenError)
    expect(() => createHintCipher(secret()).open('memory/a', 'grant', sealed)).toThrow(SealBrokenError)
  })

  test('R29: after the request’s secret was zeroed its cipher neither seals nor opens', () => {
    const owner = secret()
    const cipher = createHintCipher(owner)
    const sealed = cipher.seal('session', 'grant', bytes('x'))
    owner.fill(0)
    expect(() => cipher.seal('session', 'grant', bytes('x'))).toThrow('zeroed')
    expect(() => cipher.open('session', 'grant', sealed)).toThrow('zeroed')
  })
})
