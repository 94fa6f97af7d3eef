/**
 * What the rooms of this folder hand to each other, and who hosts them. The rooms make these things and import each
 * other nowhere: app.ts alone puts them together.
 */

import type { FunctionName } from '@email-connector/server/deployment-names'
import { Duration, type Stack } from 'aws-cdk-lib'
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import type { FunctionProps, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'

/** API Gateway gives up on an answer in one piece after 29 s (REST) and 30 s (HTTP API). */
export const gatewayTimeout = Duration.seconds(29)
/** A streamed one may take 15 minutes. */
export const streamTimeout = Duration.seconds(305)

export type OurFunctionProps = Omit<FunctionProps, 'code' | 'handler' | 'runtime'>

/** Who deploys: SST or plain CDK. */
export interface Host {
  createStack(id: string): Stack
  createFunction(scope: Construct, id: string, name: FunctionName, props: OurFunctionProps): LambdaFunction
  /** Whether functions can stream: not under `sst dev`, which relays each call as one message. */
  readonly streams: boolean
}

export interface MailNetwork {
  readonly vpc: IVpc
  readonly vpcSubnets: SubnetSelection
  readonly securityGroups: ISecurityGroup[]
}

export interface Functions {
  readonly names: readonly FunctionName[]
  /** Throws for a function this stage does not have. */
  get(name: FunctionName): LambdaFunction
}

/** Names only: what monitoring imported from this stack, no setting could take away again. */
export interface ApiParts {
  readonly functions: readonly FunctionName[]
  readonly gateway:
    | { readonly kind: 'rest'; readonly name: string }
    | { readonly kind: 'http'; readonly id: string }
}
