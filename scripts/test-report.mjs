/**
 * What a run of the tests comes to. A test that was not run is named, never silently left out: on a developer's machine
 * that is all, in CI it is a failure unless `allowedSkips` says why it cannot run there.
 */

/** Where tests may be left out even in CI; `file` is the end of a path. */
export const allowedSkips = [
  { file: 'imap/first-flight.test.ts', title: 'on Courier', reason: 'Courier runs as root only' },
  { file: 'changing/undo.test.ts', title: 'on Courier', reason: 'Courier runs as root only' },
  { file: 'imap/servers.test.ts', title: 'on Courier', reason: 'Courier runs as root only' },
  { file: 'e2e/servers.long.test.ts', title: 'with Courier', reason: 'Courier runs as root only' },
]

/**
 * @param report of vitest's json reporter
 * @param options.isCi whether a test that was not run fails the run
 * @param options.endedWell whether vitest ended with 0: an error outside every test is in no report
 * @returns counts, and the lines to print before them; the last line says how many were not run
 */
export function toSummary(report, { isCi, endedWell = true, allowed = allowedSkips }) {
  const lines = []
  let failed = report.numFailedTests
  let skipped = 0
  for (const file of report.testResults) {
    // A file that fails to load has no test to count, and must still fail the run.
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'))
      failed += 1
    for (const { status, fullName } of file.assertionResults) {
      if (status === 'passed' || status === 'failed') continue
      skipped += 1
      const reason = allowed.find(
        (one) => file.name.endsWith(one.file) && fullName.includes(one.title),
      )?.reason
      const isFailure = isCi && reason === undefined
      if (isFailure) failed += 1
      const note = reason === undefined ? '' : ` (${reason})`
      lines.push(`not run${isFailure ? ', which fails in CI' : ''}: ${fullName}${note}`)
    }
  }
  if (!endedWell && failed === 0) {
    failed = 1
    lines.push('failed: an error outside the tests, above')
  }
  lines.push(`${skipped} not run`)
  return { passed: report.numPassedTests, failed, lines }
}
