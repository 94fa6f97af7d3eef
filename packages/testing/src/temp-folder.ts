/**
 * A temporary folder that goes away with its owner, or at the latest with this process.
 * Paths stay short on purpose: UNIX socket names end at 107 bytes.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TempFolder {
  readonly path: string
  remove(): Promise<void>
}

const alive = new Set<string>()
process.on('exit', removeAlive)
// The processes of a test run are ended by this signal, and a listener takes its default away.
process.once('SIGTERM', () => {
  removeAlive()
  process.kill(process.pid, 'SIGTERM')
})

function removeAlive() {
  for (const path of alive) rmSync(path, { recursive: true, force: true })
}

export function createTempFolder(name = 'test'): TempFolder {
  const path = mkdtempSync(join(tmpdir(), `ec-${name}-`))
  alive.add(path)
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true, maxRetries: 3 })
      alive.delete(path)
    },
  }
}
