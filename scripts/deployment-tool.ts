/**
 * `pnpm sst …` and `pnpm cdk …`: the tool itself, with its arguments, signals and exit code. Before a `deploy` of a stage it
 * clears what that stage's own failed first deployment left in the way (scripts/failed-creation.ts), so that the same
 * command succeeds the next time. Whatever is wrong with the stage or the credentials is left to the tool to say.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { getStage } from '../stacks/stages.ts'

const [, , tool = '', ...args] = process.argv
if (tool !== 'sst' && tool !== 'cdk') throw new Error('Usage: deployment-tool sst|cdk …')

if (args[0] === 'deploy' && !args.some((arg) => arg === '--help' || arg === '-h')) await clear()
run()

async function clear(): Promise<void> {
  const context = valuesOf('--context', '-c').find((value) => value.startsWith('stage='))
  const name = tool === 'sst' ? valuesOf('--stage').at(-1) : (context?.slice('stage='.length) ?? 'personal')
  const [profile] = valuesOf('--profile')
  if (profile !== undefined) process.env.AWS_PROFILE = profile
  const stage = name === undefined ? undefined : findStage(name)
  if (stage === undefined) return
  const region = (tool === 'sst' ? valuesOf('--region').at(-1) : undefined) ?? stage.region
  // Only a deployment needs clients of AWS.
  const { clearBeforeDeployment } = await import('./failed-creation.ts')
  const said = await clearBeforeDeployment({ name: stage.name, region })
  if (said !== undefined) process.stderr.write(`${said}\n`)
}

/** Of an option that is written `--name value`, `--name=value` or, with one letter, `-nvalue`. */
function valuesOf(...names: readonly string[]): readonly string[] {
  return args.flatMap((arg, index) => {
    if (names.includes(arg)) return args[index + 1] ?? []
    const name = names.find((one) => arg.startsWith(one.startsWith('--') ? `${one}=` : one))
    return name === undefined ? [] : arg.slice(name.length + (name.startsWith('--') ? 1 : 0))
  })
}

function findStage(name: string) {
  try {
    return getStage(name, process.env.STAGES_FILE)
  } catch {
    // The tool reads the same file and tells every fault.
    return undefined
  }
}

function run(): void {
  const program = join(import.meta.dirname, '..', 'node_modules', '.bin', tool)
  const child = spawn(program, args, { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both; a signal sent to this process alone is passed on.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals)
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  child.on('error', ({ message }) => {
    process.stderr.write(`${tool} cannot be started: ${message}\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    for (const each of signals) process.removeAllListeners(each)
    if (signal === null) process.exitCode = code ?? 1
    else process.kill(process.pid, signal)
  })
}
