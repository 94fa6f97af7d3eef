/** What the firewall blocks, and what it must let pass. */
import { describe, expect, test } from 'vitest'
import { managedGroups } from '../api/web-acl.ts'
import { get } from './synthesize.ts'

describe('firewall', () => {
  test('R43: the firewall counts by no address and takes no samples', () => {
    const text = JSON.stringify(get('production').one('AWS::WAFv2::WebACL').Properties)
    expect(text).not.toContain('RateBasedStatement')
    expect(text).not.toContain('"SampledRequestsEnabled":true')
  })

  test('R43: the firewall blocks with three managed groups, and only counts what would stop mail or OAuth', () => {
    const counts = (...rules: string[]) => rules.map((Name) => ({ Name, ActionToUse: { Count: {} } }))
    const { DefaultAction, Rules } = get('production').one('AWS::WAFv2::WebACL').Properties
    expect(DefaultAction).toEqual({ Allow: {} })
    expect(
      (Rules as { OverrideAction: unknown; Statement: { ManagedRuleGroupStatement: unknown } }[]).map(
        ({ OverrideAction, Statement }) => [OverrideAction, Statement.ManagedRuleGroupStatement],
      ),
    ).toEqual([
      [{ None: {} }, { VendorName: 'AWS', Name: 'AWSManagedRulesAmazonIpReputationList' }],
      [
        { None: {} },
        {
          VendorName: 'AWS',
          Name: 'AWSManagedRulesCommonRuleSet',
          RuleActionOverrides: counts(
            'SizeRestrictions_BODY',
            'SizeRestrictions_QUERYSTRING',
            'EC2MetaDataSSRF_QUERYARGUMENTS',
            'EC2MetaDataSSRF_BODY',
            'GenericRFI_QUERYARGUMENTS',
            'GenericRFI_BODY',
            'GenericLFI_BODY',
            'CrossSiteScripting_BODY',
            'CrossSiteScripting_QUERYARGUMENTS',
          ),
        },
      ],
      [
        { None: {} },
        {
          VendorName: 'AWS',
          Name: 'AWSManagedRulesKnownBadInputsRuleSet',
          RuleActionOverrides: counts('Log4JRCE_BODY', 'JavaDeserializationRCE_BODY', 'ReactJSRCE_BODY'),
        },
      ],
    ])
    for (const { counted } of managedGroups)
      for (const reason of Object.values(counted)) expect(reason.length).toBeGreaterThan(20)
  })
})
