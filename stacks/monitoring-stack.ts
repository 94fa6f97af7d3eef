/**
 * What an operator is told: alarms to one topic, one dashboard, a budget. Counts come from AWS's own metrics and from
 * the words of the log (packages/server/src/log.ts), which is a closed vocabulary: a filter cannot meet a secret.
 */
import { Duration, type Stack } from 'aws-cdk-lib'
import { CfnBudget } from 'aws-cdk-lib/aws-budgets'
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  LogQueryWidget,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Rule } from 'aws-cdk-lib/aws-events'
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { appName } from '../packages/server/src/deployment-names.ts'
import type { LogLine } from '../packages/server/src/log.ts'
import type { DataParts } from './data/data-stack.ts'
import { stackName } from './names.ts'
import type { Stage } from './settings.ts'
import type { ApiParts } from './types.ts'

/** Counted from the log; each is a metric that costs only while it counts something. */
const counts = {
  KeyRefused: { event: 'key_refused' },
  KeysUnavailable: { event: 'unavailable', code: 'key_service' },
  StoreUnavailable: { event: 'unavailable', code: 'store' },
  Bugs: { event: 'bug' },
} as const satisfies Record<string, Pick<LogLine, 'event' | 'code'>>

const period = Duration.minutes(5)

export function createMonitoringStack(options: {
  stack: Stack
  stage: Stage
  data: DataParts
  api: ApiParts
}): void {
  const { stack, stage, data, api } = options
  const { functions, logGroups } = api.functions
  const namespace = `${appName}/${stage.name}`

  const topic = new Topic(stack, 'Alarms', { masterKey: data.storageKey, enforceSSL: true })
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

  const groups = Object.entries(logGroups).filter(([name]) => name !== 'health')
  for (const [metricName, words] of Object.entries(counts))
    for (const [name, logGroup] of groups)
      new MetricFilter(stack, `${metricName}In${name}`, {
        logGroup,
        filterPattern: FilterPattern.literal(
          `{ ${Object.entries(words)
            .map(([field, word]) => `($.${field} = "${word}")`)
            .join(' && ')} }`,
        ),
        metricNamespace: namespace,
        metricName,
      })
  const counted = (metricName: keyof typeof counts) =>
    new Metric({ namespace, metricName, statistic: 'Sum', period })

  const alarm = (id: string, metric: IMetric, threshold: number, meaning: string, evaluationPeriods = 1) => {
    const made = new Alarm(stack, id, {
      alarmName: `${stackName(stage.name, id)}`,
      alarmDescription: meaning,
      metric,
      threshold,
      evaluationPeriods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    })
    made.addAlarmAction(new SnsAction(topic))
  }

  for (const [name, lambda] of Object.entries(functions)) {
    alarm(`${name}Errors`, lambda.metricErrors({ period }), 1, `The ${name} function failed or was cut off.`)
    alarm(
      `${name}Throttles`,
      lambda.metricThrottles({ period }),
      1,
      'Concurrency is used up: raise the limit.',
    )
  }
  const latency = gatewayMetric(api, 'latency')
  alarm('Latency', latency, 10_000, 'One call in a hundred takes 10 s or longer.', 3)
  alarm('ServerErrors', gatewayMetric(api, 'serverErrors'), 5, 'Clients see 5xx.')
  alarm('KeyRefused', counted('KeyRefused'), 1, 'KMS refused a ciphertext or the key is disabled.')
  alarm('KeysUnavailable', counted('KeysUnavailable'), 5, 'KMS does not answer or throttles.')
  alarm('StoreUnavailable', counted('StoreUnavailable'), 5, 'DynamoDB does not answer or throttles.')
  alarm('Bugs', counted('Bugs'), 1, 'Something unforeseen: the log line says where.')
  const throttles = Object.entries(data.tables).map(([id, table]) => ({
    id,
    metric: new MathExpression({
      expression: `${id}Reads + ${id}Writes`,
      usingMetrics: {
        [`${id}Reads`]: table.metric('ReadThrottleEvents', { statistic: 'Sum', period }),
        [`${id}Writes`]: table.metric('WriteThrottleEvents', { statistic: 'Sum', period }),
      },
      label: id,
      period,
    }),
  }))
  for (const { id, metric } of throttles) alarm(`${id}TableThrottles`, metric, 1, 'DynamoDB throttles.')

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

  // The casts: CDK's classes are not written for exactOptionalPropertyTypes.
  const graph = (title: string, left: IMetric[]) =>
    new GraphWidget({ title, left, width: 12, period }) as IWidget
  const logTable = (title: string, ...queryLines: string[]) =>
    new LogQueryWidget({
      title,
      width: 12,
      logGroupNames: groups.map(([, group]) => group.logGroupName),
      queryLines,
    }) as IWidget
  const lambdas = Object.values(functions)
  const tables = Object.values(data.tables)
  new Dashboard(stack, 'Dashboard', {
    dashboardName: stackName(stage.name, 'overview'),
    widgets: [
      [
        graph(
          'Calls of functions',
          lambdas.map((lambda) => lambda.metricInvocations({ period })),
        ),
        graph(
          'Errors of functions',
          lambdas.map((lambda) => lambda.metricErrors({ period })),
        ),
      ],
      [
        logTable(
          'Tools: calls, milliseconds',
          'filter event = "tool"',
          'stats count(*) as calls, pct(durationMs, 50) as p50, pct(durationMs, 95) as p95 by tool',
        ),
        logTable(
          'Mail servers and tools: failures by class',
          'filter event in ["tool", "mail"] and ispresent(code)',
          'stats count(*) as failures by event, code',
        ),
      ],
      [
        graph('KMS and DynamoDB refused or unavailable', [
          counted('KeyRefused'),
          counted('KeysUnavailable'),
          counted('StoreUnavailable'),
        ]),
        graph(
          'DynamoDB throttles',
          throttles.map(({ metric }) => metric),
        ),
      ],
      [
        graph(
          'Cost: milliseconds of functions',
          lambdas.map((lambda) => lambda.metricDuration({ statistic: 'Sum', period })),
        ),
        graph(
          'Cost: DynamoDB units',
          tables.flatMap((table) => [
            table.metricConsumedReadCapacityUnits({ period }),
            table.metricConsumedWriteCapacityUnits({ period }),
          ]),
        ),
      ],
      [graph('Latency of the gateway, p99', [latency])],
    ],
  })

  createBudget(stack, stage)
}

