/**
 * AWS WAF before the REST API: AWS's managed rules without those that would stop mail or OAuth, and two limits by address.
 * What hosted clients send from addresses that they share is counted by neither: calls with a token, and the token
 * endpoint. Samples and logs are off, since they hold headers and queries.
 */
import type { Stack } from 'aws-cdk-lib'
import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2'
import { stackName } from '../names.ts'
import type { Stage } from '../settings.ts'

interface ManagedGroup {
  readonly name: string
  /** Rules that only count, each with what it would break. */
  readonly counted: Readonly<Record<string, string>>
}

export const managedGroups: readonly ManagedGroup[] = [
  { name: 'AWSManagedRulesAmazonIpReputationList', counted: {} },
  {
    name: 'AWSManagedRulesCommonRuleSet',
    counted: {
      SizeRestrictions_BODY: 'An email with attachments is longer than 8 KB.',
      SizeRestrictions_QUERYSTRING:
        'An authorization request with a stateless client id is longer than 2 KB.',
      EC2MetaDataSSRF_QUERYARGUMENTS: 'Loopback redirect URIs stand in the query.',
      EC2MetaDataSSRF_BODY: 'An email may name any address.',
      GenericRFI_QUERYARGUMENTS: 'http://127.0.0.1:PORT/callback is a redirect URI (RFC 8252 §7.3).',
      GenericRFI_BODY: 'The token request repeats that redirect URI; an email may hold any link.',
      GenericLFI_BODY: 'An email may hold any path.',
      CrossSiteScripting_BODY: 'An email may hold HTML; no page of this server shows it.',
      CrossSiteScripting_QUERYARGUMENTS: 'The state of a client is any text.',
    },
  },
  {
    name: 'AWSManagedRulesKnownBadInputsRuleSet',
    counted: {
      Log4JRCE_BODY: 'An email may quote the attack; nothing here is Java.',
      JavaDeserializationRCE_BODY: 'An email may quote the attack; nothing here is Java.',
      ReactJSRCE_BODY: 'An email may quote the attack; no page here runs React on the server.',
    },
  },
]

interface RateLimit {
  readonly name: string
  /** Requests of one address in five minutes. */
  readonly limit: number
  readonly counts: CfnWebACL.StatementProperty
}

const uriPath = { uriPath: {} }
const asItIs = [{ priority: 0, type: 'NONE' }]
const path = (positionalConstraint: 'EXACTLY' | 'STARTS_WITH', searchString: string) => ({
  byteMatchStatement: {
    fieldToMatch: uriPath,
    positionalConstraint,
    searchString,
    textTransformations: asItIs,
  },
})
const hasAuthorization = {
  sizeConstraintStatement: {
    fieldToMatch: { singleHeader: { Name: 'authorization' } },
    comparisonOperator: 'GT',
    size: 0,
    textTransformations: asItIs,
  },
}
const not = (statement: CfnWebACL.StatementProperty) => ({ notStatement: { statement } })

/** An office behind one address: 200 people who connect in the same five minutes stay below both. */
const rateLimits: readonly RateLimit[] = [
  {
    // Probes and floods: all that a client asks before it has a token is a handful.
    name: 'WithoutToken',
    limit: 3_000,
    counts: { andStatement: { statements: [not(hasAuthorization), not(path('STARTS_WITH', '/oauth/'))] } },
  },
  {
    // Pages and registration. The token endpoint is asked by servers of clients, for many people.
    name: 'SignIn',
    limit: 2_000,
    counts: {
      andStatement: { statements: [path('STARTS_WITH', '/oauth/'), not(path('EXACTLY', '/oauth/token'))] },
    },
  },
]

/** WAF takes 1 to 100 overrides: a list without entries is refused, and with it the whole stack. */
function toOverrides(counted: ManagedGroup['counted']) {
  const ruleActionOverrides = Object.keys(counted).map((name) => ({ name, actionToUse: { count: {} } }))
  return ruleActionOverrides.length === 0 ? {} : { ruleActionOverrides }
}

export function createWebAcl(stack: Stack, stage: Stage, gatewayStageArn: string): void {
  const visible = (metricName: string) => ({
    metricName,
    cloudWatchMetricsEnabled: true,
    sampledRequestsEnabled: false,
  })
  const webAcl = new CfnWebACL(stack, 'Firewall', {
    name: stackName(stage.name, 'firewall'),
    scope: 'REGIONAL',
    defaultAction: { allow: {} },
    visibilityConfig: visible('firewall'),
    rules: [...managedGroups.map(toRule), ...rateLimits.map(toRateRule)],
  })
  new CfnWebACLAssociation(stack, 'FirewallAssociation', {
    resourceArn: gatewayStageArn,
    webAclArn: webAcl.attrArn,
  })

  function toRule({ name, counted }: ManagedGroup, priority: number): CfnWebACL.RuleProperty {
    return {
      name,
      priority,
      overrideAction: { none: {} },
      statement: {
        managedRuleGroupStatement: {
          vendorName: 'AWS',
          name,
          ...toOverrides(counted),
        },
      },
      visibilityConfig: visible(name),
    }
  }

  function toRateRule({ name, limit, counts }: RateLimit, index: number): CfnWebACL.RuleProperty {
    return {
      name,
      priority: managedGroups.length + index,
      action: {
        block: {
          customResponse: { responseCode: 429, responseHeaders: [{ name: 'Retry-After', value: '60' }] },
        },
      },
      statement: {
        rateBasedStatement: {
          aggregateKeyType: 'IP',
          evaluationWindowSec: 300,
          limit,
          scopeDownStatement: counts,
        },
      },
      visibilityConfig: visible(name),
    }
  }
}
