/** R64 at the level of the store: what was acknowledged before a kill -9 is there after it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createTempFolder } from '@email-connector/testing'
import { afterAll, expect, test } from 'vitest'
import { createLevelStores } from '../../src/store/level/stores.ts'
import { now } from './builders.ts'

const folder = createTempFolder('kill')
afterAll(() => folder.remove())

const writer = fileURLToPath(new URL('./level-writer.ts', import.meta.url))
const tsx = createRequire(import.meta.url).resolve('tsx')

/** Runs the writer, kills it in the middle of its work after so many lines, and gives back all that it said. */
async function killAfter(lines: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', tsx, writer, folder.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: string[] = []
  const output = createInterface({ input: child.stdout })
  output.on('line', (line) => {
    said.push(line)
    if (said.length === lines) child.kill('SIGKILL')
  })
  const [, [code, signal]] = await Promise.all([once(output, 'close'), once(child, 'exit')])
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' })
  return said
}

test('R64: kill -9 at any moment loses nothing that was acknowledged and leaves the folder open to the next start', async () => {
  const acknowledged: string[] = []
  for (const lines of [1, 7, 40, 150]) {
    acknowledged.push(...(await killAfter(lines)))

    const stores = await createLevelStores({ dir: folder.path, now: () => now })
    const counts = new Map<string, number>()
    for (const line of acknowledged) {
      const [grantId = '', counter = '', count = ''] = line.split(' ')
      const found = await stores.accounts.findGrantWithAccounts(grantId)
      expect(found?.grant).toMatchObject({ state: 'live', refreshTokenId: 'refresh' })
      expect(found?.accounts).toMatchObject([{ expiresAt: found?.grant.absoluteExpiresAt }])
      counts.set(counter, Math.max(counts.get(counter) ?? 0, Number(count)))
    }
    for (const [counter, count] of counts) {
      expect(await stores.once.count(counter, 900, now)).toBeGreaterThan(count)
    }
    // Every row can still be read: nothing torn.
    await stores.sweep()
    await stores.close()
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(198)
})
