/**
 * Starts a program that cannot outlive this process, not even when this process is killed with SIGKILL:
 * a shell watches our end of its standard input, and ends the program when that closes.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

export interface TiedProcess {
  readonly pid: number
  /** Everything the program wrote to standard output and error so far. */
  output(): string
  /** Resolves when the program has ended, whatever the reason, with its exit code; null after a signal. */
  readonly ended: Promise<number | null>
  /**
   * SIGTERM; its children, which it may be waiting for, are killed at once: nothing a test server keeps is worth
   * the second. The program itself is left to end, so that it collects them. SIGKILL to all after five seconds.
   */
  stop(): Promise<void>
}

// `exec` keeps the shell's pid, so `$$` is the program; fd 3 is the pipe from us.
const watch = 'exec 3<&0; (cat <&3; kill $$) >/dev/null 2>&1 & exec "$@" 3<&- </dev/null'

export function startTiedProcess(
  command: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): TiedProcess {
  const child: ChildProcess = spawn('/bin/sh', ['-c', watch, 'sh', command, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: options.env ?? process.env,
    cwd: options.cwd,
    // A process group of its own, so that its children can be ended with it.
    detached: true,
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`cannot start ${command}`)
  let output = ''
  const keep = (chunk: Buffer) => {
    output += chunk.toString()
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  // The watcher may be gone before our end of the pipe is closed.
  child.stdin?.on('error', () => {})
  const ended = once(child, 'exit').then(() => {
    // The watcher has nothing left to watch.
    child.stdin?.destroy()
    return child.exitCode
  })
  // Nothing started here may keep the test runner from ending.
  child.unref()

  return {
    pid,
    output: () => output,
    ended,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.ref()
        child.kill('SIGTERM')
        const kill = setTimeout(() => process.kill(-pid, 'SIGKILL'), 5_000)
        const impatience = setInterval(() => killChildren(pid), 30)
        await ended
        clearInterval(impatience)
        clearTimeout(kill)
      }
    },
  }
}

function killChildren(pid: number) {
  for (const one of childrenOf(pid)) {
    try {
      process.kill(one, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
}

function childrenOf(pid: number): number[] {
  try {
    const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return pids.split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
