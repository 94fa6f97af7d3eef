/**
 * For owners whose mail servers admit known addresses only, or whose rules want egress to be named: functions in
 * private subnets, one fixed address to the outside, mail ports and HTTPS and nothing else. DynamoDB and KMS
 * are reached inside AWS.
 */
import { CfnOutput, Fn, type Stack } from 'aws-cdk-lib'
import {
  CfnEIP,
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  type IVpc,
  NatProvider,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2'
import type { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { DataParts } from '../data/data-stack.ts'
import { createLogGroup } from '../log-group.ts'
import type { Stage } from '../settings.ts'
import type { MailNetwork } from '../types.ts'

const egress: Readonly<Record<number, string>> = {
  443: 'HTTPS: client metadata documents, AWS endpoints',
  993: 'IMAP over TLS',
  143: 'IMAP with STARTTLS',
  465: 'submission over TLS',
  587: 'submission with STARTTLS',
}

/**
 * Without `vpc` the stack holds an empty log group and nothing else: a stack that was no longer made would keep its
 * gateway running, and billed, where nothing finds it.
 */
export function createNetworkStack(stack: Stack, stage: Stage, data: DataParts): MailNetwork | undefined {
  const flowLogs = createLogGroup(stack, 'FlowLogs', { name: 'network', stage, key: data.storageKey })
  return stage.vpc ? createNetwork(stack, flowLogs) : undefined
}

function createNetwork(stack: Stack, flowLogs: LogGroup): MailNetwork {
  const address = new CfnEIP(stack, 'EgressAddress', { domain: 'vpc' })
  // Left to itself CDK asks the account for its zones while it synthesizes, and writes down what it was told.
  Object.defineProperty(stack, 'availabilityZones', {
    value: [0, 1].map((index) => Fn.select(index, Fn.getAzs())),
  })
  // The cast: CDK's classes are not written for exactOptionalPropertyTypes.
  const vpc = new Vpc(stack, 'Vpc', {
    maxAzs: 2,
    natGateways: 1,
    natGatewayProvider: NatProvider.gateway({ eipAllocationIds: [address.attrAllocationId] }),
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: [
      { name: 'Public', subnetType: SubnetType.PUBLIC, cidrMask: 26, mapPublicIpOnLaunch: false },
      { name: 'Functions', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 22 },
    ],
  }) as IVpc
  vpc.addFlowLog('FlowLog', {
    trafficType: FlowLogTrafficType.ALL,
    destination: FlowLogDestination.toCloudWatchLogs(flowLogs),
  })

  const functions = new SecurityGroup(stack, 'FunctionsGroup', {
    vpc,
    description: 'Functions that reach mail servers',
    allowAllOutbound: false,
  })
  for (const [port, purpose] of Object.entries(egress))
    functions.addEgressRule(Peer.anyIpv4(), Port.tcp(Number(port)), purpose)

  const endpoints = new SecurityGroup(stack, 'EndpointsGroup', {
    vpc,
    description: 'Endpoints of AWS services',
    allowAllOutbound: false,
  })
  endpoints.addIngressRule(functions, Port.tcp(443), 'From the functions')
  vpc.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB })
  for (const [id, service] of Object.entries({
    Kms: InterfaceVpcEndpointAwsService.KMS,
    SecretsManager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  }))
    vpc.addInterfaceEndpoint(id, { service, open: false, securityGroups: [endpoints] })

  new CfnOutput(stack, 'EgressIp', {
    value: address.attrPublicIp,
    description: 'The address that mail servers see',
  })
  return { vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS }, securityGroups: [functions] }
}
