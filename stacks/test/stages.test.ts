/** The owner's file of stages: what it may say, and that a stage cannot lose its entry unnoticed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { StageError } from '../settings.ts'
import { getStage } from '../stages.ts'
import { schemaFile, stagesSchemaText } from '../stages-schema.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'stages-'))
afterAll(() => rmSync(folder, { recursive: true }))

function withFile(text: string): string {
  const file = join(folder, 'stages.json')
  writeFileSync(file, text)
  return file
}

function faultsOf(name: string, file: string): string {
  try {
    getStage(name, file)
    return ''
  } catch (error) {
    if (!(error instanceof StageError)) throw error
    return error.faults.join('\n')
  }
}

const prod = { region: 'eu-central-1', allowedAccounts: ['example.com'] }

describe('stages.json', () => {
  test('a stage is what its entry says', () => {
    const file = withFile(JSON.stringify({ prod, mine: { kind: 'personal', region: 'us-east-1' } }))
    expect(getStage('prod', file)).toMatchObject({ ...prod, name: 'prod', kind: 'permanent', keepData: true })
    expect(getStage('mine', file)).toMatchObject({ region: 'us-east-1', keepData: false })
  })

  test('personal needs no entry and no file, and is never anything else', () => {
    expect(getStage('personal', join(folder, 'none.json'))).toMatchObject({
      kind: 'personal',
      region: 'eu-central-1',
      keepData: false,
    })
    expect(faultsOf('personal', withFile(JSON.stringify({ personal: prod })))).toContain('take another name')
  })

  test('a stage that lost its entry is refused, not made an open one without protection', () => {
    expect(faultsOf('prod', withFile(JSON.stringify({ staging: prod })))).toContain(
      'has no entry for it (it has staging)',
    )
    expect(faultsOf('prod', withFile('{}'))).toContain('has no entry for it (it has none)')
    expect(faultsOf('prod', join(folder, 'none.json'))).toContain('has no entry')
  })

  test.each(['constructor', '__proto__', 'toString', '$schema'])('%s is no stage', (name) => {
    expect(faultsOf(name, withFile(JSON.stringify({ $schema: './x.json', prod })))).toContain('has no entry')
  })

  test.each(['', '{', '[]', 'null', '"prod"'])('a file that is %j is one clear fault', (text) => {
    expect(faultsOf('prod', withFile(text))).toMatch(/stages\.json (?:is not JSON|must be)/)
  })

  test('every fault of an entry comes at once', () => {
    const faults = faultsOf('prod', withFile(JSON.stringify({ prod: { region: 5, vpc: 'on', allowed: [] } })))
    expect(
      faults
        .split('\n')
        .map((fault) => fault.split(':')[0])
        .sort(),
    ).toEqual(['allowed', 'region', 'vpc'])
  })

  test('the example is right, and says nothing that editors would refuse', () => {
    const example = join(root, 'stages.example.json')
    const { $schema, ...stages } = JSON.parse(readFileSync(example, 'utf8')) as Record<string, unknown>
    for (const name of Object.keys(stages)) expect(faultsOf(name, example)).toBe('')
    expect(join(root, String($schema))).toBe(schemaFile)
  })

  test('git does not track it', () => {
    expect(readFileSync(join(root, '.gitignore'), 'utf8').split('\n')).toContain('/stages.json')
  })

  test('the schema for editors is current (pnpm write-stages-schema)', () => {
    expect(readFileSync(schemaFile, 'utf8')).toBe(stagesSchemaText())
  })
})
