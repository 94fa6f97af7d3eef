/** What of a built bundle loads before its first answer, and how many bytes that is: read in esbuild's metafile. */
import { readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Metafile } from 'esbuild'
import { threadSources } from '../packages/mail/src/start-thread.ts'

export interface BundleSize {
  readonly bytes: number
  /** The entry and what it imports at once; the rest waits for a tool that needs it. */
  readonly eagerBytes: number
}

const entries = new Set(['index', ...Object.keys(threadSources)].map((name) => `${name}.mjs`))

/** `built` is where scripts/build.ts wrote to. */
export function readMetafile(built: string, name: string): Metafile {
  return JSON.parse(readFileSync(join(built, `${name}.meta.json`), 'utf8')) as Metafile
}

/** Keys of the metafile's outputs: the entry and whatever it imports at once. */
export function findEager({ outputs }: Metafile): string[] {
  const found = new Set(Object.keys(outputs).filter((path) => entries.has(basename(path))))
  for (const path of found)
    for (const one of outputs[path]?.imports ?? [])
      if (one.kind === 'import-statement' && one.path in outputs) found.add(one.path)
  return [...found]
}

export function measureBundle(built: string, name: string): BundleSize {
  const metafile = readMetafile(built, name)
  // The threads are deployed with mcp.
  const folder = name === 'threads' ? join(built, 'mcp', name) : join(built, name)
  const sum = (paths: readonly string[]) =>
    paths.reduce((bytes, path) => bytes + statSync(join(folder, basename(path))).size, 0)
  return { bytes: sum(Object.keys(metafile.outputs)), eagerBytes: sum(findEager(metafile)) }
}
