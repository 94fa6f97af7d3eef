import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { findNode24 } from '../src/node24.ts'
import { startTiedProcess } from '../src/tied-process.ts'

const isAlive = (pid: number) => existsSync(`/proc/${pid}/exe`)

test('ends the program on stop, with what it printed kept', async () => {
  const child = startTiedProcess('/bin/sh', ['-c', 'echo started; sleep 600 & wait'])
  await expect.poll(child.output).toBe('started\n')
  await child.stop()
  expect(isAlive(child.pid)).toBe(false)
  await child.stop()
})

test.skipIf(!existsSync('/proc'))('ends the program when its owner is killed with SIGKILL', async () => {
  const module = fileURLToPath(new URL('../src/tied-process.ts', import.meta.url))
  const script = `import(${JSON.stringify(module)}).then(({ startTiedProcess }) => {
    process.stdout.write(String(startTiedProcess('/bin/sleep', ['600']).pid))
    setInterval(() => {}, 1000)
  })`
  const owner = spawn(process.execPath, ['--import', 'tsx', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pid = Number(String((await once(owner.stdout, 'data'))[0]))
  expect(isAlive(pid)).toBe(true)
  owner.kill('SIGKILL')
  await expect.poll(() => isAlive(pid)).toBe(false)
})

test.skipIf(!findNode24())('finds a Node of at least 24', () => {
  const version = execFileSync(String(findNode24()), ['--version'], { encoding: 'utf8' })
  expect(Number(version.slice(1).split('.')[0])).toBeGreaterThanOrEqual(24)
})
