/** One page for an operator: calls, tools, mail servers, keys, tables, cost. */

import type { FunctionName } from '@email-connector/server/deployment-names'
import type { Stack } from 'aws-cdk-lib'
import {
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  LogQueryWidget,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { DataParts } from '../data/data-stack.ts'
import { logGroupName, stackName } from '../names.ts'
import type { Stage } from '../settings.ts'
import type { ApiParts } from '../types.ts'
import type { LogCount } from './log-counts.ts'
import { functionMetric, gatewayMetric, period, throttleMetric } from './metrics.ts'

export function createDashboard(options: {
  stack: Stack
  stage: Stage
  data: DataParts
  api: ApiParts
  /** Functions whose log lines are counted. */
  logging: readonly FunctionName[]
  counted: (metricName: LogCount) => IMetric
}): void {
  const { stack, stage, data, api, logging, counted } = options
  // The casts: CDK's classes are not written for exactOptionalPropertyTypes.
  const graph = (title: string, left: IMetric[]) =>
    new GraphWidget({ title, left, width: 12, period }) as IWidget
  const logTable = (title: string, ...queryLines: string[]) =>
    new LogQueryWidget({
      title,
      width: 12,
      logGroupNames: logging.map((name) => logGroupName(stage.name, name)),
      queryLines,
    }) as IWidget
  const ofFunctions = (what: 'Invocations' | 'Errors' | 'Duration') =>
    api.functions.map((name) => functionMetric(stage.name, name, what))
  const tables = Object.values(data.tables)
  new Dashboard(stack, 'Dashboard', {
    dashboardName: stackName(stage.name, 'overview'),
    widgets: [
      [
        graph('Calls of functions', ofFunctions('Invocations')),
        graph('Errors of functions', ofFunctions('Errors')),
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
        graph('Cost: milliseconds of functions', ofFunctions('Duration')),
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
