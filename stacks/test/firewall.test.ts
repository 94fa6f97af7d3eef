/** What the firewall blocks, and what it must let pass. */
import { describe, expect, test } from 'vitest'
import { managedGroups } from '../api/web-acl.ts'
import { get } from './synthesize.ts'

describe('firewall', () => {
  const rules = () => get('production').one('AWS::WAFv2::WebACL').Properties.Rules as Rule[]

  test('the firewall takes no samples', () => {
    const text = JSON.stringify(get('production').one('AWS::WAFv2::WebACL').Properties)
    expect(text).not.toContain('"SampledRequestsEnabled":true')
  })

  const token = { authorization: 'Bearer 0' }
  test.each<[string, string, Record<string, string>, string[]]>([
    ['a call with a token', '/mcp', token, []],
    ['a refresh, with the secret in its body', '/oauth/token', {}, []],
    ['a refresh, with the secret in its header', '/oauth/token', { authorization: 'Basic 0' }, []],
    ['a call without a token', '/mcp', {}, ['WithoutToken']],
    ['an empty Authorization header', '/mcp', { authorization: '' }, ['WithoutToken']],
    ['a discovery document', '/.well-known/oauth-protected-resource/mcp', {}, ['WithoutToken']],
    ['the sign-in page', '/oauth/authorize', {}, ['SignIn']],
    ['a password that is tried', '/oauth/connect', {}, ['SignIn']],
    ['the same with a made-up header', '/oauth/connect', token, ['SignIn']],
    ['a registration', '/oauth/register', {}, ['SignIn']],
    ['a path that only looks like the token endpoint', '/oauth/tokens', {}, ['SignIn']],
  ])('R43: which limit counts %s (%s)', (_, path, headers, expected) => {
    const counting = rules().filter(({ Statement: { RateBasedStatement: rate } }) =>
      rate === undefined ? false : matches(rate.ScopeDownStatement, path, headers),
    )
    expect(counting.map(({ Name }) => Name)).toEqual(expected)
  })

  test('R43: an address has room for 200 people at once, and learns when to come back', () => {
    const rates = rules().filter(({ Statement }) => Statement.RateBasedStatement !== undefined)
    expect(rates.map(({ Statement, Action }) => [Statement.RateBasedStatement?.Limit, Action])).toEqual(
      [3_000, 2_000].map((limit) => [
        limit,
        {
          Block: {
            CustomResponse: { ResponseCode: 429, ResponseHeaders: [{ Name: 'Retry-After', Value: '60' }] },
          },
        },
      ]),
    )
    for (const { Statement } of rates)
      expect(Statement.RateBasedStatement).toMatchObject({ AggregateKeyType: 'IP', EvaluationWindowSec: 300 })
    expect(rules().map(({ Priority }) => Priority)).toEqual([0, 1, 2, 3, 4])
  })

  test('R43: the firewall blocks with three managed groups, and only counts what would stop mail or OAuth', () => {
    const counts = (...rules: string[]) => rules.map((Name) => ({ Name, ActionToUse: { Count: {} } }))
    const { DefaultAction } = get('production').one('AWS::WAFv2::WebACL').Properties
    const groups = rules().filter(({ Statement }) => Statement.ManagedRuleGroupStatement !== undefined)
    expect(DefaultAction).toEqual({ Allow: {} })
    expect(
      groups.map(({ OverrideAction, Statement }) => [OverrideAction, Statement.ManagedRuleGroupStatement]),
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

interface Rule {
  Name: string
  Priority: number
  OverrideAction?: unknown
  Action?: unknown
  Statement: {
    ManagedRuleGroupStatement?: unknown
    RateBasedStatement?: { Limit: number; ScopeDownStatement: Statement }
  }
}

type Statement =
  | { AndStatement: { Statements: Statement[] } }
  | { NotStatement: { Statement: Statement } }
  | { ByteMatchStatement: { PositionalConstraint: 'EXACTLY' | 'STARTS_WITH'; SearchString: string } }
  | { SizeConstraintStatement: { FieldToMatch: { SingleHeader: { Name: string } }; Size: number } }

/** As WAF reads what the two limits are made of; a header that is missing matches nothing. */
function matches(statement: Statement, path: string, headers: Record<string, string>): boolean {
  if ('AndStatement' in statement)
    return statement.AndStatement.Statements.every((one) => matches(one, path, headers))
  if ('NotStatement' in statement) return !matches(statement.NotStatement.Statement, path, headers)
  if ('ByteMatchStatement' in statement) {
    const { PositionalConstraint, SearchString } = statement.ByteMatchStatement
    return PositionalConstraint === 'EXACTLY' ? path === SearchString : path.startsWith(SearchString)
  }
  const { FieldToMatch, Size } = statement.SizeConstraintStatement
  const value = headers[FieldToMatch.SingleHeader.Name]
  return value !== undefined && value.length > Size
}
