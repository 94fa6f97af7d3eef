/**
 * A folder that a whole run of the tests shares, for what is the same in every file and costs seconds to make: the bundles of
 * the functions (built-functions.ts). It begins empty, so that nothing of an earlier run is tested.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    runFolder: string
  }
}

/** Vitest calls it before the first file of a run, and what it returns after the last one. */
export function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'ec-run-'))
  provide('runFolder', folder)
  return () => rmSync(folder, { recursive: true, force: true })
}
