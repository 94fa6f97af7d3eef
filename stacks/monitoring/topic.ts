/** Where alarms and reports go: one encrypted topic, whose publishers are named, and the owner's address. */
import type { Stack } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Stage } from '../settings.ts'

export function createTopic(stack: Stack, stage: Stage, key: Key): Topic {
  const topic = new Topic(stack, 'Alarms', { masterKey: key, enforceSSL: true })
  // A policy of our own replaces the one a topic comes with, so publishers are named. EventBridge is not known to
  // honour conditions here; what a stranger's rule could do is write to the alarm address.
  const publishers = { cloudwatch: { StringEquals: { 'aws:SourceAccount': stack.account } }, events: {} }
  for (const [service, conditions] of Object.entries(publishers))
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: `Publish${service}`,
        principals: [new ServicePrincipal(`${service}.amazonaws.com`)],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions,
      }),
    )
  if (stage.alarmAddress !== undefined) topic.addSubscription(new EmailSubscription(stage.alarmAddress))
  return topic
}
