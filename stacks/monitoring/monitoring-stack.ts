/**
 * What an operator is told: alarms to one topic, one dashboard, a budget. Counts come from AWS's own metrics and from
 * the words of the log.
 */
import type { Stack } from 'aws-cdk-lib'
import { Rule } from 'aws-cdk-lib/aws-events'
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets'
import { Topic } from 'aws-cdk-lib/aws-sns'
import type { DataParts } from '../data/data-stack.ts'
import type { Stage } from '../settings.ts'
import type { ApiParts } from '../types.ts'
import { createAlarms } from './alarms.ts'
import { createBudget } from './budget.ts'
import { createDashboard } from './dashboard.ts'
import { countLogLines } from './log-counts.ts'
import { createTopic } from './topic.ts'

export function createMonitoringStack(options: {
  stack: Stack
  stage: Stage
  data: DataParts
  api: ApiParts
}): void {
  const { stack, stage, data, api } = options
  const topic = createTopic(stack, stage, data.storageKey)
  // Health logs nothing that is counted.
  const logging = api.functions.filter((name) => name !== 'health')
  const counted = countLogLines(stack, stage, logging)
  createAlarms({ stack, stage, data, api, topic, counted })

  // Reads of keys are not events; changes of them are, if a trail records management events.
  new Rule(stack, 'KeyChanged', {
    description: 'Somebody disables, deletes or re-permits one of the keys',
    eventPattern: {
      source: ['aws.kms'],
      detailType: ['AWS API Call via CloudTrail'],
      detail: {
        eventName: ['DisableKey', 'ScheduleKeyDeletion', 'PutKeyPolicy', 'DisableKeyRotation'],
        resources: { ARN: [data.credentialsKey.keyArn, data.storageKey.keyArn] },
      },
    },
    // By its ARN: given the topic itself, CDK would widen the key's policy with a wildcard.
    targets: [new SnsTopic(Topic.fromTopicArn(stack, 'AlarmsByArn', topic.topicArn))],
  })
  createDashboard({ stack, stage, data, api, logging, counted })
  createBudget(stack, stage)
}