function gatewayMetric({ gateway }: ApiParts, what: 'latency' | 'serverErrors'): Metric {
  const rest = gateway.kind === 'rest'
  return new Metric({
    namespace: 'AWS/ApiGateway',
    metricName: what === 'latency' ? 'Latency' : rest ? '5XXError' : '5xx',
    dimensionsMap: gateway.kind === 'rest' ? { ApiName: gateway.name } : { ApiId: gateway.id },
    statistic: what === 'latency' ? 'p99' : 'Sum',
    period,
  })
}

/** Of the whole account: a filter by tag shows nothing until somebody activates the tag for billing. */
function createBudget(stack: Stack, { name, alarmAddress, monthlyBudgetUsd, region }: Stage): void {
  if (alarmAddress === undefined || monthlyBudgetUsd === undefined) return
  const warnAt = (threshold: number, notificationType: 'ACTUAL' | 'FORECASTED') => ({
    notification: { comparisonOperator: 'GREATER_THAN', threshold, notificationType },
    subscribers: [{ subscriptionType: 'EMAIL', address: alarmAddress }],
  })
  new CfnBudget(stack, 'Budget', {
    budget: {
      budgetName: stackName(name, region),
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      budgetLimit: { amount: monthlyBudgetUsd, unit: 'USD' },
    },
    notificationsWithSubscribers: [warnAt(80, 'ACTUAL'), warnAt(100, 'FORECASTED')],
  })
}
