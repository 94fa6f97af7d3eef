/** What every OnceStore must do. */
import { describe, expect, test } from 'vitest'
import type { Stores } from '../../src/store/stores.ts'
import { newId, now, race } from './builders.ts'

export function describeOnceStore(name: string, open: () => Stores): void {
  describe(`${name}: once`, () => {
    const reservation = (attempt: string) => ({ attempt, deadline: now + 30, expiresAt: now + 3600 })
    const settlement = {
      state: 'sent',
      sealedOutcome: 'outcome',
      settledAt: now,
      expiresAt: now + 86_400,
    } as const

    test('R42: 50 events at the same time are counted as 50, each with its own number', async () => {
      const { once } = open()
      const key = newId()
      const numbers = await race(() => once.count(key, 900, now))
      expect([...numbers.keys()].sort((a, b) => a - b)).toEqual(
        Array.from({ length: 50 }, (_, index) => index + 1),
      )
      expect(await once.count(key, 900, now)).toBe(51)
    })

    test('R42: what is taken off while others count is missing from the sum, and from nothing else', async () => {
      const { once } = open()
      const key = newId()
      await Promise.all(
        Array.from({ length: 40 }, (_, index) => once.count(key, 900, now, index % 4 === 0 ? -1 : 1)),
      )
      expect(await once.count(key, 900, now, -1)).toBe(19)
      expect(await once.count(key, 900, now + 900)).toBe(1)
    })

    test('windows and keys are counted apart', async () => {
      const { once } = open()
      const key = newId()
      for (let times = 1; times <= 2; times += 1) {
        expect(await once.count(key, 900, now)).toBe(times)
        expect(await once.count(key, 900, now + 900)).toBe(times)
        expect(await once.count(key, 3600, now)).toBe(times)
        expect(await once.count(`${key}0`, 900, now)).toBe(times)
      }
    })

    test('R42: of 50 at the same time with ten names, ten are counted; a name that comes again adds nothing', async () => {
      const { once } = open()
      const key = newId()
      const numbers = await race((index) => once.countDistinct(key, `name ${index % 10}`, 900, now))
      expect(Math.max(...numbers.keys())).toBe(10)
      expect(await once.countDistinct(key, 'name 3', 900, now)).toBe(10)
      expect(await once.countDistinct(key, 'another', 900, now)).toBe(11)
      expect(await once.countDistinct(key, 'name 3', 900, now + 900)).toBe(1)
    })

    test('R55: a send is reserved by one of 50; the others see who holds it', async () => {
      const { once } = open()
      const key = newId()
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => once.reserveSend(key, reservation(`attempt ${index}`), now)),
      )
      expect(answers.filter(({ outcome }) => outcome === 'reserved')).toHaveLength(1)
      const holder = answers.findIndex(({ outcome }) => outcome === 'reserved')
      for (const answer of answers.filter((_, index) => index !== holder)) {
        expect(answer).toEqual({
          outcome: 'held',
          row: { ...reservation(`attempt ${holder}`), state: 'reserved' },
        })
      }
    })

    test('R55: a row that was seen is replaced by one of 50, and who held it may not go on', async () => {
      const { once } = open()
      const key = newId()
      await once.reserveSend(key, reservation('first'), now)
      const seen = await once.findSend(key, now)
      expect(seen).toEqual({ ...reservation('first'), state: 'reserved' })
      const outcomes = await race(async (index) => {
        const { outcome } = await once.reserveSend(key, reservation(`late ${index}`), now, seen)
        return outcome
      })
      expect(outcomes).toEqual(
        new Map([
          ['reserved', 1],
          ['held', 49],
        ]),
      )
      expect(await once.enterData(key, 'first', now + 90)).toBe('refused')
      expect(await once.settleSend(key, 'first', settlement)).toBe('refused')
    })

    test('R55: a settled row is replaced as it was seen, with nothing of it left', async () => {
      const { once } = open()
      const key = newId()
      await once.reserveSend(key, { ...reservation('first'), content: 'row' }, now)
      await once.settleSend(key, 'first', settlement)
      const seen = await once.findSend(key, now)
      expect(seen).toEqual({ ...reservation('first'), content: 'row', ...settlement })
      expect(await once.reserveSend(key, reservation('second'), now)).toEqual({ outcome: 'held', row: seen })
      expect(await once.reserveSend(key, reservation('second'), now, seen)).toEqual({ outcome: 'reserved' })
      expect(await once.findSend(key, now)).toEqual({ ...reservation('second'), state: 'reserved' })
    })

    test('R55: a row that moved on since it was seen is not replaced', async () => {
      const { once } = open()
      const key = newId()
      await once.reserveSend(key, reservation('first'), now)
      const seen = await once.findSend(key, now)
      await once.settleSend(key, 'first', settlement)
      expect(await once.reserveSend(key, reservation('second'), now, seen)).toMatchObject({
        outcome: 'held',
        row: { state: 'sent', attempt: 'first' },
      })
    })

    test('R56: once in DATA nobody takes over, however late', async () => {
      const { once } = open()
      const key = newId()
      await once.reserveSend(key, reservation('first'), now)
      expect(await once.enterData(key, 'first', now + 60)).toBe('entered')
      expect(await once.enterData(key, 'first', now + 60)).toBe('refused')
      expect(await once.reserveSend(key, reservation('second'), now + 600)).toEqual({
        outcome: 'held',
        row: { ...reservation('first'), state: 'data', deadline: now + 60 },
      })
      await once.releaseSend(key, 'first')
      const seen = await once.findSend(key, now)
      expect(seen).toMatchObject({ state: 'data', deadline: now + 60 })
      expect(await once.reserveSend(key, reservation('second'), now + 600, seen)).toMatchObject({
        outcome: 'held',
      })
    })

    test('a settled send stays settled and is answered with its outcome', async () => {
      const { once } = open()
      const key = newId()
      await once.reserveSend(key, reservation('first'), now)
      await once.enterData(key, 'first', now + 60)
      const outcomes = await race(() => once.settleSend(key, 'first', settlement))
      expect(outcomes).toEqual(
        new Map([
          ['settled', 1],
          ['refused', 49],
        ]),
      )
      expect(await once.reserveSend(key, reservation('second'), now + 600)).toMatchObject({
        outcome: 'held',
        row: { ...settlement, attempt: 'first' },
      })
    })

    test('a send may be settled without DATA, and freed by who holds it', async () => {
      const { once } = open()
      const [settled, freed] = [newId(), newId()]
      await once.reserveSend(settled, reservation('first'), now)
      expect(await once.settleSend(settled, 'first', { ...settlement, state: 'rejected' })).toBe('settled')
      await once.reserveSend(freed, { ...reservation('first'), content: 'row' }, now)
      await once.releaseSend(freed, 'second')
      expect(await once.findSend(freed, now)).toMatchObject({ deadline: now + 30, content: 'row' })
      await once.releaseSend(freed, 'first')
      // The row stays: whoever comes next can tell that the key was seen before.
      const seen = await once.findSend(freed, now)
      expect(seen).toEqual({ ...reservation('first'), deadline: 0, state: 'reserved' })
      expect(await once.reserveSend(freed, reservation('second'), now)).toEqual({
        outcome: 'held',
        row: seen,
      })
      expect(await once.reserveSend(freed, reservation('second'), now, seen)).toEqual({ outcome: 'reserved' })
      await once.releaseSend(newId(), 'first')
    })

    test('R31: a send row past its expiry holds nothing', async () => {
      const { once } = open()
      const key = newId()
      await once.reserveSend(key, reservation('first'), now)
      await once.settleSend(key, 'first', { ...settlement, expiresAt: now + 100 })
      expect(await once.reserveSend(key, reservation('second'), now + 99)).toMatchObject({ outcome: 'held' })
      expect(await once.findSend(key, now + 99)).toMatchObject({ attempt: 'first' })
      expect(await once.findSend(key, now + 100)).toBeUndefined()
      expect(await once.reserveSend(key, reservation('second'), now + 100)).toEqual({ outcome: 'reserved' })
    })

    test('R52: a thing is used by one of 50', async () => {
      const { once } = open()
      const key = newId()
      expect(await race(() => once.useOnce(key, now + 300))).toEqual(
        new Map([
          [true, 1],
          [false, 49],
        ]),
      )
    })
  })
}
