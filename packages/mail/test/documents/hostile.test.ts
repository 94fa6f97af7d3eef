/** R80: a hostile document ends its thread and not the call, within 300 MB, and nothing that it names is fetched. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createTempFolder } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostileFiles } from './hostile-files.ts'

interface Row {
  readonly name: string
  readonly kind: string
  readonly told: string
  readonly peakBytes: number
  readonly turnMs: number
}

const megabyte = 1024 * 1024
/** R80. */
const maxBytes = 300 * megabyte

async function probe(folder: string, deadlineMs: number): Promise<Row[]> {
  const program = fileURLToPath(new URL('./documents-probe.ts', import.meta.url))
  // The thread as it is deployed: loading its sources would take a hundred megabytes of what a document may have.
  const threads = new URL('../../../testing/src/built-threads-hook.mjs', import.meta.url).href
  const loaders = ['--import', 'tsx', '--import', threads]
  const args = [...loaders, program, folder, String(deadlineMs)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as Row[]
}

describe('R80: hostile documents', () => {
  const folder = createTempFolder('hostile-documents')
  let rows: Row[] = []
  let files: Awaited<ReturnType<typeof hostileFiles>> = []
  beforeAll(async () => {
    files = await hostileFiles()
    for (const [name, content] of files) writeFileSync(join(folder.path, name), content)
    rows = await probe(folder.path, 60_000)
  })
  afterAll(() => folder.remove())

  test('each has an answer', () => {
    expect(rows.map(({ name }) => name)).toEqual(files.map(([name]) => name).sort())
    const told = new Map(rows.map((row) => [row.name, `${row.kind} ${row.told}`]))
    for (const [name, , expected] of files) expect(told.get(name), name).toMatch(expected)
    expect(rows.map((row) => row.told).join()).not.toContain('root:')
  })

  test('the process holds less than 300 MB, and its event loop runs on', () => {
    for (const { name, peakBytes } of rows)
      expect(peakBytes / megabyte, name).toBeLessThan(maxBytes / megabyte)
    // A reader in the same thread would hold it for seconds.
    for (const { name, turnMs } of rows) expect(turnMs, name).toBeLessThan(2_500)
  })
})
