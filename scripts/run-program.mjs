/** Becomes one of the server's programs: installs what it needs, then passes on arguments, signals and the exit code. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled, root } from './install.mjs'
import { nodeArguments } from './node-arguments.mjs'

/** `file` is relative to packages/server/src. */
export function runProgram(file) {
  ensureInstalled('runtime')
  const server = join(root, 'packages', 'server')
  const program = spawn(
    process.execPath,
    [...nodeArguments, join(server, 'src', file), ...process.argv.slice(2)],
    { cwd: server, stdio: 'inherit', env: { ...process.env, EMAIL_CONNECTOR_ROOT: process.cwd() } },
  )
  // Ctrl-C reaches the program through the terminal; a signal sent to this process alone is passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => program.kill(signal))
  program.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)))
}
