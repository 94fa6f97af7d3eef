/**
 * Starts a thread of the mail package from the bundle that this run of the tests made (scripts/test-threads.ts), in place of
 * packages/mail/src/start-thread.ts. From source each thread loads TypeScript first, which costs more than what most tests
 * have it read. The local server's tests start theirs from source still.
 */
import { join } from 'node:path'
import { Worker, type WorkerOptions } from 'node:worker_threads'

/** Names the folder of the bundles, for this process and those that it starts. */
export const builtThreadsVariable = 'TEST_THREADS'

export function startThread(name: string, options: WorkerOptions): Worker {
  const folder = process.env[builtThreadsVariable]
  if (folder === undefined)
    throw new Error(`${builtThreadsVariable} is not set: vitest.config.ts has it made`)
  return new Worker(join(folder, `${name}.mjs`), { ...options, env: {}, execArgv: [] })
}
