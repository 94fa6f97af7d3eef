/**
 * `npm test`: installs what is missing, then checks format, lint, types and unused code, and runs every test. Ends with
 * one line that counts them; what could not run here is named and counted above that line (test-report.mjs).
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled, root } from './install.mjs'
import { toSummary } from './test-report.mjs'

ensureInstalled('all')

const bin = (name) => join(root, 'node_modules', '.bin', name)
const checks = [
  ['format and lint', bin('biome'), ['ci', '--reporter=summary', '.']],
  ['types', bin('tsc'), ['--noEmit', '-p', '.']],
  ['unused code', bin('knip'), []],
]
let passed = 0
let failed = 0
// A check takes one core, and installing mostly waits.
await Promise.all([
  run('sh', [join('scripts', 'install-test-servers.sh')]),
  ...checks.map(async ([title, command, args]) => {
    const output = []
    const ok = await run(command, args, output)
    // At once, so that no two mix.
    process.stdout.write(Buffer.concat(output))
    console.log(`${ok ? '✓' : '✗'} ${title}`)
    if (ok) passed += 1
    else failed += 1
  }),
])

const folder = mkdtempSync(join(tmpdir(), 'email-connector-test-'))
const report = join(folder, 'report.json')
const only = process.argv.slice(2)
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
const endedWell = await run(bin('vitest'), ['run', ...reporters, ...only])
if (existsSync(report)) {
  const summary = toSummary(JSON.parse(readFileSync(report, 'utf8')), {
    isCi: Boolean(process.env.CI),
    endedWell,
  })
  passed += summary.passed
  failed += summary.failed
  for (const line of summary.lines) console.log(line)
  if (process.env.LONG_RUN !== '1') {
    const forLongRun = ['bench', 'packages', 'stacks']
      .flatMap((folder) => namesIn(join(root, folder)))
      .filter((name) => name.endsWith('.long.test.ts'))
    console.log(`${forLongRun.length} files are for a long run (pnpm test:long)`)
  }
} else {
  failed += 1
}
rmSync(folder, { recursive: true, force: true })
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > checks.length ? 0 : 1)

function namesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return [entry.name]
    return entry.name === 'node_modules' ? [] : namesIn(join(folder, entry.name))
  })
}

/** What it prints goes to the terminal, or is kept in `output`. Resolves with whether it went well. */
function run(command, args, output) {
  return new Promise((resolve) => {
    const stdio = output === undefined ? 'inherit' : ['ignore', 'pipe', 'pipe']
    const child = spawn(command, args, { cwd: root, stdio })
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk))
    child.on('error', ({ message }) => {
      console.error(`${command}: ${message}`)
      resolve(false)
    })
    child.on('close', (code) => resolve(code === 0))
  })
}
