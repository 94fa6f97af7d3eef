/** The peak of a process: what it held at most, and nothing of the process that started it. */
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

const megabyte = 1_000_000
const file = new URL('../src/peak-memory.ts', import.meta.url).href

/** Of a process that held so many bytes and let them go again. */
function peakOf(bytes: number): number {
  const script = `
    import { peakBytes } from '${file}'
    let held = Buffer.alloc(${bytes}, 1)
    held = undefined
    gc()
    process.stdout.write(String(peakBytes('self')))`
  const flags = ['--expose-gc', '--import', 'tsx', '--input-type=module', '--eval']
  return Number(execFileSync(process.execPath, [...flags, script], { encoding: 'utf8' }))
}

test.skipIf(process.platform !== 'linux')(
  'the peak counts what was let go, and nothing of the process that started it',
  () => {
    const held = Buffer.alloc(400 * megabyte, 1)
    const small = peakOf(0)
    const large = peakOf(200 * megabyte)
    expect(held).toHaveLength(400 * megabyte)
    expect(small).toBeLessThan(250 * megabyte)
    expect(large - small).toBeGreaterThan(150 * megabyte)
  },
)
