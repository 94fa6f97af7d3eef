/**
 * Installs packages unless what is installed already serves. Two levels: `runtime` is the server and what it needs, `all`
 * the whole workspace. pnpm's own record of an install decides, so one that was made by hand counts like one made here.
 * Plain JavaScript, because it runs before anything else is there.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Exits the process with a clear sentence when the install fails. */
export function ensureInstalled(level) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 11))
    stop(`Node 20.11 or newer is needed; this is ${process.version}.`)
  if (isInstalled(level)) return

  const filter = level === 'runtime' ? ['--prod', '--filter-prod', '@email-connector/server...'] : []
  console.error(`Installing ${level === 'runtime' ? 'what the server needs' : 'the workspace'} …`)
  const done = spawnSync(
    'npx',
    [
      '--yes',
      pinnedPnpm(),
      'install',
      '--frozen-lockfile',
      '--reporter=append-only',
      // Nobody can answer: stdin is closed.
      '--config.confirmModulesPurge=false',
      ...filter,
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', shell: process.platform === 'win32' },
  )
  if (done.status !== 0) {
    process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`)
    stop('The install failed; what it printed is above. Is the package registry reachable?')
  }
}

export function pinnedPnpm() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager
}

/** Every direct dependency is there, and nothing is installed in another version than the lock file wants. */
function isInstalled(level) {
  const installed = packagesIn(join('node_modules', '.pnpm', 'lock.yaml'))
  const wanted = new Set(packagesIn('pnpm-lock.yaml'))
  if (installed.length === 0 || installed.some((name) => !wanted.has(name))) return false
  const isThere = (folder, kinds) =>
    dependenciesOf(folder, kinds).every((name) => existsSync(join(root, folder, 'node_modules', name)))
  const forServer = neededBy('server').every((folder) => isThere(folder, forRunning))
  if (level === 'runtime' || !forServer) return forServer
  // Those that are optional for developing are not to be had for every machine.
  return ['.', 'bench', 'stacks', ...projectFolders()].every((folder) => isThere(folder, forDeveloping))
}

const forRunning = ['dependencies', 'optionalDependencies']
const forDeveloping = ['dependencies', 'devDependencies']

/** The keys of `snapshots`, the last section of a lock file: name, version and the peers it was installed with. */
function packagesIn(file) {
  if (!existsSync(join(root, file))) return []
  const [, snapshots = ''] = readFileSync(join(root, file), 'utf8').split('\nsnapshots:\n')
  return [...snapshots.matchAll(/^ {2}(\S.*?):(?: \{\})?$/gm)].map(([, name]) => name)
}

/** A package of this workspace and those of the workspace that it runs on. */
function neededBy(name) {
  const others = dependenciesOf(join('packages', name), forRunning)
    .filter((one) => one.startsWith('@email-connector/'))
    .map((one) => one.split('/')[1])
  return [join('packages', name), ...others.flatMap(neededBy)]
}

function projectFolders() {
  return readdirSync(join(root, 'packages')).map((name) => join('packages', name))
}

function dependenciesOf(folder, kinds) {
  const described = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  return kinds.flatMap((kind) => Object.keys(described[kind] ?? {}))
}

function stop(sentence) {
  console.error(sentence)
  process.exit(1)
}
