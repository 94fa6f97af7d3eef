/** For a child process that runs from source (`--import`, after tsx): its threads start as those of the tests do. */
import { register } from 'node:module'

const replacement = new URL('built-threads.ts', import.meta.url).href
const hook = `export const resolve = (specifier, context, next) =>
  next(specifier === '../start-thread.ts' ? '${replacement}' : specifier, context)`
register(`data:text/javascript,${encodeURIComponent(hook)}`)
