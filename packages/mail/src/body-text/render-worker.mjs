/** The thread of render-threads.ts in the source tree: a thread begins without the loader of its process. */
import { register } from 'tsx/esm/api'

register()
await import('./render-worker.ts')
