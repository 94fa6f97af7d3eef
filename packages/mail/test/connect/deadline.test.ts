/** One deadline around a call: the caller's signal counts as much, and nothing is left behind. */
import { describe, expect, test } from 'vitest'
import { withDeadline } from '../../src/connect/deadline.ts'

const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })

describe('R58: a call with a deadline', () => {
  test('leaves no timer behind that would keep a process alive, however it ends', async () => {
    const before = timers()
    const failure = new Error('refused')
    expect(await withDeadline({ deadlineMs: 600_000 }, async () => timers() - before)).toBe(1)
    expect(timers()).toBe(before)
    await expect(withDeadline({ deadlineMs: 600_000 }, () => Promise.reject(failure))).rejects.toBe(failure)
    expect(timers()).toBe(before)
  })

  test('ends at the deadline, also where the caller has a signal of its own', async () => {
    const { signal } = new AbortController()
    for (const deps of [{ deadlineMs: 20 }, { deadlineMs: 20, signal }])
      await expect(withDeadline(deps, untilAborted)).rejects.toThrow('deadline')
  })

  test("ends with the caller's signal, and at once where it came before", async () => {
    const caller = new AbortController()
    const work = withDeadline({ deadlineMs: 600_000, signal: caller.signal }, untilAborted)
    caller.abort(new Error('gone'))
    await expect(work).rejects.toThrow('gone')
    const late = withDeadline({ deadlineMs: 600_000, signal: caller.signal }, async ({ aborted }) => aborted)
    expect(await late).toBe(true)
  })
})
