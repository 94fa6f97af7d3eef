/**
 * The HTTP API of a personal stage: needs no domain, since it serves at the root of its own host. What it lacks: it
 * does not stream, has no firewall and no responses of its own, so that the functions check tokens themselves and a
 * 401 reaches the client without its challenge header; clients find the way by the well-known documents.
 */
import type { Stack } from 'aws-cdk-lib'
import { CfnStage, HttpApi, HttpMethod, HttpStage, PayloadFormatVersion } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { DataParts } from '../data/data-stack.ts'
import { createLogGroup } from '../log-group.ts'
import { stackName, vendedLogGroupName } from '../names.ts'
import type { Stage } from '../settings.ts'
import { type Functions, gatewayTimeout } from '../types.ts'
import { accessLogFields } from './access-log.ts'
import { type GatewayRoute, httpRoutes } from './gateway-table.ts'

export function createHttpApi(stack: Stack, stage: Stage): HttpApi {
  return new HttpApi(stack, 'Gateway', {
    apiName: stackName(stage.name, 'gateway'),
    createDefaultStage: false,
  })
}

export function connectHttpApi(options: {
  stack: Stack
  stage: Stage
  api: HttpApi
  data: DataParts
  functions: Functions
}): void {
  const { stack, stage, api, functions } = options
  const key = options.data.storageKey
  // Of the REST API: with a domain that comes, goes and comes again, a group that was kept would be in the way.
  createLogGroup(stack, 'AccessLogs', { name: 'gateway', stage, key })
  const name = vendedLogGroupName(stage.name, 'gateway')
  const accessLogs = createLogGroup(stack, 'HttpAccessLogs', { name, stage, key, keeps: false })
  const live = new HttpStage(stack, 'Live', {
    httpApi: api,
    stageName: '$default',
    autoDeploy: true,
    throttle: { rateLimit: stage.throttle.requestsPerSecond, burstLimit: stage.throttle.burst },
  })
  const cfnStage = live.node.defaultChild
  if (!(cfnStage instanceof CfnStage)) throw new Error('HttpStage no longer wraps a CfnStage')
  cfnStage.accessLogSettings = {
    destinationArn: accessLogs.logGroupArn,
    format: accessLogFields('$context.routeKey'),
  }

  const integrations = new Map<string, HttpLambdaIntegration>()
  const integrationOf = (target: GatewayRoute['target']) => {
    const made =
      integrations.get(target) ??
      new HttpLambdaIntegration(target, functions.get(target), {
        payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
        timeout: gatewayTimeout,
      })
    integrations.set(target, made)
    return made
  }
  for (const { path, target } of httpRoutes)
    api.addRoutes({ path, methods: [HttpMethod.ANY], integration: integrationOf(target) })
}
