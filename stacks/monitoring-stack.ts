/** Placeholder. */
import type { Stack } from 'aws-cdk-lib'
import type { ApiParts } from './api-stack.ts'
import type { DataParts } from './data-stack.ts'
import type { Stage } from './settings.ts'

export function createMonitoringStack(_: {
  stack: Stack
  stage: Stage
  data: DataParts
  api: ApiParts
}): void {}
