/** The thread's side of render-threads.ts: one text in, one text out. What a renderer throws is the answer for that text. */
import { parentPort } from 'node:worker_threads'
import { notRendered } from './readable-text.ts'
import { type RenderJob, render } from './render.ts'

parentPort?.on('message', (job: RenderJob) => {
  void render(job)
    .catch(() => notRendered)
    .then((read) => parentPort?.postMessage(read))
})
