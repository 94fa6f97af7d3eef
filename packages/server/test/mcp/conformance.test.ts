/** The official conformance suite against the endpoint. It needs Node 22 or newer, which an optional dependency brings. */
import { findNode24 } from '@email-connector/testing/node24'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runConformance } from './conformance-run.ts'
import { serveConformanceFixtures } from './conformance-server.ts'

const node = findNode24()
let server: Awaited<ReturnType<typeof serveConformanceFixtures>>
beforeAll(async () => {
  server = await serveConformanceFixtures()
})
afterAll(() => server.close())

describe.skipIf(!node)('the conformance suite (without the optional Node 24: skipped, and said)', () => {
  test.each([
    ['2025-11-25', 81],
    ['2026-07-28', 150],
  ])(
    'passes everything %s requires; of what is not scored only tasks, which we do not offer, fail',
    async (revision, least) => {
      const { code, output, failures } = await runConformance(server.url.href, '--requirements', revision)
      expect(code, output).toBe(0)
      expect(failures.filter((name) => !name.startsWith('tasks-'))).toEqual([])
      expect(Number(/^Total: (\d+) passed/m.exec(output)?.[1]), output).toBeGreaterThanOrEqual(least)
    },
  )

  test('passes the life of a session', async () => {
    const { code, output } = await runConformance(server.url.href, '--scenario', 'server-session-lifecycle')
    expect(code, output).toBe(0)
    expect(output).toContain('Passed: 3/3')
  })
})
