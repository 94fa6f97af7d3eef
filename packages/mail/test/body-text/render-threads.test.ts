/**
 * R77, R102: texts that take long are rendered in threads. What a thread does wrong is the answer for that one text;
 * the process, the event loop and the next text never notice. Faults are real: a heap too small, a thread that hangs
 * and one that ends are threads of their own, which none of our renderers is.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import { createTempFolder } from '@email-connector/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { readText } from '../../src/body-text/read-text.ts'
import { createRenderThreads } from '../../src/body-text/render-threads.ts'

const never = new AbortController().signal
const folder = createTempFolder('threads')
afterAll(() => folder.remove())

const starting = (path: string) => (options: WorkerOptions) => new Worker(path, options)

function threadOf(name: string, source: string) {
  const path = join(folder.path, `${name}.mjs`)
  writeFileSync(path, `import { parentPort, threadId } from 'node:worker_threads'\n${source}`)
  return starting(path)
}

/** `hang`, `throw`, `end` and `reject` do so; everything else answers with the number of the thread. */
const moody = threadOf(
  'moody',
  `parentPort.on('message', ({ content }) => {
    if (content === 'hang') for (;;);
    if (content === 'throw') throw new Error('a word of the mail')
    if (content === 'reject') Promise.reject(new Error('a word of the mail'))
    else if (content === 'end') process.exit(0)
    else parentPort.postMessage({ text: String(threadId), warnings: [] })
  })`,
)
const job = (content: string) => ({ content, from: 'html', to: 'text' }) as const
const late = { text: '[This text could not be laid out in time.]', warnings: ['body_not_rendered'] }
const broken = { text: '[This text could not be rendered.]', warnings: ['body_not_rendered'] }
const options = { signal: never, maxMs: 60_000 }

describe('R77: a text that takes long', () => {
  test('ends with the call’s deadline, says so, and the next has a thread of its own', async () => {
    const threads = createRenderThreads({ start: moody, maxThreads: 1 })
    const { text: first } = await threads.render(job('x'), options)
    expect(await threads.render(job('x'), options)).toEqual({ text: first, warnings: [] })
    expect(await threads.render(job('hang'), { signal: never, maxMs: 300 })).toEqual(late)
    const { text: next } = await threads.render(job('x'), options)
    expect(Number(next)).toBeGreaterThan(Number(first))
  })

  test('gets what is left of the call’s time at most', async () => {
    const content = '<li>x'.repeat(100_000)
    expect(await readText(job(content), { signal: never, leftMs: () => 0 })).toEqual(late)
  })

  test('holds up one text at most: others wait for a thread, and no longer than they may', async () => {
    const threads = createRenderThreads({ start: moody, maxThreads: 2 })
    const hanging = [1, 2].map(() => threads.render(job('hang'), { signal: never, maxMs: 2_000 }))
    expect(await threads.render(job('x'), { signal: never, maxMs: 50 })).toEqual(late)
    expect(await threads.render(job('x'), options)).toMatchObject({ warnings: [] })
    expect(await Promise.all(hanging)).toEqual([late, late])
  })

  test('ends when nobody waits for it any more: running, or waiting for a thread', async () => {
    const threads = createRenderThreads({ start: moody, maxThreads: 1 })
    const caller = new AbortController()
    const gone = new Error('the client is gone')
    const render = (content: string) => threads.render(job(content), { signal: caller.signal, maxMs: 60_000 })
    setTimeout(() => caller.abort(gone), 100)
    const gaveUp = { status: 'rejected', reason: gone }
    expect(await Promise.allSettled([render('hang'), render('x')])).toEqual([gaveUp, gaveUp])
    await expect(render('x')).rejects.toBe(gone)
    expect(await threads.render(job('x'), options)).toMatchObject({ warnings: [] })
  })
})

describe('R102: a thread that breaks', () => {
  test.each(['throw', 'reject', 'end'])('costs one text: %s', async (fault) => {
    const threads = createRenderThreads({ start: moody, maxThreads: 1 })
    expect(await threads.render(job(fault), options)).toEqual(broken)
    expect(await threads.render(job('x'), options)).toMatchObject({ warnings: [] })
  })

  test('costs one text: it takes more memory than it may', async () => {
    const threads = createRenderThreads({ heapMb: 16, maxThreads: 1 })
    expect(await threads.render(job('<li>x'.repeat(200_000)), options)).toEqual(broken)
    expect(await threads.render(job('<p>Seen'), options)).toEqual({ text: 'Seen', warnings: [] })
  })

  test('costs one text: its file is not there', async () => {
    const threads = createRenderThreads({ start: starting(join(folder.path, 'none.mjs')) })
    expect(await threads.render(job('x'), options)).toEqual(broken)
  })
})

describe('a thread that has nothing to do', () => {
  test('ends, and keeps no process alive', () => {
    const file = pathToFileURL(join(import.meta.dirname, '../../src/body-text/render-threads.ts')).href
    const script = `
      const { createRenderThreads } = await import(${JSON.stringify(file)})
      const { render } = createRenderThreads({ idleMs: 600_000 })
      const options = { signal: new AbortController().signal, maxMs: 60_000 }
      const { text } = await render({ content: '<p>Seen', from: 'html', to: 'text' }, options)
      process.stdout.write(text)`
    const { stdout, stderr, status, signal } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', script],
      { encoding: 'utf8', timeout: 60_000, cwd: join(import.meta.dirname, '../..') },
    )
    expect({ stdout, stderr, status, signal }).toEqual({
      stdout: 'Seen',
      stderr: '',
      status: 0,
      signal: null,
    })
  })

  test('is not kept for longer than it was told', async () => {
    const threads = createRenderThreads({ start: moody, maxThreads: 1, idleMs: 1 })
    const { text: first } = await threads.render(job('x'), options)
    await expect
      .poll(async () => Number((await threads.render(job('x'), options)).text), {
        interval: 200,
        timeout: 20_000,
      })
      .toBeGreaterThan(Number(first))
  })

  test('is not even started for an ordinary mail', async () => {
    const mail = `<style>${'.a,.b{color:red}'.repeat(80)}</style>${'<p class="a">Hello, world</p>'.repeat(500)}`
    // With no time left a thread could answer nothing.
    const { text } = await readText(job(mail), { signal: never, leftMs: () => 0 })
    expect(text).toContain('Hello, world')
  })
})
