/**
 * Runs a bundled function the way Lambda does: AWS's own runtime client in a process of its own, which serves one
 * invocation at a time; a second one is started while the first is busy. Output of all environments is kept, since logs
 * are part of what is tested.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { basename, dirname, extname, join } from 'node:path'
import { FunctionFailure, type RuntimeApi, type StreamSink, startRuntimeApi } from './runtime-api.ts'

export { FunctionFailure, type StreamSink } from './runtime-api.ts'

export interface FunctionConfiguration {
  /** The bundled module and the export that is the handler. */
  readonly file: string
  readonly exportName: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** The Node binary to run it on: one that Lambda has. */
  readonly node: string
  /**
   * More calls at once than this wait for a free environment. Lambda would start more; a test machine has two
   * cores. Unlimited unless given.
   */
  readonly maxEnvironments?: number
  /** Modules loaded before the bundle, such as one that maps names to loopback. */
  readonly preload?: readonly string[]
}

/** An execution environment. */
interface Environment {
  readonly child: ChildProcess
  readonly api: RuntimeApi
  /** Rejects when the process ends, for whatever reason. */
  readonly ended: Promise<never>
}

export interface FunctionPool {
  /** Resolves with what a buffered handler returned, or undefined once a stream has ended. Throws FunctionFailure. */
  invoke(event: unknown, sink?: StreamSink): Promise<unknown>
  readonly output: string[]
  /** How many environments were ever started. */
  readonly started: () => number
  /** Of the environments that are there now. */
  readonly pids: () => readonly number[]
  close(): Promise<void>
}

const runtimeClient = createRequire(import.meta.url).resolve('aws-lambda-ric')
const preloaded = join(import.meta.dirname, 'start-runtime-client.mjs')

export function createFunctionPool(configuration: FunctionConfiguration): FunctionPool {
  const { file, timeoutMs, preload = [] } = configuration
  const environments = new Set<Environment>()
  const free: Environment[] = []
  const output: string[] = []
  const waiting: (() => void)[] = []
  let starting = 0
  /** Have answered, and will ask for the next invocation any moment: another one need not be started. */
  let finishing = 0
  let started = 0

  const variables = (address: string) => ({
    ...configuration.environment,
    AWS_LAMBDA_RUNTIME_API: address,
    AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1: 'true',
    AWS_LAMBDA_FUNCTION_NAME: 'simulated',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
    AWS_LAMBDA_LOG_GROUP_NAME: 'simulated',
    AWS_LAMBDA_LOG_STREAM_NAME: 'simulated',
    LAMBDA_TASK_ROOT: dirname(file),
    _HANDLER: `${basename(file, extname(file))}.${configuration.exportName}`,
  })

  async function start(): Promise<Environment> {
    started += 1
    const api = await startRuntimeApi()
    const modules = [preloaded, ...preload].flatMap((module) => ['--import', module])
    const child = spawn(configuration.node, [...modules, runtimeClient], {
      env: variables(api.address),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => output.push(chunk.toString()))
    const ended = new Promise<never>((_, reject) => {
      // Not `exit`: what it wrote last has to be here.
      child.once('close', () => reject(new FunctionFailure('crashed')))
      child.once('error', reject)
    })
    const environment: Environment = { child, api, ended }
    environments.add(environment)
    ended.catch(() => forget(environment))
    return environment
  }

  function forget(environment: Environment): void {
    environments.delete(environment)
    const index = free.indexOf(environment)
    if (index >= 0) free.splice(index, 1)
    void environment.api.close()
    waiting.shift()?.()
  }

  async function takeEnvironment(): Promise<Environment> {
    for (;;) {
      const found = free.pop()
      if (found !== undefined) return found
      const isRoom =
        environments.size + starting < (configuration.maxEnvironments ?? Number.POSITIVE_INFINITY)
      if (isRoom && waiting.length >= finishing) {
        starting += 1
        try {
          return await start()
        } finally {
          starting -= 1
        }
      }
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }

  /** Lambda gives an environment the next invocation when its runtime has asked for it, and ends one that does not. */
  async function release(environment: Environment): Promise<void> {
    finishing += 1
    try {
      await withTimeout(environment, environment.api.idle())
      free.push(environment)
    } finally {
      finishing -= 1
      waiting.shift()?.()
    }
  }

  /** Lambda ends an environment that outlives its time-out. */
  async function withTimeout<Value>({ child, ended }: Environment, work: Promise<Value>): Promise<Value> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        child.kill('SIGKILL')
        reject(new FunctionFailure('timeout'))
      }, timeoutMs)
    })
    try {
      return await Promise.race([work, ended, late])
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async invoke(event, sink) {
      const environment = await takeEnvironment()
      const { api, ended } = environment
      await Promise.race([api.idle(), ended])
      try {
        return await withTimeout(environment, api.invoke(event, timeoutMs, sink))
      } finally {
        release(environment).catch(() => undefined) // It has ended, and is forgotten.
      }
    },
    output,
    started: () => started,
    pids: () => [...environments].flatMap(({ child }) => child.pid ?? []),
    async close() {
      await Promise.all(
        [...environments].map(async ({ child, ended }) => {
          child.kill('SIGKILL')
          await ended.catch(() => undefined)
        }),
      )
    },
  }
}
