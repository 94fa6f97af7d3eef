/** `npm start`: installs what the server needs, then becomes the local runner. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled, root } from './install.mjs'

ensureInstalled('runtime')
const server = join(root, 'packages', 'server')
const runner = spawn(
  process.execPath,
  ['--import', 'tsx', join(server, 'src', 'local', 'main.ts'), ...process.argv.slice(2)],
  { cwd: server, stdio: 'inherit', env: { ...process.env, EMAIL_CONNECTOR_ROOT: process.cwd() } },
)
// Ctrl-C reaches the runner through the terminal; a signal sent to this process alone is passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => runner.kill(signal))
runner.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)))
