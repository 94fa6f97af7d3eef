/**
 * The rooms of docs/architecture.md against the folders, and every import against their floors. A new room is a line
 * of the tree and a place in the order; a file that needs something above it is in the wrong room, or its need is.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { codeIn, readDocument, sectionOf } from './document.ts'
import { readAllImports } from './imports.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const section = sectionOf(readDocument('architecture.md'), '## Rooms')
const server = 'packages/server/src'

/** Of the tree: every folder below a source folder, with its line. */
function readTree(): { sources: string[]; rooms: Map<string, string> } {
  const [, tree = ''] = /```text\n([\s\S]*?)```/.exec(section) ?? []
  const sources: string[] = []
  const rooms = new Map<string, string>()
  const path: string[] = []
  for (const line of tree.trimEnd().split('\n')) {
    const [, indent = '', folder = '', holds = ''] = /^( *)([\w./-]+)\/ *(.*)$/.exec(line) ?? []
    path.splice(indent.length / 2, path.length, folder)
    if (path.length === 1) sources.push(folder)
    else rooms.set(path.join('/'), holds)
  }
  return { sources, rooms }
}

/** Of each list below the tree: the floors of one source folder with their rooms, the highest first. */
function readFloors(): { source: string; floors: string[][] }[] {
  const [, ...lists] = section.split('\n- ')
  return lists.map((list) => {
    const colon = list.indexOf(':')
    const floors = list.slice(colon).split(' > ').map(codeIn)
    return { source: codeIn(list.slice(0, colon))[0] ?? '', floors }
  })
}

function listFolders(source: string): string[] {
  return listPaths(source).filter((path) => statSync(join(root, path)).isDirectory())
}

function countLines(folder: string): number {
  const files = listPaths(folder).filter((path) => /\.(?:ts|js|css)$/.test(path))
  return files.reduce((sum, path) => sum + readFileSync(join(root, path), 'utf8').split('\n').length, 0)
}

function listPaths(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => !path.includes('/node_modules'))
}

/** The room of a file below `source`: its folder there; undefined beside the rooms, and elsewhere. */
function roomOf(file: string, source: string): string | undefined {
  if (!file.startsWith(`${source}/`)) return undefined
  const [room, ...rest] = file.slice(source.length + 1).split('/')
  return rest.length === 0 ? undefined : room
}

/** Imports that lead to a higher floor. The face of a package is above all of them. */
function findClimbs(
  imports: ReadonlyMap<string, readonly string[]>,
  { source, floors }: { source: string; floors: readonly (readonly string[])[] },
): string[] {
  const floorOf = (file: string) => {
    const room = roomOf(file, source)
    return room === undefined ? floors.length : floors.findIndex((rooms) => rooms.includes(room))
  }
  return [...imports]
    .filter(([file]) => file.startsWith(`${source}/`) && file !== `${source}/index.ts`)
    .flatMap(([file, targets]) => targets.map((target) => ({ file, target })))
    .filter(({ target }) => target.startsWith(`${source}/`))
    .filter(({ file, target }) => floorOf(target) < floorOf(file) || target === `${source}/index.ts`)
    .map(({ file, target }) => `${file} > ${target}`)
}

test('the tree of the architecture has every folder, each with its line, and no other', () => {
  const { sources, rooms } = readTree()
  expect([...rooms.keys()].sort()).toEqual(sources.flatMap(listFolders).sort())
  expect([...rooms].filter(([, holds]) => holds === '')).toEqual([])
})

test('the floors have every room, each once', () => {
  const written = readFloors()
  expect(written.map(({ source }) => source)).toEqual(['packages/mail/src', server])
  for (const { source, floors } of written) {
    const folders = readdirSync(join(root, source), { withFileTypes: true }).filter((one) =>
      one.isDirectory(),
    )
    expect(floors.flat().sort()).toEqual(folders.map(({ name }) => name).sort())
  }
})

test('a climb is found, of a type and of an import at run time too', () => {
  const floors = { source: 'a/src', floors: [['top'], ['one', 'other']] }
  const imports = new Map([
    ['a/src/one/x.ts', ['a/src/top/y.ts', 'a/src/other/z.ts', 'a/src/w.ts', 'b/src/top/x.ts']],
    ['a/src/w.ts', ['a/src/other/z.ts']],
    ['a/src/top/y.ts', ['a/src/one/x.ts', 'a/src/index.ts']],
  ])
  expect(findClimbs(imports, floors)).toEqual([
    'a/src/one/x.ts > a/src/top/y.ts',
    'a/src/w.ts > a/src/other/z.ts',
    'a/src/top/y.ts > a/src/index.ts',
  ])
})

test('no file imports from a floor above its own', () => {
  const imports = readAllImports()
  expect(readFloors().flatMap((floors) => findClimbs(imports, floors))).toEqual([])
})

test('mail and oauth are the arms, server is the stem, stacks read both', () => {
  const known = (name: string, kind: 'dependencies' | 'devDependencies') => {
    const text = readFileSync(join(root, name, 'package.json'), 'utf8')
    const declared = (JSON.parse(text) as Record<string, Record<string, string> | undefined>)[kind] ?? {}
    return Object.keys(declared).flatMap((one) => /^@email-connector\/(.*)/.exec(one)?.[1] ?? [])
  }
  const packages = ['packages/mail', 'packages/oauth', 'packages/server', 'packages/testing', 'stacks']
  expect(Object.fromEntries(packages.map((name) => [name, known(name, 'dependencies')]))).toEqual({
    'packages/mail': [],
    'packages/oauth': [],
    'packages/server': ['mail', 'oauth'],
    'packages/testing': [],
    stacks: ['oauth', 'server'],
  })
  expect(
    packages.flatMap((name) => known(name, 'devDependencies')).filter((one) => one !== 'testing'),
  ).toEqual([])
})

test('nothing reaches into a package past its exports; scripts build and drive the packages from outside', () => {
  const inside = (file: string) => /^packages\/\w+\//.exec(file)?.[0]
  const past = [...readAllImports()].flatMap(([file, targets]) =>
    targets
      .filter((target) => inside(target) !== undefined && inside(target) !== inside(file))
      .map((target) => `${file} > ${target}`),
  )
  expect(past.filter((one) => !one.startsWith('scripts/'))).toEqual([])
  expect(past.length).toBeGreaterThan(0)
})

test('no room is more than 15 % of the server', () => {
  const whole = countLines(server)
  const rooms = [...readTree().rooms.keys()].filter(
    (path) => path === `${server}/${roomOf(`${path}/x`, server)}`,
  )
  expect(rooms.length).toBeGreaterThan(15)
  expect(rooms.filter((room) => countLines(room) > 0.15 * whole)).toEqual([])
})
