/**
 * `npm test`: installs what is missing, then checks format, lint, types and unused code, and runs every test. Ends with
 * one line that counts them; what could not run here is named with its reason above that line, never silently left out.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled, root } from './install.mjs'

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
  const results = JSON.parse(readFileSync(report, 'utf8'))
  passed += results.numPassedTests
  failed += results.numFailedTests
  for (const file of results.testResults) {
    // A file that fails to load has no test to count, and must still fail the run.
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'))
      failed += 1
    for (const test of file.assertionResults)
      if (test.status === 'skipped' || test.status === 'pending' || test.status === 'todo')
        console.log(`not run: ${test.fullName}`)
  }
} else {
  failed += 1
}
rmSync(folder, { recursive: true, force: true })
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > checks.length ? 0 : 1)

function run(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0
}
