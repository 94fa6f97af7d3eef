/**
 * Every setting can be applied to a stage that exists, and taken back: each pair of the stages below is deployed one
 * after the other, there and back twice, in an account that refuses what CloudFormation refuses.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { StageOptions } from '../settings.ts'
import { type CloudFormation, createCloudFormation, Refusal, type Template } from './cloudformation.ts'
import { replacingChanges } from './specification.ts'
import { personal, production, type Synthesized, synthesize } from './synthesize.ts'

const withDomain: StageOptions = {
  region: 'eu-central-1',
  domain: { name: 'mail.example.com', hostedZone: { id: 'Z0123456789ABC', name: 'example.com' } },
}
const certificateArn = 'arn:aws:acm:eu-central-1:123456789012:certificate/x'
const { domain: _domain, firewall: _firewall, ...everythingWithoutDomain } = production

const stages: Readonly<Record<string, StageOptions>> = {
  personal,
  'without a domain, data kept': { region: 'eu-central-1' },
  'with a domain': withDomain,
  'with another domain': { ...withDomain, domain: { name: 'post.example.com', certificateArn } },
  'with a certificate of the owner’s': {
    ...withDomain,
    domain: { name: 'mail.example.com', certificateArn },
  },
  'with a firewall': { ...withDomain, firewall: true },
  'in a network': { region: 'eu-central-1', vpc: true },
  'with clients’ secrets': { region: 'eu-central-1', preRegisteredClients: true },
  'with everything': production,
  'with everything but a domain': everythingWithoutDomain,
  'with a role for the gateway’s logs': { ...withDomain, gatewayLogRole: 'create' },
}
const made = new Map<string, Synthesized>()
function get(name: string): Synthesized {
  const options = stages[name]
  if (options === undefined) throw new Error(`There is no stage ${name}`)
  const found = made.get(name) ?? synthesize(options)
  made.set(name, found)
  return found
}

/** As `cdk deploy --all` and `sst deploy` do: stack after stack, in the order of their dependencies. */
function deploy(account: CloudFormation, { templates }: Pick<Synthesized, 'templates'>): void {
  for (const [stack, template] of Object.entries(templates)) account.deploy(stack, template)
}

function refusalOf(run: () => void): string {
  try {
    run()
    return 'none'
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return error.message
  }
}

describe('R95: a stage that exists takes every change of its settings', () => {
  const names = Object.keys(stages)
  test.each(names)('from a stage %s to every other one and back, twice', (from) => {
    const refused = names.flatMap((to) => {
      const account = createCloudFormation({ replacingChanges })
      const refusal = refusalOf(() => {
        for (const name of [from, to, from, to]) deploy(account, get(name))
      })
      return refusal === 'none' ? [] : [`to a stage ${to}: ${refusal}`]
    })
    expect(refused).toEqual([])
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
    Object.entries(Resources)
      .filter(([, { Type }]) => Type !== 'AWS::DynamoDB::Table')
      .map(([id]) => [stack, id] as const),
  )

  test('wherever the first one failed', () => {
    const stuck = cases.flatMap(([failingStack, id]) => {
      const account = createCloudFormation({ replacingChanges })
      const first = refusalOf(() => {
        for (const [stack, template] of Object.entries(templates))
          account.deploy(stack, template, stack === failingStack ? id : undefined)
      })
      expect(first).toContain(id)
      const second = refusalOf(() => deploy(account, { templates }))
      return second === 'none' ? [] : [`${failingStack} ${id}: ${second}`]
    })
    expect(stuck).toEqual([])
    expect(cases.length).toBeGreaterThan(100)
  })
})
