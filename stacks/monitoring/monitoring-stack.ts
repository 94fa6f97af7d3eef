/**
 * What an operator is told: alarms to one topic, one dashboard, a budget. Counts come from AWS's own metrics and from
 * the words of the log.
 */
import type { Stack } from 'aws-cdk-lib'
import type { DataParts } from '../data/data-stack.ts'
import type { Stage } from '../settings.ts'
import type { ApiParts } from '../types.ts'
import { createAlarms } from './alarms.ts'
import { createBudget } from './budget.ts'
import { createDashboard } from './dashboard.ts'
import { countLogLines } from './log-counts.ts'
import { createReports } from './reports.ts'
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

  createReports(stack, stage, data, topic)
  createDashboard({ stack, stage, data, api, logging, counted })
  createBudget(stack, stage)
}
