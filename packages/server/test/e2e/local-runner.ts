/** Starts the local runner as a process of its own, with the flags that `npm start` has, and keeps all it prints. */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createTempFolder, freePort, startTiedProcess } from '@email-connector/testing'
import { ClassicLevel } from 'classic-level'
import { nodeArguments } from '../../../../scripts/node-arguments.mjs'
import { builtRunner } from './built-runner.ts'
import type { MailPorts, Product } from './product.ts'

const server = join(import.meta.dirname, '..', '..')

export interface LocalRunner {
  readonly url: string
  readonly pid: number
  readonly dataDir: string
  /** Everything printed so far, stdout and stderr. */
  output(): string
  /** Sends the signal and resolves with the exit code once the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** Stops it for good: its folder goes with it. */
  remove(): Promise<void>
}

export interface RunnerOptions {
  readonly dataDir?: string
  readonly port?: number
  readonly environment?: Readonly<Record<string, string>>
  /** From its sources, exactly as `npm start` does: for what its start or its memory has to show. */
  readonly fromSource?: boolean
}

export async function startLocalRunner(options: RunnerOptions = {}): Promise<LocalRunner> {
  const dataDir = options.dataDir ?? createTempFolder('runner').path
  const port = options.port ?? (await freePort())
  const program = options.fromSource
    ? [...nodeArguments, join(server, 'src', 'local', 'main.ts')]
    : [...nodeArguments.filter((one) => one !== '--import' && one !== 'tsx'), await builtRunner()]
  const child = startTiedProcess(process.execPath, program, {
    cwd: server,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: String(port),
      DATA_DIR: dataDir,
      ...options.environment,
    },
  })
  let ended = false
  void child.ended.then(() => {
    ended = true
  })
  const url = `http://localhost:${port}`
  while (!child.output().includes(`${url}/mcp`)) {
    if (ended) throw new Error(`The runner ended: ${child.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  async function stop(signal: NodeJS.Signals = 'SIGINT') {
    if (!ended) process.kill(child.pid, signal)
    // A tied process keeps nobody's event loop alive.
    const waiting = setInterval(() => {}, 1_000)
    return await child.ended.finally(() => clearInterval(waiting))
  }
  return {
    url,
    pid: child.pid,
    dataDir,
    output: child.output,
    stop,
    async remove() {
      await stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The environment that lets the local runner reach test servers on loopback. */
export function loopbackMail(caPath: string): Record<string, string> {
  return { ALLOW_PRIVATE_MAIL_HOSTS: '1', NODE_EXTRA_CA_CERTS: caPath }
}

export async function startLocalProduct(
  { imap, submission }: MailPorts,
  { fromSource = false }: Pick<RunnerOptions, 'fromSource'> = {},
): Promise<Product & Pick<LocalRunner, 'pid'>> {
  const runner = await startLocalRunner({ fromSource, environment: loopbackMail(imap.authority.caPath) })
  return {
    url: runner.url,
    pid: runner.pid,
    challengeHeader: 'www-authenticate',
    bareChallengeHeader: 'www-authenticate',
    mailboxFields: ({ address, password }, imapTls = 'true') => ({
      provider: 'generic',
      address,
      password,
      imap_host: 'localhost',
      imap_port: String(imapTls === 'true' ? imap.imapsPort : imap.imapPort),
      imap_tls: imapTls,
      smtp_host: 'localhost',
      smtp_port: String(submission.smtpsPort),
      smtp_secure: 'true',
    }),
    output: runner.output,
    async dumpStore() {
      await runner.stop()
      return await dumpStore(runner.dataDir)
    },
    stop: runner.remove,
  }
}

/** Every live row, and every byte of every file: LevelDB's log still holds what was overwritten and deleted. */
async function dumpStore(dataDir: string): Promise<string> {
  const files = await readdir(dataDir, { recursive: true, withFileTypes: true })
  const bytes = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
  )
  // After the files: opening the store compresses its log.
  const rows = (await listRows(dataDir)).map(([key, row]) => `${key} ${JSON.stringify(row)}`)
  return [...rows, ...bytes].join('\n')
}

/** Every row of the store of a runner that is not running. */
export async function listRows(dataDir: string): Promise<[key: string, row: Record<string, unknown>][]> {
  const level = new ClassicLevel<string, Record<string, unknown>>(join(dataDir, 'store'), {
    valueEncoding: 'json',
  })
  try {
    return await level.iterator().all()
  } finally {
    await level.close()
  }
}
