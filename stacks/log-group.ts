/** Every log group of a stage: named, encrypted with the storage key, kept as long as the owner says. */
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { logGroupName } from './names.ts'
import { retention } from './retention.ts'
import type { Stage } from './settings.ts'

export function createLogGroup(
  scope: Construct,
  id: string,
  options: {
    /** Without the words that all of a stage share; or whole, with a slash in front. */
    name: string
    stage: Stage
    key: IKey
    /** Default: true. Kept after its stack, where the stage keeps data. */
    keeps?: boolean
  },
): LogGroup {
  const { name, stage, key, keeps = true } = options
  return new LogGroup(scope, id, {
    logGroupName: name.startsWith('/') ? name : logGroupName(stage.name, name),
    retention: stage.logRetentionDays,
    encryptionKey: key,
    removalPolicy: retention(stage.keepData && keeps),
  })
}
