/**
 * Runs a bundled function the way Lambda does: an execution environment serves one invocation at a time, and a
 * second one is started while the first is busy. Output of all environments is kept, since logs are part of what is tested.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'

export interface FunctionConfiguration {
  /** The bundled module and the export that is the handler. */
  readonly file: string
  readonly exportName: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** The Node binary to run it on; default: this one. */
  readonly node?: string
  /**
   * More calls at once than this wait for a free environment. Lambda would start more; a test machine has two
   * cores. Unlimited unless given.
   */
  readonly maxEnvironments?: number
  /** Modules loaded before the bundle, such as one that maps names to loopback. */
  readonly preload?: readonly string[]
}

export interface StreamSink {
  prelude(metadata: {
    statusCode: number
    headers?: Record<string, string>
    multiValueHeaders?: Record<string, string[]>
  }): void
  chunk(bytes: Buffer): void
}

export class FunctionFailure extends Error {
  readonly reason: 'failed' | 'timeout' | 'crashed'
  constructor(reason: 'failed' | 'timeout' | 'crashed') {
    super(`The function ${reason}`)
    this.reason = reason
  }
}

interface Environment {
  readonly child: ChildProcess
  readonly ready: Promise<void>
  busy: boolean
}

export interface FunctionPool {
  /** Resolves with what a buffered handler returned, or undefined once a stream has ended. Throws FunctionFailure. */
  invoke(event: unknown, sink?: StreamSink): Promise<unknown>
  readonly output: string[]
  /** How many environments were ever started. */
  readonly started: () => number
  close(): Promise<void>
}

export function createFunctionPool(configuration: FunctionConfiguration): FunctionPool {
  const environments = new Set<Environment>()
  const output: string[] = []
  const waiting: (() => void)[] = []
  let started = 0

  function start(): Environment {
    started += 1
    const child = spawn(
      configuration.node ?? process.execPath,
      [
        ...(configuration.preload ?? []).flatMap((module) => ['--import', module]),
        join(import.meta.dirname, 'lambda-runtime.mjs'),
        configuration.file,
        configuration.exportName,
      ],
      { env: { ...configuration.environment }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    )
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => output.push(chunk.toString()))
    const ready = new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve())
      child.once('exit', () => reject(new FunctionFailure('crashed')))
      child.once('error', reject)
    })
    const environment: Environment = { child, ready, busy: true }
    environments.add(environment)
    child.once('exit', () => {
      environments.delete(environment)
      waiting.shift()?.()
    })
    return environment
  }

  async function takeEnvironment(): Promise<Environment> {
    for (;;) {
      const free = [...environments].find(({ busy }) => !busy)
      if (free !== undefined) {
        free.busy = true
        return free
      }
      if (environments.size < (configuration.maxEnvironments ?? Number.POSITIVE_INFINITY)) return start()
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }

  function release(environment: Environment): void {
    environment.busy = false
    waiting.shift()?.()
  }

  async function invoke(event: unknown, sink?: StreamSink): Promise<unknown> {
    const environment = await takeEnvironment()
    await environment.ready
    const id = randomUUID()
    const { child } = environment
    return await new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => {
        // Lambda ends an environment that outlives its timeout.
        environments.delete(environment)
        child.kill('SIGKILL')
        finish(() => reject(new FunctionFailure('timeout')))
      }, configuration.timeoutMs)
      const onExit = () => finish(() => reject(new FunctionFailure('crashed')))
      const onMessage = (message: {
        type: string
        id: string
        value?: unknown
        metadata?: Parameters<StreamSink['prelude']>[0]
        base64?: string
      }) => {
        if (message.id !== id) return
        if (message.type === 'prelude' && message.metadata !== undefined) sink?.prelude(message.metadata)
        else if (message.type === 'chunk') sink?.chunk(Buffer.from(message.base64 ?? '', 'base64'))
        else if (message.type === 'result') finish(() => resolve(message.value))
        else if (message.type === 'done') finish(() => resolve(undefined))
        else if (message.type === 'failed') finish(() => reject(new FunctionFailure('failed')))
      }
      function finish(settle: () => void) {
        clearTimeout(timer)
        child.off('message', onMessage)
        child.off('exit', onExit)
        release(environment)
        settle()
      }
      child.on('message', onMessage)
      child.once('exit', onExit)
      child.send({ type: 'invoke', id, event, timeoutMs: configuration.timeoutMs })
    })
  }

  return {
    invoke,
    output,
    started: () => started,
    close: async () => {
      await Promise.all(
        [...environments].map(
          ({ child }) =>
            new Promise<void>((resolve) => {
              child.once('exit', () => resolve())
              child.kill('SIGKILL')
            }),
        ),
      )
    },
  }
}
