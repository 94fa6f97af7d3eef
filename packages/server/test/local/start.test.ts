/** What `npm start` says when it cannot start, and who can read what it leaves in DATA_DIR. */
import { spawn } from 'node:child_process'
import { chmod, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTempFolder, freePort } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { startLocalRunner } from '../e2e/local-runner.ts'
import { register, signIn } from '../e2e/raw-client.ts'
import { demoFields } from './demo-fields.ts'

const start = join(import.meta.dirname, '../../../../scripts/start.mjs')

/** Ends by itself: it cannot start. */
async function failToStart(environment: Record<string, string>) {
  const child = spawn(process.execPath, [start], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, lines: output.trim().split('\n') }
}

describe('npm start twice', () => {
  test('R64: one sentence, no stack, exit code 1; the first goes on', async () => {
    const runner = await startLocalRunner({ fromSource: true })
    const port = new URL(runner.url).port
    const already = [
      expect.stringContaining(
        `Another email-connector uses this DATA_DIR and is already running on ${runner.dataDir}`,
      ),
    ]
    const sameBoth = await failToStart({ PORT: port, DATA_DIR: runner.dataDir })
    expect(sameBoth).toEqual({ code: 1, lines: already })
    const sameFolder = await failToStart({ PORT: String(await freePort()), DATA_DIR: runner.dataDir })
    expect(sameFolder).toEqual({ code: 1, lines: already })
    const samePort = await failToStart({ PORT: port, DATA_DIR: createTempFolder('second').path })
    expect(samePort).toEqual({ code: 1, lines: [expect.stringContaining(`Port ${port} is in use`)] })
    expect((await fetch(`${runner.url}/health`)).status).toBe(200)
    await runner.remove()
  })

  test('so is every other fault that a person can mend', async () => {
    const dataDir = createTempFolder('faults').path
    const port = String(await freePort())
    await writeFile(join(dataDir, 'instance-secrets.json'), '{}')
    await chmod(join(dataDir, 'instance-secrets.json'), 0o640)
    const readable = await failToStart({ PORT: port, DATA_DIR: dataDir })
    expect(readable).toEqual({
      code: 1,
      lines: [expect.stringContaining('can be read by others; run: chmod 600')],
    })
    const noFolder = createTempFolder('faults').path
    await writeFile(join(noFolder, 'store'), 'not a folder')
    const broken = await failToStart({ PORT: port, DATA_DIR: noFolder })
    expect(broken).toEqual({ code: 1, lines: [expect.stringContaining('cannot be opened')] })
    const elsewhere = await failToStart({
      PORT: port,
      DATA_DIR: createTempFolder('host').path,
      HOST: '192.0.2.1',
    })
    expect(elsewhere).toEqual({ code: 1, lines: [expect.stringContaining('Set HOST')] })
  })
})

/** Every path below with its mode. */
async function modesIn(dir: string): Promise<Record<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const modes = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name)
    return [path, ((await stat(path)).mode & 0o777).toString(8)] as const
  })
  return Object.fromEntries([
    [dir, ((await stat(dir)).mode & 0o777).toString(8)],
    ...(await Promise.all(modes)),
  ])
}

describe('what lies in DATA_DIR', () => {
  test('is for its owner only, though the folder and its store were there with more', async () => {
    const dataDir = createTempFolder('rights').path
    const first = await startLocalRunner({ dataDir })
    await signIn(first.url, await register(first.url), demoFields)
    await first.stop()
    for (const [path, mode] of Object.entries(await modesIn(dataDir)))
      if (!/key$|secrets\.json$/.test(path)) await chmod(path, mode === '700' ? 0o755 : 0o644)

    const second = await startLocalRunner({ dataDir })
    await signIn(second.url, await register(second.url), demoFields)
    const modes = await modesIn(dataDir)
    expect(Object.keys(modes).length).toBeGreaterThan(6)
    for (const [path, mode] of Object.entries(modes))
      expect(mode, path).toBe((await stat(path)).isDirectory() ? '700' : '600')
    await second.remove()
  })

  test('a folder that holds other things keeps its rights, with a warning; a link in it is not followed', async () => {
    const dataDir = createTempFolder('rights').path
    const elsewhere = join(createTempFolder('rights').path, 'theirs')
    await writeFile(elsewhere, 'x', { mode: 0o644 })
    await writeFile(join(dataDir, 'notes.txt'), 'x', { mode: 0o644 })
    await mkdir(join(dataDir, 'store'))
    await symlink(elsewhere, join(dataDir, 'store', 'link'))
    await chmod(dataDir, 0o755)
    const runner = await startLocalRunner({ dataDir })
    expect(runner.output()).toContain('also holds other files')
    const modes = await modesIn(dataDir)
    expect([modes[dataDir], modes[join(dataDir, 'notes.txt')], modes[join(dataDir, 'store')]]).toEqual([
      '755',
      '644',
      '700',
    ])
    expect((await stat(elsewhere)).mode & 0o777).toBe(0o644)
    await runner.remove()
  })
})

test('the demo mail server is an old library: it is not even loaded where the demo mailbox is off', async () => {
  for (const [demo, isLoaded] of [
    ['on', true],
    ['off', false],
  ] as const) {
    const runner = await startLocalRunner({
      fromSource: true,
      environment: { DEMO_MAILBOX: demo, NODE_DEBUG: 'module' },
    })
    // What Node says of every CommonJS module that it loads.
    expect(runner.output()).toMatch(/MODULE \d+: load /)
    expect(/MODULE \d+: load .*hoodiecrow-imap/.test(runner.output()), demo).toBe(isLoaded)
    await runner.remove()
  }
})
