/**
 * Metrics counted from the words of the log (packages/server/src/log.ts), which is a closed vocabulary: a filter
 * cannot meet a secret.
 */

import { appName, type FunctionName } from '@email-connector/server/deployment-names'
import type { LogLine } from '@email-connector/server/log'
import type { Stack } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs'
import { logGroupName } from '../names.ts'
import type { Stage } from '../settings.ts'
import { period } from './metrics.ts'

/** Counted from the log; each is a metric that costs only while it counts something. */
const counts = {
  KeyRefused: { event: 'key_refused' },
  KeysUnavailable: { event: 'unavailable', code: 'key_service' },
  StoreUnavailable: { event: 'unavailable', code: 'store' },
  Bugs: { event: 'bug' },
} as const satisfies Record<string, Pick<LogLine, 'event' | 'code'>>

export type LogCount = keyof typeof counts

/** Counts in the log group of each function, and answers with the metric of all together. */
export function countLogLines(
  stack: Stack,
  stage: Stage,
  functions: readonly FunctionName[],
): (metricName: LogCount) => Metric {
  const namespace = `${appName}/${stage.name}`
  const groups = functions.map(
    (name) =>
      [name, LogGroup.fromLogGroupName(stack, `${name}Logs`, logGroupName(stage.name, name))] as const,
  )
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
  return (metricName) => new Metric({ namespace, metricName, statistic: 'Sum', period })
}

/** Tools that may wait for a person to confirm: how long they take says nothing about us. */
const asking: readonly NonNullable<LogLine['tool']>[] = [
  'send_email',
  'send_draft',
  'reply_to_email',
  'forward_email',
]

/** How long a call of a tool took that asks nobody, in milliseconds; one call in a hundred takes longer. */
export function toolTime(stack: Stack, stage: Stage): Metric {
  const namespace = `${appName}/${stage.name}`
  const conditions = [
    '($.event = "tool")',
    '($.durationMs >= 0)',
    ...asking.map((tool) => `($.tool != "${tool}")`),
  ]
  new MetricFilter(stack, 'ToolTimeInmcp', {
    logGroup: LogGroup.fromLogGroupName(stack, 'toolLogs', logGroupName(stage.name, 'mcp')),
    filterPattern: FilterPattern.literal(`{ ${conditions.join(' && ')} }`),
    metricNamespace: namespace,
    metricName: 'ToolTime',
    metricValue: '$.durationMs',
  })
  return new Metric({ namespace, metricName: 'ToolTime', statistic: 'p99', period })
}
