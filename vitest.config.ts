import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { inLongRun } from './packages/testing/src/long-run.ts'
import { LongestFirst, listSharing } from './scripts/test-order.ts'

const together = listSharing(import.meta.dirname)
const forLongRun = inLongRun([], ['**/*.long.test.ts'])

export default defineConfig({
  resolve: {
    alias: [
      {
        find: /^\.\.\/start-thread\.ts$/,
        replacement: join(import.meta.dirname, 'packages/testing/src/built-threads.ts'),
      },
    ],
  },
  test: {
    globalSetup: ['packages/server/test/e2e/run-folder.ts', 'scripts/test-threads.ts'],
    pool: 'forks',
    // They keep two cores busy to 98 %; three or six take as long.
    maxWorkers: 4,
    // For what hangs, on a busy machine as well: a test has a limit of its own only where it takes longer.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 10_000,
    // A second, the default, is little while both cores are busy.
    expect: { poll: { timeout: 30_000 } },
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['packages/*/test/**/*.test.ts', 'stacks/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...forLongRun, ...together],
        },
      },
      { extends: true, test: { name: 'together', include: together, isolate: false } },
    ],
  },
})
