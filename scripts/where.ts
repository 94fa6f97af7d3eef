/**
 * `pnpm where mcp chunk-4XCT5PCP.mjs:12:345`: the file and line of our source behind the `at` of a log line. Bundles are
 * minified, so a log line names a place in a bundle; `pnpm build` on the deployed commit writes the same bundles, and
 * their source maps beside them, which are never deployed.
 */
import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { join, relative, resolve } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Path from the root, line, column. Throws with a sentence for the terminal. */
export function findSource(functionsFolder: string, name: string, at: string): string {
  const [, file = '', line = '', column = ''] = /^([A-Za-z][\w-]*\.mjs):(\d+):(\d+)$/.exec(at) ?? []
  if (file === '') throw new Error(`"${at}" is no place in a bundle, such as chunk-4XCT5PCP.mjs:12:345`)
  const path = join(functionsFolder, `${name}.maps`, `${file}.map`)
  if (!existsSync(path))
    throw new Error(
      `There is no ${path}: run pnpm build on the commit that is deployed. Chunks are named by content.`,
    )
  const map = new SourceMap(
    JSON.parse(readFileSync(path, 'utf8')) as ConstructorParameters<typeof SourceMap>[0],
  )
  const entry = map.findEntry(Number(line) - 1, Number(column) - 1)
  if (!('originalSource' in entry)) throw new Error(`Nothing is at ${at}`)
  // Sources are written relative to where scripts/build.ts has every bundle be.
  const source = relative(root, resolve(root, 'dist', 'functions', name, entry.originalSource))
  return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
}

if (process.argv[1] === import.meta.filename) {
  const [, , name = '', at = ''] = process.argv
  try {
    console.log(findSource(join(root, 'dist', 'functions'), name, at))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
