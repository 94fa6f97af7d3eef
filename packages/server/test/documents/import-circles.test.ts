/**
 * No circle of imports, types included: lint sees only those that exist at run time. Files that know of each other are
 * one idea in several files, and neither can be read or moved alone.
 */
import { expect, test } from 'vitest'
import { type Imports, listImports, readImports } from './imports.ts'

const importsOf = readImports()

/** From every file by depth; a file met again on its own path closes a circle. */
function findCircles(graph: Imports): string[] {
  const done = new Set<string>()
  const circles = new Set<string>()
  const visit = (file: string, path: readonly string[]) => {
    const start = path.indexOf(file)
    if (start !== -1) circles.add([...path.slice(start), file].join(' > '))
    if (start !== -1 || done.has(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return [...circles]
}

test('every relative import leads to a file that was read', () => {
  const edges = [...importsOf].flatMap(([file, targets]) => targets.map((target) => ({ file, target })))
  expect(edges.length).toBeGreaterThan(500)
  expect(edges.filter(({ target }) => target.endsWith('.ts') && !importsOf.has(target))).toEqual([])
})

test('a circle is found, also through a type', () => {
  const one = "import type { B } from './b.ts'"
  const other = "import {\n  c,\n  type A,\n} from './a.ts'"
  const graph = new Map([
    ['src/a.ts', listImports('src/a.ts', one)],
    ['src/b.ts', listImports('src/b.ts', other)],
  ])
  expect(findCircles(graph)).toEqual(['src/a.ts > src/b.ts > src/a.ts'])
})

test('no file imports itself, over however many others', () => {
  expect(findCircles(importsOf)).toEqual([])
})
