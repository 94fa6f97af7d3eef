/**
 * `npm test`: installs what is missing, then checks format, lint, types and unused code, and runs every test. Ends with
 * one line that counts them; what could not run here is named and counted above that line (test-report.mjs).
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled, root } from './install.mjs'
import { toSummary } from './test-report.mjs'

ensureInstalled('all')
run('sh', [join('scripts', 'install-test-servers.sh')])

const bin = (name) => join(root, 'node_modules', '.bin', name)
const checks = [
  ['format and lint', bin('biome'), ['ci', '--reporter=summary', '.']],
  ['types', bin('tsc'), ['--noEmit', '-p', '.']],
  ['unused code', bin('knip'), []],
]
let passed = 0
let failed = 0
for (const [title, command, args] of checks) {
  const ok = run(command, args)
  console.log(`${ok ? '✓' : '✗'} ${title}`)
  if (ok) passed += 1
  else failed += 1
}

const folder = mkdtempSync(join(tmpdir(), 'email-connector-test-'))
const report = join(folder, 'report.json')
const only = process.argv.slice(2)
run(bin('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...only])
if (existsSync(report)) {
  const summary = toSummary(JSON.parse(readFileSync(report, 'utf8')), { isCi: Boolean(process.env.CI) })
  passed += summary.passed
  failed += summary.failed
  for (const line of summary.lines) console.log(line)
} else {
  failed += 1
}
rmSync(folder, { recursive: true, force: true })
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > checks.length ? 0 : 1)

function run(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0
}
