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

const exceptions: readonly Exception[] = []

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
    expect(kinds.flat().filter((finding) => !isExcepted(finding)).map(({ rule, at }) => `${rule} at ${at}`)).toEqual([])
  })
})
