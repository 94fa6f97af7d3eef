/** The Node that the deployed functions run on, from its npm package; the conformance suite needs a newer one too. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Undefined on platforms without the optional package, so that a test can say that it was not run. */
export function findNode24(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve('node24/package.json')
    const binary = join(dirname(manifest), 'bin', 'node')
    if (existsSync(binary)) return binary
  } catch {
    // Not installed here.
  }
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : undefined
}
