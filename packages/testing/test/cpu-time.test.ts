/** Time by which linear work is told from other work, on a machine of any speed. */
import { expect, test } from 'vitest'
import { doKnownWork, knownMs, leastCpuMs, startCpuTime } from '../src/cpu-time.ts'

test('work of known cost is told to cost that, however busy the machine is', () => {
  const cpuMs = startCpuTime()
  for (let times = 0; times < 40; times++) doKnownWork()
  const told = cpuMs() / 40
  expect(told).toBeLessThan(2.5 * knownMs)
  // A faster machine takes less, but what is told never excuses everything.
  expect(told).toBeGreaterThan(knownMs / 10)
})

test('what is slow once is excused, what is slow every time is not', async () => {
  const bound = 10 * knownMs
  let tries = 0
  const work = (slowTries: number) => () => {
    const times = tries < slowTries ? 60 : 1
    tries += 1
    for (let time = 0; time < times; time++) doKnownWork()
  }
  expect(await leastCpuMs(bound, work(1))).toBeLessThan(bound)
  expect(tries).toBe(2)
  tries = 0
  expect(await leastCpuMs(bound, work(3))).toBeGreaterThan(bound)
  expect(tries).toBe(3)
})
