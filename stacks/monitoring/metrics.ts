/** What AWS's own metrics tell of the gateway and the tables; alarms and dashboard watch the same. */

import type { FunctionName } from '@email-connector/server/deployment-names'
import { Duration } from 'aws-cdk-lib'
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import { functionName } from '../names.ts'
import type { ApiParts } from '../types.ts'

export const period = Duration.minutes(5)

export function gatewayMetric({ gateway }: ApiParts, what: 'latency' | 'serverErrors'): Metric {
  const rest = gateway.kind === 'rest'
  return new Metric({
    namespace: 'AWS/ApiGateway',
    metricName: what === 'latency' ? 'Latency' : rest ? '5XXError' : '5xx',
    dimensionsMap: gateway.kind === 'rest' ? { ApiName: gateway.name } : { ApiId: gateway.id },
    statistic: what === 'latency' ? 'p99' : 'Sum',
    period,
  })
}

export function functionMetric(
  stage: string,
  name: FunctionName,
  metricName: 'Invocations' | 'Errors' | 'Throttles' | 'Duration',
  statistic = 'Sum',
): Metric {
  return new Metric({
    namespace: 'AWS/Lambda',
    metricName,
    dimensionsMap: { FunctionName: functionName(stage, name) },
    statistic,
    period,
  })
}

export function throttleMetric(id: string, table: Table): IMetric {
  return new MathExpression({
    // Without throttles DynamoDB reports nothing, and nothing plus something is nothing.
    expression: `FILL(${id}Reads, 0) + FILL(${id}Writes, 0)`,
    usingMetrics: {
      [`${id}Reads`]: table.metric('ReadThrottleEvents', { statistic: 'Sum', period }),
      [`${id}Writes`]: table.metric('WriteThrottleEvents', { statistic: 'Sum', period }),
    },
    label: id,
    period,
  })
}
