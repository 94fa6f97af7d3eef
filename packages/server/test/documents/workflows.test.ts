/** .github: what runs for a change is pinned, bounded and allowed no more than it needs, and calls commands that exist. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const packageFile = JSON.parse(read('package.json')) as {
  readonly packageManager: string
  readonly scripts: Readonly<Record<string, string>>
}
const folder = '.github/workflows/'
const workflows = readdirSync(new URL(folder, root)).map((name) => ({ name, text: read(folder + name) }))

test('every action is pinned by its full commit, with the version beside it', () => {
  const uses = workflows.flatMap(({ text }) => text.match(/^.*\buses:.*$/gm) ?? [])
  expect(uses.length).toBeGreaterThan(0)
  expect(uses.filter((line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([])
})

test.each(workflows)('$name may read the code and nothing else, and every job ends', ({ text }) => {
  const rights = text.match(/^ *permissions:.*$|^ *[\w-]+: (?:read|write|none)(?:-all)?$/gm)
  expect(rights).toEqual(['permissions:', '  contents: read'])
  const jobs = text
    .slice(text.indexOf('\njobs:\n'))
    .split(/^ {2}\w+:$/m)
    .slice(1)
  expect(jobs.length).toBeGreaterThan(0)
  for (const job of jobs) expect(job).toMatch(/^ {4}timeout-minutes: \d+$/m)
})

test('workflows call scripts that exist, with the pnpm of package.json', () => {
  const { packageManager, scripts } = packageFile
  const runs = workflows.flatMap(({ text }) =>
    [...text.matchAll(/npx (\S+) ([\w:]+)?/g)].map(([, manager, script]) => ({ manager, script })),
  )
  for (const { manager } of runs) expect(manager).toBe(packageManager)
  const matrix = /run:\s*\[([^\]]*)\]/.exec(read(`${folder}nightly.yml`))?.[1] ?? ''
  const names = [...matrix.matchAll(/['"]([\w:]+)/g)].map(([, name]) => name)
  expect(names.length).toBe(5)
  const known = [...Object.keys(scripts), 'install']
  for (const name of [...names, ...runs.map(({ script = 'install' }) => script)])
    expect(known).toContain(name)
})

test('documents call pnpm in the version of package.json', () => {
  const documents = ['README.md', 'CONTRIBUTING.md', 'docs/deploy.md'].map(read)
  const calls = documents.flatMap((text) =>
    [...text.matchAll(/npx (pnpm\S*)/g)].map(([, manager]) => manager),
  )
  expect(calls.length).toBeGreaterThan(10)
  expect(calls.filter((manager) => manager !== packageFile.packageManager)).toEqual([])
})
