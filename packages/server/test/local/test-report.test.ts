/**
 * How `npm test` counts: a test that was not run is named, and fails the run in CI unless the list says why. And with which
 * files it begins.
 */
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { longest } from '../../../../scripts/longest-tests.ts'
import { allowedSkips, toSummary } from '../../../../scripts/test-report.mjs'

const file = (name: string, statuses: Record<string, string>, status = 'passed') => ({
  name: `/repository/packages/mail/test/${name}`,
  status,
  assertionResults: Object.entries(statuses).map(([fullName, one]) => ({ fullName, status: one })),
})
const report = (...testResults: ReturnType<typeof file>[]) => {
  const all = testResults.flatMap(({ assertionResults }) => assertionResults)
  const count = (status: string) => all.filter((one) => one.status === status).length
  return { numPassedTests: count('passed'), numFailedTests: count('failed'), testResults }
}
const mixed = report(
  file('imap/servers.test.ts', { 'lists mail': 'passed', 'IMAP operations on Courier: lists': 'pending' }),
  file(
    'reading/get.test.ts',
    { 'gets mail': 'skipped', 'to be written': 'todo', breaks: 'failed' },
    'failed',
  ),
)

test('on a machine of a developer what was not run is named and counted, and fails nothing', () => {
  expect(toSummary(mixed, { isCi: false })).toEqual({
    passed: 1,
    failed: 1,
    lines: [
      'not run: IMAP operations on Courier: lists (Courier runs as root only)',
      'not run: gets mail',
      'not run: to be written',
      '3 not run',
    ],
  })
})

test('in CI it fails the run, unless the list says why it cannot run there', () => {
  const { failed, lines } = toSummary(mixed, { isCi: true })
  expect(failed).toBe(3)
  expect(lines).toEqual([
    'not run: IMAP operations on Courier: lists (Courier runs as root only)',
    'not run, which fails in CI: gets mail',
    'not run, which fails in CI: to be written',
    '3 not run',
  ])
})

test('a file that does not load fails the run though it has no test to count', () => {
  expect(toSummary(report(file('x.test.ts', {}, 'failed')), { isCi: false })).toMatchObject({ failed: 1 })
  expect(toSummary(report(file('x.test.ts', { one: 'passed' })), { isCi: true })).toEqual({
    ...{ passed: 1, failed: 0 },
    lines: ['0 not run'],
  })
})

test('an error outside every test fails the run', () => {
  const passing = report(file('x.test.ts', { one: 'passed' }))
  expect(toSummary(passing, { isCi: false, endedWell: false })).toEqual({
    ...{ passed: 1, failed: 1 },
    lines: ['failed: an error outside the tests, above', '0 not run'],
  })
  expect(toSummary(mixed, { isCi: false, endedWell: false })).toEqual(toSummary(mixed, { isCi: false }))
})

test('every test that may be left out has its reason', () => {
  for (const { file, title, reason } of allowedSkips) {
    expect([file, title, reason].map((text) => text.length > 5)).toEqual([true, true, true])
  }
})

test('every file that begins early is there, once', () => {
  const root = new URL('../../../../', import.meta.url)
  const files = ['packages/mail/test', 'packages/server/test', 'stacks/test', 'bench'].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((file) => !file.includes('node_modules'))
      .map((file) => `${folder}/${file}`),
  )
  const found = longest.map((end) => files.filter((file) => file.endsWith(`/${end}`) || file === end))
  expect(found.filter((all) => all.length !== 1)).toEqual([])
})
