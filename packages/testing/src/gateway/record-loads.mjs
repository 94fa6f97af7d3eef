/** Preloaded beside a bundle: says on standard output which of its files are loaded, and when. */
import { registerHooks } from 'node:module'
import { basename } from 'node:path'

registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:') && url.endsWith('.mjs')) process.stdout.write(`loaded ${basename(url)}\n`)
    return next(url, context)
  },
})
