/** Bundles the threads of the mail package once for a run of the tests (packages/testing/src/built-threads.ts). */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { builtThreadsVariable } from '../packages/testing/src/built-threads.ts'
import { buildThreads } from './build.ts'

/** Vitest calls it before the first file of a run, and what it returns after the last one. */
export async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'ec-threads-'))
  const threads = join(folder, 'threads')
  process.env[builtThreadsVariable] = threads
  const build = () => buildThreads(folder, threads)
  await build()
  project.onTestsRerun(build)
  return () => rmSync(folder, { recursive: true, force: true })
}
