/** The bytes of an undo: whatever the steps are they come back, and what is no undo is none. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeUndo, encodeUndo } from '../../src/wire/undo-steps.ts'

const uid = fc.integer({ min: 1, max: 0xffff_ffff })
const names = fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 4 })
const where = {
  mailbox: fc.oneof(fc.constant('INBOX'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 })),
  uidValidity: uid.map(String),
}
const ascending = fc.uniqueArray(uid, { minLength: 1, maxLength: 40 }).map((all) => all.sort((a, b) => a - b))
const step = fc.oneof(
  fc.record({ kind: fc.constant('flags' as const), ...where, uids: ascending, add: names, remove: names }),
  fc
    .record({
      kind: fc.constant('move' as const),
      ...where,
      uids: ascending,
      from: fc.array(uid, { minLength: 40, maxLength: 40 }),
      to: where.mailbox,
      labels: names,
    })
    .map((move) => ({ ...move, from: move.from.slice(0, move.uids.length) })),
)
const undo = fc.record({
  at: fc.integer({ min: 0, max: 0xffff_ffff }),
  accounts: fc.array(
    fc.record({
      accountTag: fc
        .uint8Array({ minLength: 4, maxLength: 4 })
        .map((bytes) => Buffer.from(bytes).toString('hex')),
      steps: fc.array(step, { maxLength: 5 }),
    }),
    { maxLength: 3 },
  ),
})

describe('the steps of an undo', () => {
  test('R89: every undo comes back as it was', () => {
    fc.assert(
      fc.property(undo, (one) => {
        expect(decodeUndo(encodeUndo(one))).toEqual(one)
      }),
    )
  })

  test('cut, lengthened or changed bytes never throw and never name a crowd of messages', () => {
    const check = (one: Parameters<typeof encodeUndo>[0], at: number, byte: number) => {
      const bytes = encodeUndo(one)
      const changed = Buffer.from(bytes)
      changed[at % bytes.length] = byte
      const cut = bytes.subarray(0, at % bytes.length)
      for (const odd of [changed, cut, Buffer.concat([bytes, Buffer.of(byte)])]) {
        const steps = decodeUndo(odd)?.accounts.flatMap((account) => account.steps) ?? []
        for (const { uids } of steps) expect(uids.length).toBeLessThanOrEqual(10_000)
      }
      expect(decodeUndo(Buffer.concat([bytes, Buffer.of(byte)]))).toBeUndefined()
    }
    fc.assert(fc.property(undo, fc.nat(), fc.nat(255), check))
  })

  test('one email is some thirty bytes, and two thousand scattered ones stay far below a row', () => {
    const flags = {
      kind: 'flags' as const,
      mailbox: 'INBOX',
      uidValidity: '1764230000',
      add: [],
      remove: ['\\Seen'],
    }
    const sizeOf = (uids: number[]) =>
      encodeUndo({ at: 1_764_230_000, accounts: [{ accountTag: '0a1b2c3d', steps: [{ ...flags, uids }] }] })
        .length
    expect(sizeOf([4_711])).toBeLessThanOrEqual(36)
    expect(sizeOf(Array.from({ length: 2_000 }, (_, at) => 3_000_000 + 150 * at))).toBeLessThan(16_000)
  })
})
