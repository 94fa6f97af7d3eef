/** What every OnceStore must do. */
import { describe, expect, test } from 'vitest'
import type { Budget, BudgetOutcome } from '../../src/store/once-store.ts'
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

    test('looking at a count adds nothing', async () => {
      const { once } = open()
      const key = newId()
      expect(await once.count(key, 900, now, 0)).toBe(0)
      await once.count(key, 900, now)
      expect(await once.count(key, 900, now, 0)).toBe(1)
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

    const budget = (more: Partial<Budget> = {}): Budget => ({
      key: newId(),
      windowSeconds: 900,
      events: 5,
      ...more,
    })
    const outcomes = (answers: readonly BudgetOutcome[]) => answers.map(({ outcome }) => outcome)
    /** One after the other. */
    const take = async (from: Budget, names: readonly string[], at = now) => {
      const answers: BudgetOutcome[] = []
      for (const name of names) answers.push(await open().once.takeFrom(from, name, at))
      return answers
    }

    test('R42: of 50 at the same time as many take from a budget as it has; its next window is full again', async () => {
      const { once } = open()
      const five = budget()
      const numbers = await race(async () => (await once.takeFrom(five, 'one', now)).outcome)
      expect(numbers).toEqual(
        new Map([
          ['taken', 5],
          ['refused', 45],
        ]),
      )
      expect(outcomes(await take(five, ['one'], now + 900))).toEqual(['taken'])
    })

    test('R42: what is given back can be taken by another; what was refused took nothing', async () => {
      const { once } = open()
      const five = budget()
      await take(five, ['a', 'a', 'b', 'b', 'c', 'd', 'd'])
      await once.giveBack(five, now, 'c')
      await once.giveBack(five, now, 'a')
      expect(await take(five, ['e', 'f', 'g'])).toEqual([
        { outcome: 'taken', earlier: ['b'] },
        { outcome: 'taken', earlier: expect.toSatisfy((names: string[]) => names.length === 2) },
        { outcome: 'refused' },
      ])
    })

    test('R42: an event can be given back while its member stays', async () => {
      const { once } = open()
      const forTwo = budget({ members: 2, events: 2 })
      await take(forTwo, ['a', 'b'])
      await once.giveBack(forTwo, now)
      expect(outcomes(await take(forTwo, ['c', 'a', 'b']))).toEqual(['refused', 'taken', 'refused'])
    })

    test('R42: what is given back late goes to the window it was taken from', async () => {
      const { once } = open()
      const one = budget({ events: 1 })
      await take(one, ['a'])
      await once.giveBack(one, now, 'a')
      expect(outcomes(await take(one, ['a', 'b'], now + 900))).toEqual(['taken', 'refused'])
      expect(outcomes(await take(one, ['a', 'b'], now))).toEqual(['taken', 'refused'])
    })

    test('R42: a budget with places for two members serves those two, and no third', async () => {
      const { once } = open()
      const forTwo = budget({ events: 6, members: 2 })
      const names = ['a', 'b', 'c', 'a', 'c', 'b']
      expect(outcomes(await take(forTwo, names))).toEqual([
        ...['taken', 'taken', 'refused', 'taken', 'refused', 'taken'],
      ])
      await once.giveBack(forTwo, now, 'a')
      expect(await take(forTwo, ['c', 'a'])).toEqual([
        { outcome: 'taken', earlier: ['b'] },
        { outcome: 'refused' },
      ])
      expect(outcomes(await take(forTwo, ['b', 'c', 'b', 'c']))).toEqual([
        ...['taken', 'taken', 'refused', 'refused'],
      ])
    })

    test('R42: events that count 15 minutes are forgotten after them; the members of the hour are not', async () => {
      const { once } = open()
      const hour = budget({ windowSeconds: 3600, events: 2, eventsSeconds: 900, members: 2 })
      const start = now - (now % 3600)
      const at = (seconds: number, ...names: string[]) => take(hour, names, start + seconds)
      expect(outcomes(await at(100, 'a', 'b', 'a'))).toEqual(['taken', 'taken', 'refused'])
      expect(outcomes(await at(999, 'a'))).toEqual(['refused'])
      expect(await at(1000, 'c', 'a')).toEqual([
        { outcome: 'refused' },
        { outcome: 'taken', earlier: expect.toSatisfy((names: string[]) => names.length === 2) },
      ])
      // One of the first two comes back too late to count.
      await once.giveBack(hour, start + 100, 'a')
      expect(outcomes(await at(1500, 'b', 'b'))).toEqual(['taken', 'refused'])
      const race50 = await race(async () => (await once.takeFrom(hour, 'a', start + 2000)).outcome)
      expect(race50).toEqual(
        new Map([
          ['taken', 2],
          ['refused', 48],
        ]),
      )
    })

    test('R91: past its events a budget serves newcomers, once each, up to its second bound', async () => {
      const open = budget({ events: 2, eventsWithNewcomers: 4 })
      expect(outcomes(await take(open, ['a', 'a', 'a', 'b', 'b', 'c', 'd', 'a']))).toEqual([
        ...['taken', 'taken', 'refused', 'taken', 'refused', 'taken', 'refused', 'refused'],
      ])
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
      // The row stays: the next caller can tell that the key was seen before.
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

    test('R31: the state of a page is found until it expires, and made once', async () => {
      const { once } = open()
      const id = newId()
      expect(await once.findPageState(id, now)).toBeUndefined()
      await once.createPageState(id, { sealed: 'sealed', expiresAt: now + 9 })
      await expect(once.createPageState(id, { sealed: 'other', expiresAt: now + 9 })).rejects.toThrow(
        'exists',
      )
      expect(await once.findPageState(id, now + 8)).toBe('sealed')
      expect(await once.findPageState(id, now + 9)).toBeUndefined()
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

    test('an undo is kept until it expires, and no second one takes its name', async () => {
      const { once } = open()
      const id = newId()
      expect(await once.findUndo(id, now)).toBeUndefined()
      const row = { sealedSteps: 'x'.repeat(64 * 1024), expiresAt: now + 60 }
      await once.keepUndo(id, row)
      expect(await once.findUndo(id, now)).toEqual(row)
      expect(await once.findUndo(id, now)).toEqual(row)
      await expect(once.keepUndo(id, { ...row, sealedSteps: 'other' })).rejects.toThrow('exists')
      expect(await once.findUndo(id, now)).toEqual(row)
      expect(await once.findUndo(newId(), now)).toBeUndefined()
      expect(await once.findUndo(id, now + 60)).toBeUndefined()
    })
  })
}
