/**
 * The one file an owner edits: what each stage of the deployment is. A stage that is not listed is a personal one:
 * no domain, small, gone without a trace when removed. docs/deploy.md explains every setting with an example.
 */
import { parseStage, type Stage, type StageOptions } from './settings.ts'

const stages: Readonly<Record<string, StageOptions>> = {}

const personal: StageOptions = {
  region: 'eu-central-1',
  keepData: false,
  logRetentionDays: 7,
}

/** Throws StageError with every fault. */
export function getStage(name: string): Stage {
  return parseStage(name, stages[name] ?? personal)
}
