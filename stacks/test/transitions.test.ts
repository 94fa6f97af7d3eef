/**
 * Every setting can be applied to a stage that exists, and taken back: each pair of the stages below is deployed one
 * after the other, there and back twice, in an account that refuses what CloudFormation refuses.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tableSchemas } from '@email-connector/server/table-schema'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { type CloudFormation, createCloudFormation, type Template } from './cloudformation.ts'
import { replacingChanges } from './specification.ts'
import { deploy, get, move, noticed, refusalOf, refusedChanges, sentenceOf, stages } from './transitions.ts'
import { transitionsDocument, transitionsFile } from './transitions-document.ts'

vi.setConfig({ testTimeout: 180_000 })
// Synthesized before anything is measured: a dozen stages take a while on a busy machine.
beforeAll(() => {
  for (const name of Object.keys(stages)) get(name)
})

describe('R95: a stage that exists takes every change of its settings', () => {
  const names = Object.keys(stages)
  test.each(names)('from a stage %s to every other one and back, twice', (from) => {
    const refused = names.flatMap((to) => {
      const refusal = move(from, to)
      return refusal === 'none' ? [] : [`to a stage ${to}: ${refusal}`]
    })
    expect(refused).toEqual([])
  })

  test('what people notice of a change is what the templates say', () => {
    expect(noticed('personal', 'with a domain')).toEqual(['address'])
    expect(noticed('with a domain', 'with a firewall')).toEqual([])
    expect(noticed('in a network', 'personal')).toEqual(['egress', 'data'])
  })

  test.each(refusedChanges)('refused before anything is touched: %s', (_, from, change) => {
    expect(sentenceOf(from, change)).toContain(Object.keys(change).at(-1))
  })

  test('docs/transitions.md is current (pnpm write-transitions)', () => {
    expect(readFileSync(transitionsFile, 'utf8')).toBe(transitionsDocument())
  })

  test('without `vpc` nothing of the network is left, and the stack is still there to be removed', () => {
    const account = createCloudFormation({ replacingChanges })
    deploy(account, get('in a network'))
    deploy(account, get('without a domain, data kept'))
    const left = Object.values(account.stacks.get('network')?.Resources ?? {}).map(({ Type }) => Type)
    expect(left).toEqual(['AWS::Logs::LogGroup'])
    expect([...account.kept].filter((name) => !name.includes('LogGroup'))).toEqual([])
  })

  test('functions leave the network before it goes, and enter it after it has come', () => {
    const before = (name: string, id: string) =>
      get(name)
        .stacks.find(({ stackName }) => stackName.endsWith(id))
        ?.dependencies.map(({ stackName }) => stackName.replace('prod-email-connector-', ''))
    expect(before('in a network', 'api')).toContain('network')
    expect(before('in a network', 'network')).not.toContain('api')
    expect(before('personal', 'network')).toContain('api')
    // Filters count in log groups that must be there.
    expect(before('personal', 'monitoring')).toContain('api')
    expect(before('personal', 'api')).not.toContain('network')
  })
})

describe('a stage of release 0.1.0 is updated in place', () => {
  const release = JSON.parse(readFileSync(join(import.meta.dirname, 'release-0.1.0.json'), 'utf8')) as Record<
    'production' | 'personal',
    Record<string, Template>
  >
  test.each([
    ['production', 'with everything'],
    ['personal', 'personal'],
  ] as const)('the %s stage', (kind, name) => {
    const account = createCloudFormation({ replacingChanges })
    deploy(account, { templates: release[kind] })
    deploy(account, get(name))
    const stateful = ['AWS::DynamoDB::Table', 'AWS::KMS::Key', 'AWS::SecretsManager::Secret']
    for (const [stack, { Resources }] of Object.entries(release[kind]))
      for (const [id, { Type }] of Object.entries(Resources))
        if (stateful.includes(Type)) expect(account.stacks.get(stack)?.Resources[id]?.Type).toBe(Type)
    // Back to the older release, and on again.
    deploy(account, { templates: release[kind] })
    deploy(account, get(name))
    // And from there on every change is possible.
    for (const next of ['personal', 'with everything', 'with a domain']) deploy(account, get(next))
  })
})

describe('R95: a deployment that fails can be repeated', () => {
  const { templates } = get('with everything')
  const cases = Object.entries(templates).flatMap(([stack, { Resources }]) =>
    Object.keys(Resources).map((id) => [stack, id] as const),
  )
  const names = Object.values(tableSchemas).map(({ suffix }) => `prod-email-connector-${suffix}`)

  /** As `pnpm sst deploy` and `pnpm cdk deploy` do before they begin (failed-creation.test.ts has the real one). */
  function clear({ failed, kept, deleteTable }: CloudFormation): void {
    const there = names.filter((name) => kept.has(`AWS::DynamoDB::Table ${JSON.stringify(name)}`))
    if (failed.has('data') && there.length < names.length) for (const name of there) deleteTable(name)
  }

  test('wherever the first one failed', () => {
    const stuck = cases.flatMap(([failingStack, id]) => {
      const account = createCloudFormation({ replacingChanges })
      const first = refusalOf(() => {
        for (const [stack, template] of Object.entries(templates))
          account.deploy(stack, template, stack === failingStack ? id : undefined)
      })
      // Of a table after the first, CloudFormation names the one that it cannot roll back.
      expect(first).toMatch(new RegExp(`^${id}: CREATE_FAILED|ROLLBACK_FAILED`))
      clear(account)
      const second = refusalOf(() => deploy(account, { templates }))
      return second === 'none' ? [] : [`${failingStack} ${id}: ${second}`]
    })
    expect(stuck).toEqual([])
    expect(cases.length).toBeGreaterThan(100)
  })

  test('at the first table too; at a later one the tables before it are in the way until they are cleared', () => {
    const tables = Object.entries(templates.data?.Resources ?? {}).filter(
      ([, { Type }]) => Type === 'AWS::DynamoDB::Table',
    )
    const second = tables.map(([id]) => {
      const account = createCloudFormation({ replacingChanges })
      const first = refusalOf(() => account.deploy('data', templates.data ?? { Resources: {} }, id))
      expect(account.stacks.size).toBe(0)
      return [first.includes('ROLLBACK_FAILED'), refusalOf(() => deploy(account, { templates }))]
    })
    expect(second[0]).toEqual([false, 'none'])
    for (const [isStuck, refusal] of second.slice(1)) {
      expect(isStuck).toBe(true)
      expect(refusal).toContain('already exists')
    }
  })
})
