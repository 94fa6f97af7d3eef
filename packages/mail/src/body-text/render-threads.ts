/**
 * Threads that render what may take long. At most two: one long text does not hold up the next. Each starts with a text
 * that needs it, is kept for the next one, ends when none comes for a while, and never keeps the process alive. A text
 * that takes too long, or more memory than a thread may have, ends its thread and nothing else.
 */
import { once } from 'node:events'
import type { Worker, WorkerOptions } from 'node:worker_threads'
import { withDeadline } from '../connect/deadline.ts'
import { startThread } from '../start-thread.ts'
import { notInTime, notRendered, type ReadableText } from './readable-text.ts'
import type { RenderJob } from './render.ts'

export interface RenderThreads {
  /** Rejects with the signal's reason when it aborts; what fails otherwise is said in the text. */
  render(job: RenderJob, options: { signal: AbortSignal; maxMs: number }): Promise<ReadableText>
}

interface ThreadOptions {
  readonly start?: (options: WorkerOptions) => Worker
  readonly maxThreads?: number
  readonly idleMs?: number
  readonly heapMb?: number
}

export function createRenderThreads({
  start = (options) => startThread('rendering', options),
  maxThreads = 2,
  idleMs = 15_000,
  // Half of it is enough for a megabyte of any token and for eight of an attachment.
  heapMb = 128,
}: ThreadOptions = {}): RenderThreads {
  const idle = new Map<Worker, NodeJS.Timeout>()
  const waiting = new Set<() => void>()
  let busy = 0

  return {
    async render(job, { signal, maxMs }) {
      signal.throwIfAborted()
      return await withDeadline({ deadlineMs: maxMs, signal }, async (end) => {
        try {
          await takePlace(end)
        } catch {
          signal.throwIfAborted()
          return notInTime
        }
        try {
          return await renderIn(takeThread(), job, end)
        } finally {
          leavePlace()
          signal.throwIfAborted()
        }
      })
    },
  }

  async function takePlace(end: AbortSignal): Promise<void> {
    if (busy < maxThreads) {
      busy += 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const take = () => {
        end.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        waiting.delete(take)
        reject(end.reason)
      }
      waiting.add(take)
      end.addEventListener('abort', leave, { once: true })
    })
  }

  function leavePlace(): void {
    const [next] = waiting
    if (next === undefined) {
      busy -= 1
      return
    }
    waiting.delete(next)
    next()
  }

  async function renderIn(thread: Worker, job: RenderJob, end: AbortSignal): Promise<ReadableText> {
    thread.ref()
    try {
      const message = once(thread, 'message', { signal: end })
      thread.postMessage(job)
      const [read] = (await message) as [ReadableText]
      keep(thread)
      return read
    } catch {
      await thread.terminate()
      return end.aborted ? notInTime : notRendered
    }
  }

  function takeThread(): Worker {
    const [kept] = idle.keys()
    if (kept === undefined) return addThread()
    clearTimeout(idle.get(kept))
    idle.delete(kept)
    return kept
  }

  function addThread(): Worker {
    const thread = start({ resourceLimits: { maxOldGenerationSizeMb: heapMb } })
    // The text that it was rendering says so; without a listener it would end the process.
    thread.on('error', () => {})
    thread.on('exit', () => {
      clearTimeout(idle.get(thread))
      idle.delete(thread)
      // Where it ended without one, nobody may wait for it.
      thread.emit('error', new Error('The thread ended'))
    })
    return thread
  }

  function keep(thread: Worker): void {
    thread.unref()
    idle.set(thread, setTimeout(() => void thread.terminate(), idleMs).unref())
  }
}

/** One for the process: it has so many processors, however many calls there are. */
export const renderThreads = createRenderThreads()
