/** Every fault of a stage's settings at once, and none in those that are right. */
import { describe, expect, test } from 'vitest'
import { parseStage, StageError, type StageOptions } from '../settings.ts'
import { getStage } from '../stages.ts'
import { personal, production } from './synthesize.ts'

function faultsOf(name: string, options: StageOptions): readonly string[] {
  try {
    parseStage(name, options)
    return []
  } catch (error) {
    if (!(error instanceof StageError)) throw error
    return error.faults
  }
}

describe('settings of a stage', () => {
  test('a stage nobody listed is a personal one, without a domain', () => {
    expect(getStage('anybody')).toMatchObject({ name: 'anybody', keepData: false })
    expect(getStage('anybody').domain).toBeUndefined()
  })

  test('everything turned on is right, and so is nothing', () => {
    expect(faultsOf('prod', production)).toEqual([])
    expect(faultsOf('me', personal)).toEqual([])
  })

  test('data is kept unless the owner says otherwise', () => {
    expect(parseStage('x', { region: 'eu-central-1' })).toMatchObject({ keepData: true, tokensBackup: false })
  })

  test('all faults come at once, each naming its setting', () => {
    const faults = faultsOf('a stage with blanks', {
      region: 'Frankfurt',
      domain: { name: 'https://mail.example.com/' },
      allowedAccounts: ['not an address'],
      disabledClients: ['netscape'],
      disabledProviders: ['geocities'],
      extraRedirectUris: ['javascript:alert(1)'],
      corsOrigins: ['https://example.com/path'],
      tokenDays: { access: 0, refreshIdle: 1.5, grant: 99_999 },
      logRetentionDays: 8,
      alarmAddress: 'nobody',
      monthlyBudgetUsd: -1,
      throttle: { requestsPerSecond: 0, burst: 1e9 },
      reservedConcurrency: { mcp: 0 },
      permissionsBoundaryArn: 'boundary',
      tags: { 'aws:mine': 'x' },
    })
    expect(faults.map((fault) => fault.split(':')[0]).sort()).toEqual(
      [
        'name',
        'region',
        'domain.name',
        'domain',
        'allowedAccounts',
        'disabledClients',
        'disabledProviders',
        'extraRedirectUris',
        'corsOrigins',
        'tokenDays.access',
        'tokenDays.refreshIdle',
        'tokenDays.grant',
        'logRetentionDays',
        'alarmAddress',
        'monthlyBudgetUsd',
        'throttle.requestsPerSecond',
        'throttle.burst',
        'reservedConcurrency.mcp',
        'permissionsBoundaryArn',
        'tags',
      ].sort(),
    )
  })

  const domain = { name: 'mail.example.com', hostedZone: { id: 'Z0123456789ABC', name: 'example.com' } }
  test.each<[string, StageOptions, string]>([
    ['a firewall without a domain', { ...personal, firewall: true }, 'firewall'],
    ['a budget nobody hears of', { ...personal, monthlyBudgetUsd: 5 }, 'monthlyBudgetUsd'],
    [
      'a certificate of another region',
      {
        ...personal,
        domain: { ...domain, certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/x' },
      },
      'domain.certificateArn',
    ],
    [
      'a zone that does not hold the domain',
      { ...personal, domain: { ...domain, hostedZone: { id: 'Z0123456789ABC', name: 'ample.com' } } },
      'domain.hostedZone.name',
    ],
    [
      'a zone by its name instead of its id',
      { ...personal, domain: { ...domain, hostedZone: { id: 'example.com', name: 'example.com' } } },
      'domain.hostedZone.id',
    ],
  ])('%s is a fault', (_title, options, setting) => {
    expect(faultsOf('prod', options).map((fault) => fault.split(':')[0])).toEqual([setting])
  })

  test('a name leaves room for the longest region and function in the 64 characters of a role', () => {
    expect(faultsOf('a'.repeat(20), personal)).toEqual([])
    expect(faultsOf('a'.repeat(21), personal)).toHaveLength(1)
    const longest = `${'a'.repeat(20)}-email-connector-ap-southeast-1-authorizer`
    expect(longest.length).toBeLessThanOrEqual(64)
  })
})
