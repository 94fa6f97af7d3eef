import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'stacks/**/*.test.ts', 'bench/**/*.test.ts'],
    pool: 'forks',
    // Two cores: much of the time is waiting for a server.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
  },
})
