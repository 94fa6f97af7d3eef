/**
 * All stacks of a stage, in plain CDK. Who deploys them is handed in: SST makes its own stacks and, while developing,
 * its own functions; plain CDK needs nothing else. Both come to the same names and logical ids, so that moving from
 * one to the other is an update in place.
 */
import { join } from 'node:path'
import { appName } from '@email-connector/server/deployment-names'
import { type App, Tags } from 'aws-cdk-lib'
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam'
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { createApiStack } from './api/api-stack.ts'
import { createDataStack } from './data/data-stack.ts'
import { createMonitoringStack } from './monitoring/monitoring-stack.ts'
import { createNetworkStack } from './network/network-stack.ts'
import type { Stage } from './settings.ts'
import type { Host } from './types.ts'

export { appName }

export function createStacks(app: App, stage: Stage, host: Host): void {
  const dataStack = host.createStack('data')
  const data = createDataStack(dataStack, stage)
  const networkStack = host.createStack('network')
  const network = createNetworkStack(networkStack, stage, data)
  const apiStack = host.createStack('api')
  const api = createApiStack({ stack: apiStack, stage, data, host, network })
  // A network that is no longer wanted can go only after the functions have left it.
  if (network === undefined) networkStack.addDependency(apiStack)
  const monitoringStack = host.createStack('monitoring')
  // It takes names from the other stacks and imports nothing that a setting may take away.
  monitoringStack.addDependency(apiStack)
  createMonitoringStack({ stack: monitoringStack, stage, data, api })

  for (const [key, value] of Object.entries({ app: appName, stage: stage.name, ...stage.tags }))
    Tags.of(app).add(key, value)
  if (stage.permissionsBoundaryArn !== undefined)
    PermissionsBoundary.of(app).apply(
      ManagedPolicy.fromManagedPolicyArn(dataStack, 'Boundary', stage.permissionsBoundaryArn),
    )
}

/** What `build` wrote into `folder`, as it is. */
export function createBundledFunction(folder: string): Host['createFunction'] {
  return (scope, id, name, props) =>
    new LambdaFunction(scope, id, {
      ...props,
      code: Code.fromAsset(join(folder, name)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
    })
}
