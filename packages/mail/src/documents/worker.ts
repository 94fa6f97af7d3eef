/**
 * The thread in which a document is read. It gets the bytes, gives one answer and ends; whatever a hostile document does
 * to it, it does to nobody else. What it may use is bounded by read-document.ts, which started it.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { ReadingOrder } from './document.ts'
import { readBytes } from './extract.ts'

export interface WorkerOrder {
  readonly content: Uint8Array
  readonly order: ReadingOrder
}

const { content, order } = workerData as WorkerOrder
parentPort?.postMessage(
  await readBytes(Buffer.from(content.buffer, content.byteOffset, content.byteLength), order),
)
