/**
 * Values that one stack of a stage makes, another one reads, and a setting may take away. CloudFormation refuses to
 * remove an export while it is imported, so such a setting could never be applied to a stage that exists. A
 * parameter may go at any time; who reads it does so while being deployed.
 */
import type { Stack } from 'aws-cdk-lib'
import { CfnParameter } from 'aws-cdk-lib/aws-ssm'
import { parameterName } from './names.ts'

export type HandedOver = 'clients-secret' | 'providers-secret' | 'http-api'

export function handOver(stack: Stack, stage: string, name: HandedOver, value: string): CfnParameter {
  const id = name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return new CfnParameter(stack, `${id}HandedOver`, {
    name: parameterName(stage, name),
    type: 'String',
    value,
  })
}

/** The reading stack must depend on the one that hands over. */
export function takeOver(stage: string, name: HandedOver): string {
  return `{{resolve:ssm:${parameterName(stage, name)}}}`
}
