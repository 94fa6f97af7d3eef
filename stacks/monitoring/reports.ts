/**
 * Who could read credentials without one of the functions: someone who changes a key's policy, a function's code or settings, a
 * role, a secret or a whole stack. Each such change is told to the alarm topic, with who made it. EventBridge hears of
 * them only where a trail of CloudTrail records management events; of roles only in the region where IAM reports
 * (docs/operate.md, "Role changed").
 */
import type { FunctionName } from '@email-connector/server/deployment-names'
import { Fn, type Stack } from 'aws-cdk-lib'
import { CfnRule, EventField, type EventPattern, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events'
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets'
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns'
import type { DataParts } from '../data/data-stack.ts'
import { functionName, roleName, stackName } from '../names.ts'
import type { Stage } from '../settings.ts'
import { type Runbook, withRunbook } from './runbook.ts'

interface Report {
  readonly meaning: string
  readonly section: Runbook
  readonly source: string
  readonly eventName: readonly string[]
  /** Which of the account's things: the rest of `detail`. */
  readonly of: Readonly<Record<string, unknown>>
  /** EventBridge leaves reads out unless it is told not to. */
  readonly reads?: true
}

export function createReports(stack: Stack, stage: Stage, data: DataParts, topic: ITopic): void {
  // By its ARN: given the topic itself, CDK would widen the key's policy with a wildcard.
  const byArn = Topic.fromTopicArn(stack, 'AlarmsByArn', topic.topicArn)
  for (const [id, report] of Object.entries(reportsOf(stage, data))) {
    const { meaning, section, source, eventName, of, reads } = report
    const rule = new Rule(stack, id, {
      description: meaning,
      eventPattern: {
        source: [`aws.${source}`],
        detailType: ['AWS API Call via CloudTrail'],
        detail: { eventName: [...eventName], ...of },
      } satisfies EventPattern,
      targets: [new SnsTopic(byArn, { message: messageOf(withRunbook(meaning, section)) })],
    })
    const cfnRule = rule.node.defaultChild
    if (reads && cfnRule instanceof CfnRule) cfnRule.state = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'
  }
}

function messageOf(meaning: string): RuleTargetInput {
  const field = (path: string) => EventField.fromPath(`$.detail.${path}`)
  return RuleTargetInput.fromText(
    `${field('eventName')} by ${field('userIdentity.arn')} from ${field('sourceIPAddress')} at ${field('eventTime')}. ${meaning}`,
  )
}

/** What CloudFormation does is told once, for its stack. */
const byHand = { sourceIPAddress: [{ 'anything-but': 'cloudformation.amazonaws.com' }] }

function reportsOf(stage: Stage, data: DataParts): Readonly<Record<string, Report>> {
  const functionPrefix = functionName(stage.name, 'mcp').replace(/mcp$/, '')
  const rolePrefix = roleName(stage.name, stage.region, 'mcp').replace(/mcp$/, '')
  const roleNames = (names: readonly FunctionName[]) => {
    const roles = names.map((name) => roleName(stage.name, stage.region, name))
    return roles.length === 1 ? roles[0] : roles
  }
  // Callers name a secret by its ARN or by the last part of it.
  const secrets = [data.instanceSecretArn, Fn.select(6, Fn.split(':', data.instanceSecretArn))]
  if (data.clientsSecretArn !== undefined) secrets.push(data.clientsSecretArn)
  const secretTouched = (
    meaning: string,
    secretId: readonly string[],
    readers: readonly FunctionName[],
  ): Report => ({
    meaning,
    section: 'secret-touched',
    source: 'secretsmanager',
    eventName: [
      'GetSecretValue',
      'PutSecretValue',
      'UpdateSecret',
      'DeleteSecret',
      'PutResourcePolicy',
      'DeleteResourcePolicy',
    ],
    reads: true,
    of: {
      ...byHand,
      requestParameters: { secretId },
      // A person who signed in with a user of IAM has no role.
      $or: [
        {
          userIdentity: {
            sessionContext: { sessionIssuer: { userName: [{ 'anything-but': roleNames(readers) }] } },
          },
        },
        { userIdentity: { type: [{ 'anything-but': 'AssumedRole' }] } },
      ],
    },
  })
  return {
    KeyChanged: {
      meaning: 'Somebody disables, deletes or re-permits one of the keys.',
      section: 'key-changed',
      source: 'kms',
      eventName: ['DisableKey', 'ScheduleKeyDeletion', 'PutKeyPolicy', 'DisableKeyRotation'],
      of: { resources: { ARN: [data.credentialsKey.keyArn, data.storageKey.keyArn] } },
    },
    CodeChanged: {
      meaning:
        'Somebody changed a function past CloudFormation: its code, settings, limit, or who may call it.',
      section: 'code-changed',
      source: 'lambda',
      eventName: [
        'UpdateFunctionCode20150331v2',
        'UpdateFunctionConfiguration20150331v2',
        'AddPermission20150331v2',
        'PutFunctionConcurrency20171031',
        'DeleteFunctionConcurrency20171031',
        'DeleteFunction20150331',
      ],
      of: {
        ...byHand,
        requestParameters: {
          functionName: [{ prefix: functionPrefix }, { wildcard: `*:function:${functionPrefix}*` }],
        },
      },
    },
    RoleChanged: {
      meaning: 'Somebody changed what a role may do, or who may take it, past CloudFormation.',
      section: 'role-changed',
      source: 'iam',
      eventName: [
        'PutRolePolicy',
        'DeleteRolePolicy',
        'AttachRolePolicy',
        'DetachRolePolicy',
        'UpdateAssumeRolePolicy',
        'DeleteRolePermissionsBoundary',
        'PutRolePermissionsBoundary',
      ],
      of: { ...byHand, requestParameters: { roleName: [{ prefix: rolePrefix }] } },
    },
    SecretTouched: secretTouched(
      'Somebody other than the oauth function read or changed a secret of the deployment.',
      secrets,
      ['oauth'],
    ),
    ...(data.providersSecretArn !== undefined && {
      ProvidersTouched: secretTouched(
        'Somebody other than the functions read or changed the secret with the providers.',
        [data.providersSecretArn],
        ['oauth', 'mcp', 'owner'],
      ),
    }),
    StackChanged: {
      meaning: 'Somebody deploys or removes a stack of this stage.',
      section: 'stack-changed',
      source: 'cloudformation',
      eventName: ['CreateStack', 'UpdateStack', 'ExecuteChangeSet', 'DeleteStack'],
      of: {
        requestParameters: {
          stackName: [
            { prefix: stackName(stage.name, '') },
            { wildcard: `*:stack/${stackName(stage.name, '')}*` },
          ],
        },
      },
    },
  }
}
