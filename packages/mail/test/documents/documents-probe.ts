/**
 * A program of its own, so that its memory is its own: reads each file of a folder as the tool does, in a thread, and
 * prints for each how it ended, the most the process has held so far, and the longest turn of the event loop. A turn is what it
 * did itself: how long a busy machine let it wait for its next one is not counted.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { peakBytes } from '@email-connector/testing/peak-memory'
import { readDocument } from '../../src/documents/read-document.ts'

const [folder = '', deadlineMs = ''] = process.argv.slice(2)
let last = performance.eventLoopUtilization()
let turnMs = 0
setInterval(() => {
  turnMs = Math.max(turnMs, performance.eventLoopUtilization(last).active)
  last = performance.eventLoopUtilization()
}, 10).unref()

const rows: object[] = []
for (const name of readdirSync(folder).sort()) {
  const content = readFileSync(join(folder, name))
  const order = { filename: name, contentType: 'application/octet-stream', charset: '', enough: 30_000 }
  turnMs = 0
  const document = await readDocument(content, order, { deadlineMs: Number(deadlineMs) })
  const told =
    document.kind === 'refused'
      ? document.sentence
      : document.kind === 'text'
        ? document.text.slice(0, 200)
        : ''
  rows.push({ name, kind: document.kind, told, peakBytes: peakBytes('self'), turnMs })
}
process.stdout.write(JSON.stringify(rows))
