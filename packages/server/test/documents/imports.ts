/** Which file of the project imports which, read from the sources: for the tests that hold the order of the rooms. */
import { posix } from 'node:path'
import { listSources, readSource } from '@email-connector/testing/test-titles'

/** `import … from './x.ts'`, `import type`, `export … from`. */
const fromClause = /^(?:import|export)\b[^'"]*?\bfrom\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]/gm
const atRunTime = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

/** By file. A relative import is the path of its file from the root of the repository, any other as it was written. */
export type Imports = ReadonlyMap<string, readonly string[]>

/** What a file has loaded before it runs; `import()` is a choice at run time, and no part of a circle. */
export function readImports(): Imports {
  return new Map(listSources().map((file) => [file, listImports(file, readSource(file))]))
}

export function listImports(file: string, source: string): string[] {
  return find(file, source, fromClause)
}

/** Those too that are made at run time. */
export function readAllImports(): Imports {
  return new Map(
    [...readImports()].map(([file, loaded]) => [
      file,
      [...loaded, ...find(file, readSource(file), atRunTime)],
    ]),
  )
}

function find(file: string, source: string, clause: RegExp): string[] {
  return [...source.matchAll(clause)].map(([, named, bare]) => {
    const target = named ?? bare ?? ''
    return target.startsWith('.') ? posix.join(posix.dirname(file), target) : target
  })
}
