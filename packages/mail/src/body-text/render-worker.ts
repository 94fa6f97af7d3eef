/** The thread's side of render-threads.ts: one text in, one text out. */
import { parentPort } from 'node:worker_threads'
import { type RenderJob, render } from './render.ts'

parentPort?.on('message', (job: RenderJob) => {
  void render(job).then((read) => parentPort?.postMessage(read))
})
