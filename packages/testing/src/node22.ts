/** A newer Node for tools that need one (the conformance suite): the binary of the optional npm package. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Undefined on platforms without the optional package, so that a test can say that it was not run. */
export function findNode22(): string | undefined {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath
  try {
    const manifest = createRequire(import.meta.url).resolve('node22/package.json')
    const binary = join(dirname(manifest), 'bin', 'node')
    return existsSync(binary) ? binary : undefined
  } catch {
    return undefined
  }
}
