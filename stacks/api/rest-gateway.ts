/**
 * The REST API of a stage with a domain, made from the rows of gateway-table.ts: streams /mcp, puts the authorizer before
 * it, and answers by itself with the headers that integrations cannot set.
 */
import { Duration, Names, type Stack } from 'aws-cdk-lib'
import {
  AccessLogFormat,
  AuthorizationType,
  BasePathMapping,
  CfnAccount,
  DomainName,
  EndpointType,
  IdentitySource,
  type IRestApi,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  RequestAuthorizer,
  ResponseTransferMode,
  ResponseType,
  RestApi,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway'
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager'
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53'
import { ApiGatewayDomain } from 'aws-cdk-lib/aws-route53-targets'
import { Construct } from 'constructs'
import type { DataParts } from '../data/data-stack.ts'
import { createLogGroup } from '../log-group.ts'
import { stackName } from '../names.ts'
import { retention } from '../retention.ts'
import type { Stage, StageOptions } from '../settings.ts'
import { type Functions, gatewayTimeout, streamTimeout } from '../types.ts'
import { accessLogFields } from './access-log.ts'
import { binaryTypes, type GatewayRoute, gatewayResponses, gatewayRoutes } from './gateway-table.ts'

export function createRestGateway(options: {
  stack: Stack
  stage: Stage
  domain: NonNullable<StageOptions['domain']>
  publicUrl: string
  data: DataParts
  functions: Functions
  /** `sst dev` cannot stream. */
  streams: boolean
}): { api: RestApi; domainTarget: string } {
  const { stack, stage, domain, functions } = options
  const accessLogs = createLogGroup(stack, 'AccessLogs', {
    name: 'gateway',
    stage,
    key: options.data.storageKey,
  })
  // Not `Gateway`: that is the HTTP API of a stage without a domain, and no id may change its type.
  const api = new RestApi(stack, 'RestGateway', {
    restApiName: stackName(stage.name, 'gateway'),
    endpointConfiguration: { types: [EndpointType.REGIONAL] },
    // The issuer is the domain: nothing may answer under a second name.
    disableExecuteApiEndpoint: true,
    cloudWatchRole: false,
    binaryMediaTypes: [...binaryTypes],
    deployOptions: {
      stageName: 'live',
      accessLogDestination: new LogGroupLogDestination(accessLogs),
      accessLogFormat: AccessLogFormat.custom(accessLogFields('$context.resourcePath')),
      // Execution logs and traces hold bodies and headers.
      loggingLevel: MethodLoggingLevel.OFF,
      dataTraceEnabled: false,
      metricsEnabled: true,
      throttlingRateLimit: stage.throttle.requestsPerSecond,
      throttlingBurstLimit: stage.throttle.burst,
    },
  })
  allowLogging(stack, stage, api)

  const authorizer = new RequestAuthorizer(stack, 'TokenAuthorizer', {
    handler: functions.get('authorizer'),
    // Without the header the gateway answers by itself and no function runs.
    identitySources: [IdentitySource.header('Authorization')],
    // Kept answers would outlive a revocation.
    resultsCacheTtl: Duration.seconds(0),
  })
  // What a path may hold is checked here; bodies are many shapes behind one path, and the functions' own parsers see to them.
  const requestValidator = api.addRequestValidator('Validator', { validateRequestParameters: true })
  for (const route of gatewayRoutes) {
    const resource = api.root.resourceForPath(route.path)
    const responseTransferMode = toTransferMode(route, options.streams)
    const integration = new LambdaIntegration(functions.get(route.target), {
      allowTestInvoke: false,
      timeout: responseTransferMode === ResponseTransferMode.STREAM ? streamTimeout : gatewayTimeout,
      responseTransferMode,
    })
    const checked = {
      requestValidator,
      ...(route.path.endsWith('{proxy+}') && { requestParameters: { 'method.request.path.proxy': true } }),
    }
    const open = { authorizationType: AuthorizationType.NONE, ...checked }
    resource.addMethod(
      'ANY',
      integration,
      route.authorized ? { authorizationType: AuthorizationType.CUSTOM, authorizer, ...checked } : open,
    )
    // A browser sends its preflight without a token.
    if (route.authorized) resource.addMethod('OPTIONS', integration, open)
  }

  for (const response of gatewayResponses(options))
    api.addGatewayResponse(toId(response.type), {
      type: ResponseType.of(response.type),
      ...(response.status !== undefined && { statusCode: String(response.status) }),
      responseHeaders: Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [name, `'${value}'`]),
      ),
      templates: { 'application/json': response.body },
    })

  return { api, domainTarget: attachDomain(stack, domain, api) }
}

function toTransferMode(route: GatewayRoute, streams: boolean): ResponseTransferMode {
  return streams && route.transfer === 'STREAM' ? ResponseTransferMode.STREAM : ResponseTransferMode.BUFFERED
}

/** `INTEGRATION_FAILURE` to `IntegrationFailure`. */
function toId(type: string): string {
  return type.toLowerCase().replaceAll(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** The name, its certificate and, where the zone is ours, the record. Answers with what the name must point at. */
function attachDomain(stack: Stack, domain: NonNullable<StageOptions['domain']>, api: RestApi): string {
  const zone =
    domain.hostedZone &&
    HostedZone.fromHostedZoneAttributes(stack, 'Zone', {
      hostedZoneId: domain.hostedZone.id,
      zoneName: domain.hostedZone.name,
    })
  const certificate =
    domain.certificateArn === undefined
      ? new Certificate(stack, 'Certificate', {
          domainName: domain.name,
          validation: CertificateValidation.fromDns(zone),
        })
      : Certificate.fromCertificateArn(stack, 'Certificate', domain.certificateArn)
  const name = new DomainName(stack, 'Domain', {
    domainName: domain.name,
    certificate,
    endpointType: EndpointType.REGIONAL,
    securityPolicy: SecurityPolicy.TLS_1_2,
  })
  mapRoot(stack, name, api)
  if (zone !== undefined)
    new ARecord(stack, 'Address', {
      zone,
      recordName: domain.name,
      target: RecordTarget.fromAlias(new ApiGatewayDomain(name)),
    })
  return name.domainNameAliasDomainName
}

/**
 * No base path: clients look for well-known documents at the root of the host. A root has one mapping, and CDK names it
 * for the API behind it: its id is made from the API's id in release 0.1.0, since under another one a second mapping
 * would be made before the first is gone, which API Gateway refuses.
 */
function mapRoot(stack: Stack, name: DomainName, api: RestApi): void {
  const formerApi = new Construct(stack, 'Gateway')
  // The cast: CDK's classes are not written for exactOptionalPropertyTypes.
  new BasePathMapping(name, `Map:/=>${Names.nodeUniqueId(formerApi.node)}`, {
    domainName: name,
    restApi: api as IRestApi,
  })
}

/** One role per account and region, shared by every REST API in it; it stays when this one goes. */
function allowLogging(stack: Stack, stage: Stage, api: RestApi): void {
  if (stage.gatewayLogRole === 'present') return
  const role = new Role(stack, 'GatewayLogRole', {
    assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
    managedPolicies: [
      ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonAPIGatewayPushToCloudWatchLogs'),
    ],
  })
  role.applyRemovalPolicy(retention(true))
  const account = new CfnAccount(stack, 'GatewayAccount', { cloudWatchRoleArn: role.roleArn })
  account.applyRemovalPolicy(retention(true))
  api.deploymentStage.node.addDependency(account)
}
