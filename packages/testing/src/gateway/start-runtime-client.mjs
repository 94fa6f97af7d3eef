/**
 * Preloaded before AWS's own runtime client (`aws-lambda-ric`), installed without its native build: what it takes for
 * its native part is native-client.cjs. Everything else is what runs on Lambda.
 */
import { registerHooks } from 'node:module'

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== './rapid-client.node') return next(specifier, context)
    return {
      url: new URL('./native-client.cjs', import.meta.url).href,
      format: 'commonjs',
      shortCircuit: true,
    }
  },
})
