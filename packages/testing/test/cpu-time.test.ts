/** Time by which linear work is told from other work, on a machine of any speed. */
import { expect, test } from 'vitest'
import { doKnownWork, knownMs, startCpuTime } from '../src/cpu-time.ts'

test('work of known cost is told to cost that, however busy the machine is', () => {
  const cpuMs = startCpuTime()
  for (let times = 0; times < 40; times++) doKnownWork()
  const told = cpuMs() / 40
  expect(told).toBeLessThan(2.5 * knownMs)
  // A faster machine takes less, but what is told never excuses everything.
  expect(told).toBeGreaterThan(knownMs / 10)
})
