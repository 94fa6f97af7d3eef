/**
 * Starts the threads of this package: from source by a stub that loads TypeScript first, in a bundle by a file of its
 * own in the folder beside it (scripts/build.ts). A thread gets nothing of the environment or the flags of the process:
 * a stranger's text is all that it needs.
 */
import { Worker, type WorkerOptions } from 'node:worker_threads'

/** Each by the file that it runs. */
export const threadSources = {
  documents: 'documents/worker.ts',
  rendering: 'body-text/render-worker.ts',
} as const

export function startThread(name: keyof typeof threadSources, options: WorkerOptions): Worker {
  const isSource = import.meta.url.endsWith('.ts')
  const file = new URL(isSource ? './thread-from-source.mjs' : `./threads/${name}.mjs`, import.meta.url)
  return new Worker(file, { ...options, argv: [threadSources[name]], env: {}, execArgv: [] })
}
