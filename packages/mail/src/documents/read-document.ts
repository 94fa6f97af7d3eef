/**
 * Reads a document in a thread of its own, one document at a time in a process, and ends the thread when it takes too
 * long or too much memory: the limits of a thread bound its JavaScript objects only, so what the process holds beyond
 * that is watched from here. The caller gets a sentence instead of a text; the process and its other calls go on.
 */
import { startThread } from '../start-thread.ts'
import { type ReadDocument, type ReadingOrder, refusals } from './document.ts'
import { kindOf } from './kinds.ts'
import type { WorkerOrder } from './worker.ts'

/**
 * What one document may add to the process, with the thread itself: a library doubles its buffers, so the last one is half
 * as large again. The size of a picture is known before it is decoded, and nothing of it doubles.
 */
const maxGrowthBytes = 150 * 1024 * 1024
const maxPictureGrowthBytes = 185 * 1024 * 1024
const maxHeapMb = 128
const watchMs = 20

let last: Promise<unknown> = Promise.resolve()

/** Never throws for a document, however hostile; `content` may no longer be used afterwards. */
export async function readDocument(
  content: Buffer,
  order: ReadingOrder,
  { deadlineMs }: { deadlineMs: number },
): Promise<ReadDocument> {
  const until = performance.now() + deadlineMs
  const before = last
  const turn = before.then(() => {
    const leftMs = until - performance.now()
    return leftMs <= 0 ? tooSlow : readAlone(content, order, leftMs)
  })
  last = turn.catch(() => undefined)
  return await turn
}

const tooSlow: ReadDocument = { kind: 'refused', sentence: refusals.tooSlow, cause: 'harmful' }
const tooMuch: ReadDocument = { kind: 'refused', sentence: refusals.tooMuch, cause: 'harmful' }

async function readAlone(content: Buffer, order: ReadingOrder, leftMs: number): Promise<ReadDocument> {
  // A slice of Node's pool cannot be handed over alone.
  const isWhole = content.byteOffset === 0 && content.byteLength === content.buffer.byteLength
  const own = isWhole ? new Uint8Array(content.buffer as ArrayBuffer) : new Uint8Array(content)
  const workerData: WorkerOrder = { content: own, order }
  const before = process.memoryUsage.rss()
  const maxGrowth = kindOf(content, order) === 'picture' ? maxPictureGrowthBytes : maxGrowthBytes
  const worker = startThread('documents', {
    workerData,
    transferList: [own.buffer as ArrayBuffer],
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
    // A library's remarks about a document are text of that document.
    stdout: true,
    stderr: true,
  })
  const timers: NodeJS.Timeout[] = []
  try {
    return await new Promise<ReadDocument>((resolve, reject) => {
      timers.push(setTimeout(resolve, leftMs, tooSlow))
      timers.push(
        setInterval(() => {
          if (process.memoryUsage.rss() - before > maxGrowth) resolve(tooMuch)
        }, watchMs),
      )
      worker.once('message', resolve)
      worker.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') resolve(tooMuch)
        // Anything else is a fault of this program: the worker answers for documents.
        else reject(error)
      })
      worker.once('exit', () => resolve(tooMuch))
    })
  } finally {
    for (const timer of timers) clearTimeout(timer)
    await worker.terminate()
  }
}
