/**
 * Installs packages when the lock file says something other than what was last installed here. Two levels: `runtime`
 * is the server and what it needs, `all` the whole workspace. Plain JavaScript, because it runs before anything else is there.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stampFile = join(root, 'node_modules', '.installed.json')

/** Exits the process with a clear sentence when the install fails. */
export function ensureInstalled(level) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 11))
    stop(`Node 20.11 or newer is needed; this is ${process.version}.`)
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .update(readFileSync(join(root, 'pnpm-workspace.yaml')))
    .digest('hex')
  const stamp = readStamp()
  if (stamp?.lock === lock && (stamp.level === 'all' || stamp.level === level)) return

  const filter = level === 'runtime' ? ['--prod', '--filter-prod', '@email-connector/server...'] : []
  console.error(`Installing ${level === 'runtime' ? 'what the server needs' : 'the workspace'} …`)
  const done = spawnSync(
    'npx',
    ['--yes', pinnedPnpm(), 'install', '--frozen-lockfile', '--reporter=append-only', ...filter],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', shell: process.platform === 'win32' },
  )
  if (done.status !== 0) {
    process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`)
    stop('The install failed; what it printed stands above. Is the package registry reachable?')
  }
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, JSON.stringify({ level, lock }))
}

export function pinnedPnpm() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'))
  } catch {
    return undefined // Nothing was installed yet, or not by this script.
  }
}

function stop(sentence) {
  console.error(sentence)
  process.exit(1)
}
