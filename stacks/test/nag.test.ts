/** R69: cdk-nag's AwsSolutions rules over three kinds of stage. An exception names a rule, where, and why. */
import { AwsSolutionsChecks, type INagLogger } from 'cdk-nag'
import { describe, expect, test } from 'vitest'
import type { StageOptions } from '../settings.ts'
import { personal, production, synthesize } from './synthesize.ts'

interface Exception {
  readonly rule: string
  readonly at: RegExp
  readonly reason: string
}

const exceptions: readonly Exception[] = [
  {
    rule: 'COG4',
    at: /\/RestGateway\/Default\/.*ANY\//,
    reason:
      'This product is an OAuth 2.1 authorization server of its own; a Cognito pool would be a second one.',
  },
  {
    rule: 'APIG4',
    at: /\/(?:oauth|\.well-known)\/|\/(?:health|privacy|files|review)\/ANY|\/Default\/ANY|\/mcp\/OPTIONS/,
    reason: 'Sign-in, discovery, health, pages and the preflight are where a client comes without a token.',
  },
  {
    rule: 'APIG4',
    at: /\/Gateway\/ANY--/,
    reason: 'A personal stage has no authorizer: the mcp function looks the token up itself.',
  },
  {
    rule: 'APIG2',
    at: /\/RestGateway\/Resource$/,
    reason:
      'Many shapes of body come through one path; the parsers in the functions refuse what does not fit.',
  },
  {
    rule: 'APIG3',
    at: /\/DeploymentStage/,
    reason: 'The firewall is the owner’s choice; the stage with everything has it and passes.',
  },
  {
    rule: 'APIG6',
    at: /\/DeploymentStage/,
    reason: 'Execution logs hold headers and bodies, which are tokens and mail. Access logs are on.',
  },
  {
    rule: 'DDB3',
    at: /\/Tokens\//,
    reason: 'A backup of the wraps would outlive revocation; the owner can turn it on.',
  },
  {
    rule: 'DDB3',
    at: /\/(?:Sessions|Once)\//,
    reason: 'Rows live for minutes to a day; a restored one would be expired.',
  },
  {
    rule: 'IAM4 IAMNoManagedPolicies Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs',
    at: /\/GatewayLogRole\//,
    reason: 'The role API Gateway wants for access logs of a whole account; AWS defines what it needs.',
  },
  {
    rule: 'IAM5 IAMNoWildcardPermissions Resource::arn:<AWS::Partition>:logs:',
    at: /Role\//,
    reason: 'Lambda names the streams of a log group itself.',
  },
  {
    rule: 'IAM5 IAMNoWildcardPermissions Resource::*',
    at: /\/(?:Mcp|Oauth|Owner)Role\//,
    reason: 'Lambda in a VPC makes network interfaces, which have no name before they exist.',
  },
  {
    rule: 'SMG4',
    at: /\/(?:Instance|Clients|Providers)Secret$/,
    reason:
      'Rotation must keep older seeds for the longest life of a grant, and clients are made elsewhere; docs/deploy.md says how it is done by hand.',
  },
]

const domainOnly: StageOptions = {
  region: 'eu-central-1',
  domain: { name: 'mail.example.com', hostedZone: { id: 'Z0123456789ABC', name: 'example.com' } },
}

function findingsIn(options: StageOptions): { rule: string; at: string }[] {
  const findings: { rule: string; at: string }[] = []
  const ignore = () => undefined
  const logger: INagLogger = {
    onCompliance: ignore,
    onSuppressed: ignore,
    onSuppressedError: ignore,
    onNotApplicable: ignore,
    onNonCompliance: ({ ruleOriginalName, ruleId, findingId, resource }) =>
      void findings.push({
        rule: `${ruleId.replace('AwsSolutions-', '')} ${ruleOriginalName}${findingId === '' ? '' : ` ${findingId}`}`,
        at: resource.node.path,
      }),
    onError: ({ ruleId, resource, errorMessage }) =>
      void findings.push({ rule: `error in ${ruleId}: ${errorMessage}`, at: resource.node.path }),
  }
  synthesize(options, { aspect: new AwsSolutionsChecks({ reports: false, additionalLoggers: [logger] }) })
  return findings
}

describe('R69: cdk-nag AwsSolutions', () => {
  const kinds = [production, domainOnly, personal].map(findingsIn)
  const isExcepted = ({ rule, at }: { rule: string; at: string }) =>
    exceptions.some((exception) => rule.startsWith(exception.rule) && exception.at.test(at))

  test('finds nothing but what is excepted with a reason', () => {
    const open = kinds.flat().filter((finding) => !isExcepted(finding))
    expect(open.map(({ rule, at }) => `${rule} at ${at}`)).toEqual([])
  })

  test('every exception is one that is needed', () => {
    for (const exception of exceptions) {
      const used = kinds
        .flat()
        .some(({ rule, at }) => rule.startsWith(exception.rule) && exception.at.test(at))
      expect(used, exception.rule).toBe(true)
    }
  })

  test('with everything turned on only the exceptions of principle are left', () => {
    const rules = new Set(kinds[0]?.map(({ rule }) => rule.split(' ')[0]))
    expect([...rules].sort()).toEqual(['APIG2', 'APIG4', 'APIG6', 'COG4', 'DDB3', 'IAM4', 'IAM5', 'SMG4'])
  })
})
