/**
 * Names that must be known before the thing exists: a key policy names the role that may use the key, a log key its
 * log groups. Everything else is named too, so that an operator finds it without the console.
 */
import { appName, type FunctionName } from '@email-connector/server/deployment-names'

/** SST's pattern for stack names; `sst remove --stage X` and the plain CDK app find the same stacks. */
export function stackName(stage: string, id: string): string {
  return `${stage}-${appName}-${id}`
}

export function functionName(stage: string, name: FunctionName): string {
  return `${stage}-${appName}-${name}`
}

/** Roles are global in an account: two regions of one stage must not meet. At most 64 characters. */
export function roleName(stage: string, region: string, name: FunctionName): string {
  return `${stage}-${appName}-${region}-${name}`
}

export function tableName(stage: string, suffix: string): string {
  return `${stage}-${appName}-${suffix}`
}

/** Beside the log groups' names, in the Parameter Store. */
export function parameterName(stage: string, name: string): string {
  return `/${appName}/${stage}/${name}`
}

/** All log groups of a stage begin so: the key's policy says which may use it. */
export function logGroupName(stage: string, name: string): string {
  return `/${appName}/${stage}/${name}`
}

/**
 * Where AWS itself delivers the access log of an HTTP API. The prefix is one that AWS may write to in every account; for
 * any other each API adds to a policy of the whole account, which is full after a few.
 */
export function vendedLogGroupName(stage: string, name: string): string {
  return `/aws/vendedlogs/${appName}/${stage}/${name}`
}
