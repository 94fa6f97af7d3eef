/** Starts a thread's file where there is no bundle: a thread does not inherit what runs TypeScript in its parent. */
import { register } from 'tsx/esm/api'

register()
await import(`./${process.argv[2]}`)
