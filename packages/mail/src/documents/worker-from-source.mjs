/** Starts worker.ts where there is no bundle: a thread does not inherit what runs TypeScript in its parent. */
import { register } from 'tsx/esm/api'

register()
await import('./worker.ts')
