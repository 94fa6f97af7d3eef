/** When an operator is woken: each alarm with its bound and what it means. */
import type { Stack } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { Topic } from 'aws-cdk-lib/aws-sns'
import type { DataParts } from '../data/data-stack.ts'
import { stackName } from '../names.ts'
import type { Stage } from '../settings.ts'
import type { ApiParts } from '../types.ts'
import { type LogCount, toolTime } from './log-counts.ts'
import { functionMetric, gatewayMetric, throttleMetric } from './metrics.ts'
import { type Runbook, withRunbook } from './runbook.ts'

export function createAlarms(options: {
  stack: Stack
  stage: Stage
  data: DataParts
  api: ApiParts
  topic: Topic
  counted: (metricName: LogCount) => IMetric
}): void {
  const { stack, stage, api, topic, counted } = options
  const alarm = (
    id: string,
    metric: IMetric,
    threshold: number,
    [section, meaning]: readonly [Runbook, string],
    evaluationPeriods = 1,
  ) => {
    const isPercentile = metric instanceof Metric && metric.statistic.startsWith('p')
    const made = new Alarm(stack, id, {
      alarmName: `${stackName(stage.name, id)}`,
      alarmDescription: withRunbook(meaning, section),
      metric,
      threshold,
      evaluationPeriods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // Nothing to count means that it is over: the alarm goes back to OK.
      treatMissingData: TreatMissingData.NOT_BREACHING,
      // Of three calls the slowest is no 99th percentile.
      ...(isPercentile && { evaluateLowSampleCountPercentile: 'ignore' }),
    })
    made.addAlarmAction(new SnsAction(topic))
  }

  for (const name of api.functions) {
    const metric = (what: 'Errors' | 'Throttles') => functionMetric(stage.name, name, what)
    alarm(`${name}Errors`, metric('Errors'), 1, [
      'function-errors',
      `The ${name} function failed or was cut off.`,
    ])
    alarm(`${name}Throttles`, metric('Throttles'), 1, [
      'function-throttles',
      'Concurrency is used up: calls are turned away.',
    ])
  }
  // Not the gateway's latency: a stream that is open for minutes is no slow answer.
  alarm(
    'SlowTools',
    toolTime(stack, stage),
    10_000,
    ['slow-tools', 'One call of a tool in a hundred takes 10 s or longer.'],
    3,
  )
  const signIn = functionMetric(stage.name, 'oauth', 'Duration', 'p99')
  alarm(
    'SlowSignIns',
    signIn,
    10_000,
    ['slow-sign-ins', 'One sign-in or token request in a hundred takes 10 s or longer.'],
    3,
  )
  alarm('ServerErrors', gatewayMetric(api, 'serverErrors'), 5, ['server-errors', 'Clients see 5xx.'])
  alarm('KeyRefused', counted('KeyRefused'), 1, [
    'key-refused',
    'KMS refused a ciphertext or the key is disabled.',
  ])
  alarm('KeysUnavailable', counted('KeysUnavailable'), 5, [
    'keys-unavailable',
    'KMS does not answer or throttles.',
  ])
  alarm('StoreUnavailable', counted('StoreUnavailable'), 5, [
    'store-unavailable',
    'DynamoDB does not answer or throttles.',
  ])
  alarm('Bugs', counted('Bugs'), 1, ['bugs', 'Something unforeseen: the log line says where (pnpm where).'])
  for (const [id, table] of Object.entries(options.data.tables))
    alarm(`${id}TableThrottles`, throttleMetric(id, table), 1, ['table-throttles', 'DynamoDB throttles.'])
}
