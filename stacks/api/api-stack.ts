/** The functions and the gateway before them: a REST API where there is a domain, else an HTTP API. */
import { CfnOutput, type Stack } from 'aws-cdk-lib'
import type { DataParts } from '../data/data-stack.ts'
import { handOver, takeOver } from '../hand-over.ts'
import { keepExports } from '../kept-exports.ts'
import type { Stage } from '../settings.ts'
import type { ApiParts, Host, MailNetwork } from '../types.ts'
import { createFunctions } from './functions.ts'
import { connectHttpApi, createHttpApi } from './http-gateway.ts'
import { createRestGateway } from './rest-gateway.ts'
import { createWebAcl } from './web-acl.ts'

export function createApiStack(options: {
  stack: Stack
  stage: Stage
  data: DataParts
  host: Host
  network: MailNetwork | undefined
}): ApiParts {
  const { stack, stage, data, host, network } = options
  const parts = { stack, stage, data, host, network }
  const announce = (publicUrl: string) =>
    new CfnOutput(stack, 'Url', { value: `${publicUrl}/mcp`, description: 'Add this to an MCP client' })

  if (stage.domain === undefined) {
    const api = createHttpApi(stack, stage)
    const functions = createFunctions({
      ...parts,
      publicUrl: api.apiEndpoint,
      hasAuthorizer: false,
      streams: false,
    })
    announce(api.apiEndpoint)
    connectHttpApi({ ...parts, api, functions })
    handOver(stack, stage.name, 'http-api', api.apiId)
    keepExports(stack, [api.apiId])
    return { functions: functions.names, gateway: { kind: 'http', id: takeOver(stage.name, 'http-api') } }
  }

  const publicUrl = `https://${stage.domain.name}`
  const streams = host.streams && stage.streaming
  const functions = createFunctions({ ...parts, publicUrl, hasAuthorizer: true, streams })
  const { api, domainTarget } = createRestGateway({
    ...parts,
    domain: stage.domain,
    publicUrl,
    functions,
    streams,
  })
  if (stage.firewall) createWebAcl(stack, stage, api.deploymentStage.stageArn)
  announce(publicUrl)
  new CfnOutput(stack, 'DomainTarget', {
    value: domainTarget,
    description: 'Where the domain must point when its zone is not managed here (CNAME)',
  })
  return { functions: functions.names, gateway: { kind: 'rest', name: api.restApiName } }
}
