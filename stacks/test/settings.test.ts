/** Every fault of a stage's settings at once, and none in those that are right. */
import { describe, expect, test } from 'vitest'
import { parseStage, StageError, type StageOptions } from '../settings.ts'
import { stageShape } from '../stage-options.ts'
import { personal, production } from './synthesize.ts'

function faultsOf(name: string, options: unknown): readonly string[] {
  try {
    parseStage(name, options)
    return []
  } catch (error) {
    if (!(error instanceof StageError)) throw error
    return error.faults
  }
}

describe('settings of a stage', () => {
  test('everything turned on is right, and so is nothing', () => {
    expect(faultsOf('prod', production)).toEqual([])
    expect(faultsOf('me', personal)).toEqual([])
  })

  test('data is kept unless the owner says otherwise', () => {
    expect(parseStage('x', { region: 'eu-central-1' })).toMatchObject({ keepData: true, tokensBackup: false })
    expect(parseStage('x', personal)).toMatchObject({ keepData: false, logRetentionDays: 7 })
    expect(parseStage('x', { ...personal, keepData: true })).toMatchObject({ keepData: true })
  })

  test('a permanent stage cannot lose its protection by one edit', () => {
    expect(faultsOf('x', { region: 'eu-central-1', keepData: false })).toEqual([
      'keepData: only a stage of kind personal may lose its data with its stack',
    ])
  })

  test('a gate is told to the function that signs people in, and every fault of it comes at once', () => {
    const gate = { issuer: 'https://sso.example.com', clientId: 'id', allow: ['hd:example.com'] }
    const stage = { region: 'eu-central-1', signInProviders: true }
    expect(parseStage('x', { ...stage, gate }).variables).toMatchObject({
      OIDC_GATE_ISSUER: 'https://sso.example.com',
      OIDC_GATE_ALLOW: 'hd:example.com',
    })
    expect(faultsOf('x', { region: 'eu-central-1', gate })).toEqual([
      'gate: needs signInProviders (the secret of its client lies in that secret)',
    ])
    const faulty = [
      { ...gate, issuer: 'http://localhost:3000', days: 31, clientSecret: 'x' },
      { ...gate, allow: [] },
      { ...gate, allow: ['email:example.com'], name: ' ' },
      { ...gate, issuer: 'https://login.microsoftonline.com/common/v2.0' },
    ]
    expect(
      faulty.map((one) =>
        faultsOf('x', { ...stage, gate: one })
          .map((fault) => fault.split(/:? /)[0])
          .sort(),
      ),
    ).toEqual([
      ['gate.clientSecret', 'gate.days', 'gate.issuer'],
      ['gate.allow'],
      ['gate.allow', 'gate.name'],
      ['gate.allow'],
    ])
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
      kind: 'temporary',
      vpc: 'yes',
      keepdata: true,
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
        'tags.aws',
        'kind',
        'vpc',
        'keepdata',
      ].sort(),
    )
  })

  test.each([null, 'prod', [], 7])('a stage that is %j is one fault, not a crash', (options) => {
    expect(faultsOf('prod', options)).toContain('stage: must be {"name": value, …}')
  })

  test.each(Object.keys(stageShape))('a %s of a wrong type is a fault that names it', (setting) => {
    for (const wrong of [null, { nothing: 1 }, 'x\u0000']) {
      const faults = faultsOf('prod', { region: 'eu-central-1', [setting]: wrong })
      expect(faults.map((fault) => fault.split(/[.:]/)[0])).toContain(setting)
    }
  })

  test.each([
    'eu-central-1',
    'us-gov-west-1',
    'cn-north-1',
    'cn-northwest-1',
    'eusc-de-east-1',
    'us-isob-east-1',
    'ap-southeast-7',
  ])('%s is a region, in whichever partition', (region) => {
    expect(faultsOf('prod', { region })).toEqual([])
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
      'mail servers in a network that is not there',
      { ...personal, internalMail: { hosts: ['imap.corp.example'] } },
      'internalMail',
    ],
    [
      'an address in the place of a host',
      { ...personal, vpc: true, internalMail: { hosts: ['127.0.0.1'] } },
      'internalMail.hosts',
    ],
    [
      'a certificate that is none',
      { ...personal, vpc: true, internalMail: { hosts: ['imap.corp.example'], ca: ['c2VjcmV0'] } },
      'internalMail.ca',
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
