/** Starts the local runner as a process of its own, the way `npm start` does, and keeps all it prints. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createTempFolder, freePort } from '@email-connector/testing'

const server = join(import.meta.dirname, '..', '..')

export interface LocalRunner {
  readonly url: string
  readonly dataDir: string
  /** Everything printed so far, stdout and stderr. */
  output(): string
  /** Sends the signal and resolves with the exit code once the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export async function startLocalRunner(
  options: { dataDir?: string; port?: number; environment?: Record<string, string> } = {},
): Promise<LocalRunner> {
  const dataDir = options.dataDir ?? createTempFolder('local-runner').path
  const port = options.port ?? (await freePort())
  const chunks: string[] = []
  const child = spawn(process.execPath, ['--import', 'tsx', join(server, 'src', 'local', 'main.ts')], {
    cwd: server,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      PORT: String(port),
      DATA_DIR: dataDir,
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const url = `http://localhost:${port}`
  await new Promise<void>((resolve, reject) => {
    const onOutput = (chunk: Buffer) => {
      chunks.push(chunk.toString())
      if (chunks.join('').includes(`${url}/mcp`)) resolve()
    }
    child.stdout.on('data', onOutput)
    child.stderr.on('data', onOutput)
    child.once('exit', (code) => reject(new Error(`The runner ended with ${code}: ${chunks.join('')}`)))
  })
  return { url, dataDir, output: () => chunks.join(''), stop: (signal = 'SIGINT') => stopChild(child, signal) }
}

function stopChild(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code))
    child.kill(signal)
  })
}
