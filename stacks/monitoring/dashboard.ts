/** One page for an operator: calls, tools, mail servers, keys, tables, cost. */
import type { Stack } from 'aws-cdk-lib'
import {
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  LogQueryWidget,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { DataParts } from '../data/data-stack.ts'
import { stackName } from '../names.ts'
import type { Stage } from '../settings.ts'
import type { ApiParts } from '../types.ts'
import type { LogCount } from './log-counts.ts'
import { gatewayMetric, period, throttleMetric } from './metrics.ts'

export function createDashboard(options: {
  stack: Stack
  stage: Stage
  data: DataParts
  api: ApiParts
  groups: readonly (readonly [string, LogGroup])[]
  counted: (metricName: LogCount) => IMetric
}): void {
  const { stack, stage, data, api, groups, counted } = options
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
  const lambdas = Object.values(api.functions.functions)
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
          Object.entries(data.tables).map(([id, table]) => throttleMetric(id, table)),
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
      [graph('Latency of the gateway, p99', [gatewayMetric(api, 'latency')])],
    ],
  })
}
