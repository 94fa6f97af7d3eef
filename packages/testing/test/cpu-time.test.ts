/** Time by which linear work is told from other work, on a machine of any speed. */
import { expect, test } from 'vitest'
import { doKnownWork, knownMs, startCpuTime } from '../src/cpu-time.ts'

test('work of known cost is told to cost that, however busy the machine is', () => {
  const cpuMs = startCpuTime()
  for (let times = 0; times < 40; times++) doKnownWork()
  expect(cpuMs() / 40).toBeLessThan(2.5 * knownMs)
})
