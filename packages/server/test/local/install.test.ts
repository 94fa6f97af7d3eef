/**
 * When `npm start` and `npm test` install: by what pnpm says is there, so that an install by hand counts too. The folder
 * is this workspace without its packages; `npx` is a stand-in that notes what it is asked, since a test installs nothing.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { createTempFolder } from '@email-connector/testing'
import { expect, onTestFinished, test } from 'vitest'

const root = join(import.meta.dirname, '../../../..')

function createWorkspace() {
  const temporary = createTempFolder('install')
  // Thousands of folders take longer to go than a process that is ended has.
  onTestFinished(() => temporary.remove())
  const folder = temporary.path
  const copy = (path: string) => {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    cpSync(join(root, path), join(folder, path))
  }
  const projects = [
    '.',
    'bench',
    'stacks',
    ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`),
  ]
  for (const path of [
    'pnpm-lock.yaml',
    'scripts/install.mjs',
    ...projects.map((one) => `${one}/package.json`),
  ])
    copy(path)
  const asked = join(folder, 'asked')
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin', 'npx'), `#!/bin/sh\necho "$@" >> '${asked}'\n`, { mode: 0o755 })
  const read = (path: string) => JSON.parse(readFileSync(join(folder, path, 'package.json'), 'utf8'))
  const lock = readFileSync(join(folder, 'pnpm-lock.yaml'), 'utf8')

  return {
    /** What pnpm leaves after an install of these kinds of dependencies. */
    install(kinds: readonly string[], record: (lock: string) => string = (same) => same) {
      for (const project of projects)
        for (const name of kinds.flatMap((kind) => Object.keys(read(project)[kind] ?? {})))
          mkdirSync(join(folder, project, 'node_modules', name), { recursive: true })
      mkdirSync(join(folder, 'node_modules', '.pnpm'), { recursive: true })
      writeFileSync(join(folder, 'node_modules', '.pnpm', 'lock.yaml'), record(lock))
    },
    remove: (path: string) => rmSync(join(folder, path), { recursive: true }),
    /** The arguments of the install that was started, if any. */
    ensureInstalled(level: 'runtime' | 'all'): string | undefined {
      rmSync(asked, { force: true })
      const script = `import { ensureInstalled } from ${JSON.stringify(join(folder, 'scripts', 'install.mjs'))}; ensureInstalled('${level}')`
      const PATH = `${join(folder, 'bin')}${delimiter}${process.env.PATH}`
      const done = spawnSync(process.execPath, ['--input-type=module', '-e', script], { env: { PATH } })
      expect(done.status, done.stderr.toString()).toBe(0)
      return readdirSync(folder).includes('asked') ? readFileSync(asked, 'utf8').trim() : undefined
    },
  }
}

const everything = ['dependencies', 'optionalDependencies', 'devDependencies']
const production = ['dependencies', 'optionalDependencies']

test('nothing is there: the server and what it needs, as the lock file says, without a question', () => {
  const asked = createWorkspace().ensureInstalled('runtime')
  expect(asked).toContain('--frozen-lockfile')
  expect(asked).toContain('--config.confirmModulesPurge=false')
  expect(asked).toMatch(/--prod --filter-prod @email-connector\/server\.\.\.$/)
})

test('after `pnpm install` by hand nothing is installed, and nothing that was is thrown away', () => {
  const workspace = createWorkspace()
  workspace.install(everything)
  expect(workspace.ensureInstalled('runtime')).toBeUndefined()
  expect(workspace.ensureInstalled('all')).toBeUndefined()
})

test('after `pnpm install --prod` by hand the server starts, and the tests install the rest', () => {
  const workspace = createWorkspace()
  // Its record holds fewer packages, and other importers.
  const withoutLast = (lock: string) =>
    lock
      .replace(/^importers:[\s\S]*?^packages:/m, 'importers:\n\n  .: {}\n\npackages:')
      .replace(/\n {2}\S+:\n[\s\S]{0,300}$/, '\n')
  workspace.install(production, withoutLast)
  expect(workspace.ensureInstalled('runtime')).toBeUndefined()
  expect(workspace.ensureInstalled('all')).not.toContain('--prod')
})

test('what optional development packages this machine cannot have is no reason to install', () => {
  const workspace = createWorkspace()
  workspace.install(everything)
  workspace.remove('packages/testing/node_modules/node24')
  expect(workspace.ensureInstalled('all')).toBeUndefined()
})

test.each([
  'packages/server/node_modules/hono',
  'packages/server/node_modules/classic-level',
  'packages/mail/node_modules/imapflow',
])('without %s the server is installed', (path) => {
  const workspace = createWorkspace()
  workspace.install(everything)
  workspace.remove(path)
  expect(workspace.ensureInstalled('runtime')).toContain('install')
})

test('an install that broke off, before pnpm noted it, is done again', () => {
  const workspace = createWorkspace()
  workspace.install(everything)
  workspace.remove('node_modules/.pnpm/lock.yaml')
  expect(workspace.ensureInstalled('runtime')).toContain('install')
})

test('another version than the lock file wants, of any package, is replaced', () => {
  const workspace = createWorkspace()
  workspace.install(everything, (lock) => lock.replaceAll(/\bhono@\d+\.\d+\.\d+/g, 'hono@4.0.0'))
  expect(workspace.ensureInstalled('runtime')).toContain('install')
})
